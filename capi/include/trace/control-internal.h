/* What is asked of an event in line.
 *
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#ifndef TRACE__CONTROL_INTERNAL_H
#define TRACE__CONTROL_INTERNAL_H

#include "trace/event-internal.h"

#ifdef __cplusplus
extern "C" {
#endif

/* How many events are on, of those that QEMU's backends make: 0 saves looking at each. Never 0 where there are others. */
extern int trace_events_enabled_count;

static inline bool trace_event_is_pattern(const char *str)
{
    return strchr(str, '*') != NULL;
}

static inline uint32_t trace_event_get_id(TraceEvent *ev)
{
    return ev->id;
}

static inline const char *trace_event_get_name(TraceEvent *ev)
{
    return ev->name;
}

static inline bool trace_event_get_state_static(TraceEvent *ev)
{
    return ev->sstate;
}

#define trace_event_get_state_dynamic_by_id(id) (unlikely(trace_events_enabled_count) && _ ## id ## _DSTATE)

static inline bool trace_event_get_state_dynamic(TraceEvent *ev)
{
    return unlikely(trace_events_enabled_count) && *ev->dstate;
}

/* Makes a group known, once: the array ends with NULL and stays where it is, as the events do. Generated code calls this, before
 * `main` or when a library is loaded. */
void trace_event_register_group(TraceEvent **events);

#ifdef __cplusplus
}
#endif

#endif
