/* The values that arguments take, and how they are written down. */
#include "runtime.h"
#include <stdarg.h>

uint64_t runtime_integer(unsigned turn)
{
    static const uint64_t integers[] = {
        5, UINT64_MAX - 6, 0, UINT64_C(0x8000000080008080), UINT64_C(0x7fffffff7fff7f7f),
    };
    return integers[turn % (sizeof(integers) / sizeof(integers[0]))];
}

char *runtime_text(unsigned turn)
{
    static char setup[] = "setup", empty[] = "", tail[] = "100%s, it = %d";
    static char *texts[] = { setup, NULL, empty, NULL, tail };
    static char longer[601]; /* the backend simple cuts at 512 */

    memset(longer, 'x', sizeof(longer) - 1);
    texts[3] = longer;
    return texts[turn % (sizeof(texts) / sizeof(texts[0]))];
}

void runtime_print(const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    vprintf(format, arguments);
    va_end(arguments);
}

void runtime_print_record_text(const char *text)
{
    printf(" %zu:%.*s", RUNTIME_LENGTH(text), (int)RUNTIME_LENGTH(text), text ? text : "");
}

void runtime_print_field_text(const char *name, const char *text)
{
    printf("\t%s=\"%s\"", name, text ? text : "(null)");
}

void runtime_print_field(const char *name, size_t size, bool is_signed, uint64_t value)
{
    printf("\t%s=%zu:", name, size);
    if (is_signed) {
        printf("%" PRId64, (int64_t)value);
    } else {
        printf("%" PRIu64, value);
    }
}
