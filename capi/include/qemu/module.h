/* How a group of events is registered before `main`, or when the library that it is in is loaded.
 *
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#ifndef QEMU_MODULE_H
#define QEMU_MODULE_H

#include <stdbool.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The backends that a group's code was made with, as far as anyone is to know. */
enum {
    VMTRACE_BACKEND_LOG = 1,
    VMTRACE_BACKEND_SIMPLE = 2,
    VMTRACE_BACKEND_FTRACE = 4,
    VMTRACE_BACKEND_SYSLOG = 8
};

/* Runs `register_events`, whose function's name is `name`: what it registers was made with these backends. */
void vmtrace_trace_init(void (*register_events)(void), const char *name, unsigned backends);

#ifdef __cplusplus
}
#endif

/* Whether a macro is defined, at the place where this is expanded: its text is then no longer its name. */
#define VMTRACE_TEXT_OF(macro) #macro
#define VMTRACE_TEXT(macro) VMTRACE_TEXT_OF(macro)
#define VMTRACE_IS_DEFINED(macro) (sizeof(VMTRACE_TEXT(macro)) != sizeof(#macro))

/* The header of a backend that generated C includes before `trace_init` defines a macro. That of `simple` comes behind it, and sets
 * this before any `trace_init` runs. */
static bool vmtrace_is_made_for_simple __attribute__((unused));

#define VMTRACE_BACKENDS                                                                     \
    ((VMTRACE_IS_DEFINED(VMTRACE_MADE_FOR_LOG) ? VMTRACE_BACKEND_LOG : 0)                    \
     | (vmtrace_is_made_for_simple ? VMTRACE_BACKEND_SIMPLE : 0)                             \
     | (VMTRACE_IS_DEFINED(VMTRACE_MADE_FOR_FTRACE) ? VMTRACE_BACKEND_FTRACE : 0)            \
     | (VMTRACE_IS_DEFINED(LOG_PID) ? VMTRACE_BACKEND_SYSLOG : 0))

#define trace_init(function)                                                                 \
static void __attribute__((constructor)) vmtrace_init_ ## function(void)                     \
{                                                                                            \
    vmtrace_trace_init(function, #function, (unsigned)VMTRACE_BACKENDS);                     \
}

#endif
