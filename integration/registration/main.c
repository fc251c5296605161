/* The same from C, linked with the staticlib or the cdylib. */
#include <stdio.h>

int registered_events(void);

int main(void)
{
    printf("%d\n", registered_events());
    return 0;
}
