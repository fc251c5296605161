#include "values.h"

uint64_t both_integer(unsigned turn)
{
    static const uint64_t integers[] = {
        5, UINT64_MAX - 6, 0, UINT64_C(0x8000000080008080), UINT64_C(0x7fffffff7fff7f7f), 'x',
    };
    return integers[turn % (sizeof(integers) / sizeof(integers[0]))];
}

const char *both_text(unsigned turn)
{
    static const char *const texts[] = {
        "setup", NULL, "", "100%s, it = %d", "\x1b[0m\tone\ntwo", "\xff\xfe 0123456789 0123456789 0123456789 0123456789",
    };
    return texts[turn % (sizeof(texts) / sizeof(texts[0]))];
}
