//! Events as QEMU's runtime has them: an object and 16 bits of state each, registered as a list of the objects.

use super::CEvent;
use crate::Request;
use crate::output::{Output, put};

/// What the header declares.
pub(super) fn declare(out: &mut Output, events: &[CEvent<'_>]) {
    out.push("#include \"trace/control.h\"\n\n");
    for event in events {
        put!(out, "extern TraceEvent _TRACE_", event.upper, "_EVENT;\n");
    }
    for event in events {
        put!(out, "extern uint16_t _TRACE_", event.upper, "_DSTATE;\n");
    }
}

/// What the source defines.
pub(super) fn define(out: &mut Output, request: &Request<'_>, events: &[CEvent<'_>]) {
    for event in events {
        put!(out, "uint16_t _TRACE_", event.upper, "_DSTATE;\n");
    }
    for event in events {
        let upper = event.upper;
        put!(out, "TraceEvent _TRACE_", upper, "_EVENT = {\n    .id = 0,\n    .name = \"", &event.event.name);
        put!(
            out,
            "\",\n    .sstate = TRACE_",
            upper,
            "_ENABLED,\n    .dstate = &_TRACE_",
            upper,
            "_DSTATE\n};\n"
        );
    }
    let group = request.group.identifier(request.bug_compatible).to_lowercase();
    put!(out, "TraceEvent *", &group, "_trace_events[] = {\n");
    for event in events {
        put!(out, "    &_TRACE_", event.upper, "_EVENT,\n");
    }
    put!(out, "  NULL,\n};\n\nstatic void trace_", &group, "_register_events(void)\n{\n");
    put!(out, "    trace_event_register_group(", &group, "_trace_events);\n}\n");
}
