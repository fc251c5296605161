//! What each backend does in an event's function.

use super::event::RustEvent;
use crate::output::{Output, put};

/// Prints a backend's call; the last argument is whether to QEMU's bytes.
pub(super) type Call = fn(&mut Output, &RustEvent<'_>, bool);

/// The backend `log`.
pub(super) fn log(out: &mut Output, event: &RustEvent<'_>, bug_compatible: bool) {
    event.push_text(out, Some("\\n"), bug_compatible);
    out.push("        if (");
    if bug_compatible {
        out.push("unsafe { bindings::qemu_loglevel }");
    } else {
        // the monitor changes it at any time; a binding of it may be mutable or not
        out.push("unsafe { std::sync::atomic::AtomicU32::from_ptr((&raw const bindings::qemu_loglevel).cast_mut()) }");
        out.push(".load(std::sync::atomic::Ordering::Relaxed)");
    }
    out.push(" & bindings::LOG_TRACE) != 0 {\n");
    put!(out, "            unsafe { bindings::qemu_log(", FORMAT);
    event.push_variadic(out);
    out.push(");}\n        }\n");
}

/// The backend `simple`: the function that format `c` has for each event.
pub(super) fn simple(out: &mut Output, event: &RustEvent<'_>, bug_compatible: bool) {
    c_function(out, event, "_simple_trace_", if bug_compatible { "" } else { "unsafe " });
}

/// The backend `vmtrace`: the same.
pub(super) fn vmtrace(out: &mut Output, event: &RustEvent<'_>, _bug_compatible: bool) {
    c_function(out, event, "_vmtrace_emit_", "unsafe ");
}

fn c_function(out: &mut Output, event: &RustEvent<'_>, prefix: &str, before: &str) {
    let name = &event.event.name;
    put!(out, "        ", before, "extern \"C\" { fn ", prefix, name, "(");
    event.push_c_parameters(out);
    put!(out, "); }\n        unsafe { ", prefix, name, "(");
    event.push_arguments(out);
    out.push("); }\n");
}

/// The backend `ftrace`.
pub(super) fn ftrace(out: &mut Output, event: &RustEvent<'_>, bug_compatible: bool) {
    event.push_text(out, (!bug_compatible).then_some("\\n"), bug_compatible);
    put!(out, "        unsafe {bindings::ftrace_write(", FORMAT);
    event.push_variadic(out);
    out.push(");}\n");
}

/// The backend `syslog`.
pub(super) fn syslog(out: &mut Output, event: &RustEvent<'_>, bug_compatible: bool) {
    event.push_text(out, (!bug_compatible).then_some(""), bug_compatible);
    put!(out, "        unsafe {::trace::syslog(::trace::LOG_INFO, ", FORMAT);
    event.push_variadic(out);
    out.push(");}\n");
}

const FORMAT: &str = "format_string.as_ptr() as *const c_char, ";
