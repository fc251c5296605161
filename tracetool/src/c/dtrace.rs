//! The backend `dtrace`: the macros that `dtrace -h` makes of format `d`.

use super::{CEvent, Hooks};
use crate::Request;
use crate::output::{Output, put};

pub(super) struct Dtrace;

impl Hooks for Dtrace {
    fn header(&self, out: &mut Output, request: &Request<'_>, events: &[CEvent<'_>]) {
        // SystemTap's sys/sdt.h casts no argument that way, and so keeps its size and sign
        out.push("#ifndef SDT_USE_VARIADIC\n#define SDT_USE_VARIADIC 1\n#endif\n");
        let provider = request.layout.stem("trace-dtrace", request.group.name());
        put!(out, "#include \"", &provider, ".h\"\n\n#undef SDT_USE_VARIADIC\n");
        // DTrace elsewhere has no semaphores
        for event in events {
            put!(out, "#ifndef QEMU_", event.upper, "_ENABLED\n");
            put!(out, "#define QEMU_", event.upper, "_ENABLED() true\n#endif\n");
        }
    }

    fn state(&self, out: &mut Output, event: &CEvent<'_>) {
        put!(out, "QEMU_", event.upper, "_ENABLED()");
    }

    fn call(&self, out: &mut Output, _request: &Request<'_>, event: &CEvent<'_>) {
        put!(out, "    QEMU_", event.upper, "(");
        event.push_arguments(out, "");
        out.push(");\n");
    }

    fn checks_state(&self) -> bool {
        false
    }
}
