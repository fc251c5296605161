/* An event of C's.
 *
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#ifndef TRACE__EVENT_INTERNAL_H
#define TRACE__EVENT_INTERNAL_H

#include "qemu/osdep.h"

/* What `vcpu_id` was for an event of no vcpu; no event has one any more. */
#define TRACE_VCPU_EVENT_NONE ((uint32_t)-1)

/* As QEMU 10.2 has it. */
typedef struct TraceEvent {
    uint32_t id;        /* given when its group is registered */
    const char *name;
    const bool sstate;  /* whether anything was compiled for it */
    uint16_t *dstate;   /* not 0 while it is on */
} TraceEvent;

#ifdef __cplusplus
extern "C" {
#endif

/* As `trace_event_set_state_dynamic`. */
void trace_event_set_state_dynamic_init(TraceEvent *ev, bool state);

#ifdef __cplusplus
}
#endif

#endif
