/* What `cargo xtask bench c` measures: loops around the two events of bench.trace-events, compiled once for each backend, which has
 * its own names. */
#include HEADER

#define JOIN(a, b) a##b
#define NAME(a, b) JOIN(a, b)
/* the loop is to look at the event's state each time */
#define BARRIER() __asm__ volatile("" ::: "memory")

void NAME(bench_c_two_, BACKEND)(uint32_t calls);
void NAME(bench_c_four_, BACKEND)(uint32_t calls);

void NAME(bench_c_two_, BACKEND)(uint32_t calls)
{
    for (uint32_t call = 0; call < calls; call++) {
        NAME(NAME(trace_, BACKEND), _two)(3, 0xfee000b0u);
        BARRIER();
    }
}

void NAME(bench_c_four_, BACKEND)(uint32_t calls)
{
    for (uint32_t call = 0; call < calls; call++) {
        NAME(NAME(trace_, BACKEND), _four)(0x00123456u, 8, true, "virtio-disk0");
        BARRIER();
    }
}
