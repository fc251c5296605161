/* The log, as the code of the backend `log` writes it.
 *
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#ifndef QEMU_LOG_FOR_TRACE_H
#define QEMU_LOG_FOR_TRACE_H

#include "qemu/osdep.h"

#define VMTRACE_MADE_FOR_LOG 1

#ifdef __cplusplus
extern "C" {
#endif

/* The log's only item here: a line of an event. */
#define LOG_TRACE (1u << 15)

/* The items that are logged. LOG_TRACE from the start. */
extern unsigned qemu_loglevel;

static inline bool qemu_loglevel_mask(int mask)
{
    return (qemu_loglevel & (unsigned)mask) != 0;
}

/* Writes a line, whether a newline is its last byte or not; other control bytes are escaped, so that nothing that a guest says looks
 * like a line. Longer ones are cut at 4000 bytes. To standard error until `trace_init_backends`, and then where the log goes. */
void G_GNUC_PRINTF(1, 2) qemu_log(const char *format, ...);

#ifdef __cplusplus
}
#endif

#endif
