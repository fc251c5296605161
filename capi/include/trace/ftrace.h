/* The kernel's ring, as the code of the backend `ftrace` writes it.
 *
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#ifndef TRACE_FTRACE_H
#define TRACE_FTRACE_H

#include "qemu/osdep.h"

#define VMTRACE_MADE_FOR_FTRACE 1

#ifdef __cplusplus
extern "C" {
#endif

#define MAX_TRACE_STRLEN 512

/* `trace_init_backends` opens what this needs; then it is true if `trace_marker` can be written. Unlike QEMU's it does not switch the
 * kernel's tracing on, and writes to no other file if that one cannot be had. */
bool ftrace_init(void);

/* Writes an entry of `trace_marker`, of 4000 bytes at most. Control bytes but a newline at the end are escaped. */
void G_GNUC_PRINTF(1, 2) ftrace_write(const char *format, ...);

#ifdef __cplusplus
}
#endif

#endif
