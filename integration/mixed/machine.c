/* The C half. */
#include "trace-machine.h"

void machine_reset(uint32_t count);

void machine_reset(uint32_t count)
{
    trace_machine_reset("virtio-blk", count);
}
