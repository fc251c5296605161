/* Control of the events, as QEMU's own sources have it. <vmtrace.h> has what QEMU has not: sinks, a monitor, messages in place of
 * `exit`.
 *
 *     for each argument of -trace:  trace_opt_parse(optarg);
 *     after daemonizing:            if (!trace_init_backends()) exit(1);
 *                                   trace_init_file();
 *
 * Events may come before all that, or without it: those of `log` then go to standard error, and records of `simple` are counted as lost.
 * Events of `--backends=vmtrace` are off until trace_init_backends(), since only that opens the sinks that they go to.
 *
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#ifndef TRACE__CONTROL_H
#define TRACE__CONTROL_H

#include "trace/event-internal.h"

#include "qemu/osdep.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Events one after the other, as they were registered. */
typedef struct TraceEventIter {
    size_t event;
    size_t group;
    size_t group_id;
    const char *pattern;
} TraceEventIter;

/* All events; those whose names match, `*` and `?` being wild; those of a group, by the order of registration. */
void trace_event_iter_init_all(TraceEventIter *iter);
void trace_event_iter_init_pattern(TraceEventIter *iter, const char *pattern);
void trace_event_iter_init_group(TraceEventIter *iter, size_t group_id);
/* NULL at the end. */
TraceEvent *trace_event_iter_next(TraceEventIter *iter);

/* The event of a name, or NULL. */
TraceEvent *trace_event_name(const char *name);

/* Whether an event, TRACE_NAME, is compiled in and on. */
#define trace_event_get_state(id) ((id ## _ENABLED) && trace_event_get_state_dynamic_by_id(id))
/* The same, or anyone else listens who has a way of his own, such as a tracer at a USDT probe. */
#define trace_event_get_state_backends(id) ((id ## _ENABLED) && id ## _BACKEND_DSTATE())

/* Switches an event for which something was compiled; of one of `--backends=vmtrace` the usual sinks. Any thread may, but no
 * signal handler. */
void trace_event_set_state_dynamic(TraceEvent *ev, bool state);

/* Opens what the groups' backends need. A sink that cannot be had is told of on standard error and keeps nobody from starting:
 * false only if there was no memory or thread to be had. To be called once, after daemonizing and before jailing. */
bool trace_init_backends(void);

/* Opens the file that `-trace file=FILE` names: of the binary trace, where events were made with `simple` (without FILE it is
 * `trace-PID`, if `-trace` was given at all), or else of the log. Exits if neither is there, and if the log cannot be opened. */
void trace_init_file(void);

/* The names of all events, one a line. */
void trace_list_events(FILE *f);

/* Switches the events of a name or pattern, off if `-` is before it. What is not there is warned of. `help` or `?` lists the events
 * on standard output and exits. */
void trace_enable_events(const char *line_buf);

/* The keys of `-trace`, for a VMM that has QEMU's QemuOpts. */
typedef struct QemuOptsList QemuOptsList;
extern QemuOptsList qemu_trace_opts;

/* Takes one argument of `-trace`: [enable=]PATTERN[,events=FILE][,file=FILE][,sink=NAME][,KEY=VALUE]. Switches at once, but for events of
 * `--backends=vmtrace`: those when trace_init_backends() has opened the sinks. Tells what is wrong with it on standard error, and
 * exits; a name or pattern that no event has is only warned of, since a library that is loaded later may have it. */
void trace_opt_parse(const char *optstr);

/* No event has a vcpu: 0. */
uint32_t trace_get_vcpu_event_count(void);

#ifdef __cplusplus
}
#endif

#include "trace/control-internal.h"

#endif
