/*
 * The C half of a program whose other half is Rust. `hit N` emits each event N times in both, `on` says which are on, each
 * answered by a line.
 */
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "shared.h" /* `dtrace -h` makes it of what `tracetool --format=d` prints */

bool rust_read_enabled(void);
bool rust_write_enabled(void);
void rust_emit(uint64_t sector);

int main(void)
{
    char line[100];
    uint64_t sector = 0;

    setlinebuf(stdout);
    while (fgets(line, sizeof(line), stdin)) {
        if (strncmp(line, "hit ", 4) == 0) {
            for (int calls = atoi(line + 4); calls > 0; calls--, sector++) {
                if (QEMU_SHARED_READ_ENABLED()) {
                    QEMU_SHARED_READ(sector, (int16_t)-1, "C");
                }
                if (QEMU_SHARED_WRITE_ENABLED()) {
                    QEMU_SHARED_WRITE(sector, (int16_t)-1, "C");
                }
                rust_emit(sector);
            }
            printf("%s", line);
        } else {
            printf("on%s%s%s%s\n", QEMU_SHARED_READ_ENABLED() ? " C:shared_read" : "",
                   QEMU_SHARED_WRITE_ENABLED() ? " C:shared_write" : "", rust_read_enabled() ? " Rust:shared_read" : "",
                   rust_write_enabled() ? " Rust:shared_write" : "");
        }
    }
    return 0;
}
