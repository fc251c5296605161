//! The backend `dtrace`: the macros that `dtrace -h` makes of format `d`.

use super::{CEvent, Hooks};
use crate::Request;
use crate::output::{Output, put};
use std::borrow::Cow;

pub(super) struct Dtrace;

impl Hooks for Dtrace {
    fn header(&self, out: &mut Output, request: &Request<'_>, events: &[CEvent<'_>]) {
        // SystemTap's sys/sdt.h casts no argument that way, and so keeps its size and sign
        out.push("#ifndef SDT_USE_VARIADIC\n#define SDT_USE_VARIADIC 1\n#endif\n");
        let provider = request.layout.stem("trace-dtrace", request.group.name());
        put!(out, "#include \"", &provider, ".h\"\n\n#undef SDT_USE_VARIADIC\n");
        // DTrace elsewhere has no semaphores
        for event in events {
            let name = macros_name(event, request);
            put!(out, "#ifndef QEMU_", &name, "_ENABLED\n#define QEMU_", &name, "_ENABLED() true\n#endif\n");
        }
    }

    fn state(&self, out: &mut Output, request: &Request<'_>, event: &CEvent<'_>) {
        put!(out, "QEMU_", &macros_name(event, request), "_ENABLED()");
    }

    fn call(&self, out: &mut Output, request: &Request<'_>, event: &CEvent<'_>) {
        put!(out, "    QEMU_", &macros_name(event, request), "(");
        event.push_arguments(out, "");
        out.push(");\n");
    }

    fn checks_state(&self) -> bool {
        false
    }
}

/// The event's part of its macros' names: `dtrace -h` makes one `_` of two, which in a probe's name stand for a dash.
fn macros_name<'a>(event: &CEvent<'a>, request: &Request<'_>) -> Cow<'a, str> {
    if request.bug_compatible || !event.upper.contains("__") {
        return Cow::Borrowed(event.upper);
    }
    Cow::Owned(event.upper.replace("__", "_"))
}
