/* What the backend log calls. */
#ifndef QEMU_LOG_FOR_TRACE_H
#define QEMU_LOG_FOR_TRACE_H

#define LOG_TRACE (1u << 15)

extern unsigned qemu_loglevel;

static inline bool qemu_loglevel_mask(int mask)
{
    return (qemu_loglevel & mask) != 0;
}

void G_GNUC_PRINTF(1, 2) qemu_log(const char *format, ...);

#endif
