//! The backend `simple`: functions that write records of QEMU's binary format.

use super::{CEvent, Hooks};
use crate::Request;
use crate::output::{Output, put};

pub(super) struct Simple;

impl Hooks for Simple {
    fn header(&self, out: &mut Output, request: &Request<'_>, events: &[CEvent<'_>]) {
        if request.cxx {
            super::push_c_linkage(out, |out| declarations(out, events));
        } else {
            declarations(out, events);
        }
        out.push("\n");
    }

    fn call(&self, out: &mut Output, _request: &Request<'_>, event: &CEvent<'_>) {
        put!(out, "        _simple_trace_", &event.event.name, "(");
        event.push_arguments(out, "");
        out.push(");\n");
    }

    fn source_top(&self, out: &mut Output) {
        out.push("#include \"qemu/osdep.h\"\n#include \"trace/control.h\"\n#include \"trace/simple.h\"\n\n");
    }

    fn source(&self, out: &mut Output, event: &CEvent<'_>) {
        record(out, event);
    }
}

fn declarations(out: &mut Output, events: &[CEvent<'_>]) {
    for event in events {
        put!(out, "void _simple_trace_", &event.event.name, "(");
        event.push_parameters(out);
        out.push(");\n");
    }
}

/// The function that writes an event's record: 8 bytes a number, a string with its length before it.
fn record(out: &mut Output, event: &CEvent<'_>) {
    let args = || event.event.args.iter().zip(event.names.iter());
    put!(out, "void _simple_trace_", &event.event.name, "(");
    event.push_parameters(out);
    out.push(")\n{\n    TraceBufferRecord rec;\n");
    for (_, name) in args().filter(|(arg, _)| arg.ctype.is_qemu_string()) {
        put!(
            out,
            "    size_t arg",
            name,
            "_len = ",
            name,
            " ? MIN(strlen(",
            name,
            "), MAX_TRACE_STRLEN) : 0;\n"
        );
    }
    put!(out, "\n    if (trace_record_start(&rec, _TRACE_", event.upper, "_EVENT.id, ");
    for (index, (arg, name)) in args().enumerate() {
        out.push(if index == 0 { "" } else { " + " });
        if arg.ctype.is_qemu_string() {
            put!(out, "4 + arg", name, "_len");
        } else {
            out.push("8");
        }
    }
    put!(out, if event.names.is_empty() { "0" } else { "" }, ")) {\n");
    out.push("        return; /* Trace Buffer Full, Event Dropped ! */\n    }\n");
    for (arg, name) in args() {
        if arg.ctype.is_qemu_string() {
            put!(out, "    trace_record_write_str(&rec, ", name, ", arg", name, "_len);\n");
        } else {
            let cast = if arg.ctype.is_pointer() { "(uintptr_t)(uint64_t *)" } else { "(uint64_t)" };
            put!(out, "    trace_record_write_u64(&rec, ", cast, name, ");\n");
        }
    }
    out.push("    trace_record_finish(&rec);\n}\n\n");
}
