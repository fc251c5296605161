/* An event, its state, and the registration of a group. */
#ifndef TRACE_CONTROL_H
#define TRACE_CONTROL_H

#include "qemu/osdep.h"

/* An event that is declared `disable`, and any with the backend nop, has a function without a body. */
#pragma GCC diagnostic ignored "-Wunused-parameter"

typedef struct TraceEvent {
    uint32_t id;
    const char *name;
    const bool sstate;
    uint16_t *dstate;
} TraceEvent;

extern int trace_events_enabled_count;

#define trace_event_get_state_dynamic_by_id(id)                              \
    (unlikely(trace_events_enabled_count) && _ ## id ## _DSTATE)
#define trace_event_get_state(id)                                            \
    ((id ## _ENABLED) && trace_event_get_state_dynamic_by_id(id))
#define trace_event_get_state_backends(id)                                   \
    ((id ## _ENABLED) && id ## _BACKEND_DSTATE())

void trace_event_register_group(TraceEvent **events);

#endif
