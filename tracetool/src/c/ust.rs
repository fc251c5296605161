//! The backend `ust`: the tracepoints that format `ust-events-h` declares.

use super::{CEvent, Hooks};
use crate::Request;
use crate::output::{Output, put};

pub(super) struct Ust;

impl Hooks for Ust {
    fn header(&self, out: &mut Output, request: &Request<'_>, _events: &[CEvent<'_>]) {
        let tracepoints = request.layout.stem("trace-ust", request.group.name());
        put!(out, "#include <lttng/tracepoint.h>\n#include \"", &tracepoints, ".h\"\n\n");
        out.push("/* tracepoint_enabled() was introduced in LTTng UST 2.7 */\n#ifndef tracepoint_enabled\n");
        out.push("#define tracepoint_enabled(a, b) true\n#endif\n\n");
    }

    fn state(&self, out: &mut Output, _request: &Request<'_>, event: &CEvent<'_>) {
        put!(out, "tracepoint_enabled(qemu, ", &event.event.name, ")");
    }

    fn call(&self, out: &mut Output, _request: &Request<'_>, event: &CEvent<'_>) {
        put!(out, "    tracepoint(qemu, ", &event.event.name);
        event.push_arguments(out, ", ");
        out.push(");\n");
    }

    fn checks_state(&self) -> bool {
        false
    }
}
