/* What `cargo xtask bench usdt` holds our probes against: C's own. The two functions are those of `sites.rs`. */
#include <stdint.h>
#include <sys/sdt.h>

uint64_t bench_c_bare(uint64_t value, int32_t count)
{
    return (value ^ (value >> 29)) * 0x9e3779b97f4a7c15u + (uint64_t)(int64_t)count;
}

uint64_t bench_c_site(uint64_t value, int32_t count)
{
    DTRACE_PROBE2(bench, c, value, count);
    return (value ^ (value >> 29)) * 0x9e3779b97f4a7c15u + (uint64_t)(int64_t)count;
}
