/* Switching. QEMU's control-target.c has its own, which stores to `dstate`. */
#include "shims.h"
#include "trace/control.h"

void trace_event_set_state_dynamic(TraceEvent *ev, bool state)
{
    vmtrace_set_state(ev, state);
}

void trace_event_set_state_dynamic_init(TraceEvent *ev, bool state)
{
    vmtrace_set_state(ev, state);
}
