/* The values that both languages hand over, turn by turn. */
#ifndef VALUES_H
#define VALUES_H

#include "qemu/osdep.h"

uint64_t both_integer(unsigned turn);
const char *both_text(unsigned turn);

typedef struct BothCalls {
    void (*call)(unsigned round);
    int (*print)(unsigned round, char *room, size_t size);
} BothCalls;

/* One an event. */
extern const BothCalls both_calls[];

#endif
