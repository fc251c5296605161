//! An event as Rust prints it.

use super::literal;
use super::types::{Passing, QemuType};
use crate::Request;
use crate::names::Names;
use crate::output::{Output, put};
use std::borrow::Cow;
use trace_events::Event;

/// An event, its name in capitals, and its arguments.
pub(super) struct RustEvent<'a> {
    pub(super) event: &'a Event,
    pub(super) upper: String,
    args: Vec<(Cow<'a, str>, QemuType)>,
}

impl<'a> RustEvent<'a> {
    pub(super) fn new(event: &'a Event, request: &Request<'_>) -> Self {
        let names = Names::new(event, request.bug_compatible, |name| {
            !request.bug_compatible && is_taken(event, name)
        });
        let types = event.args.iter().map(|arg| QemuType::new(&arg.ctype, request.bug_compatible));
        Self { event, upper: event.name.to_uppercase(), args: names.into_owned().zip(types).collect() }
    }

    /// Whether rustc finds nothing to say about the names.
    pub(super) fn is_snake_case(&self) -> bool {
        let is_snake =
            |name: &str| !name.contains("__") && !name.bytes().any(|byte| byte.is_ascii_uppercase());
        let function = self.event.name.trim_end_matches('_');
        !function.starts_with('_')
            && is_snake(function)
            && self.args.iter().all(|(name, _)| is_snake(name.trim_matches('_')))
    }

    /// `_name: &std::ffi::CStr, _fd: std::ffi::c_int`.
    pub(super) fn push_parameters(&self, out: &mut Output) {
        self.push_typed(out, "&std::ffi::CStr");
    }

    /// The same of a function in C.
    pub(super) fn push_c_parameters(&self, out: &mut Output) {
        self.push_typed(out, "*const std::ffi::c_char");
    }

    fn push_typed(&self, out: &mut Output, string: &str) {
        for (index, (name, taken)) in self.args.iter().enumerate() {
            put!(out, if index == 0 { "_" } else { ", _" }, name, ": ");
            match taken.passing {
                Passing::String => out.push(string),
                Passing::Promoted | Passing::AsIs => put!(out, taken.pointer, taken.base),
            }
        }
    }

    /// `_name.as_ptr(), _fd`.
    pub(super) fn push_arguments(&self, out: &mut Output) {
        for (index, (name, taken)) in self.args.iter().enumerate() {
            put!(out, if index == 0 { "_" } else { ", _" }, name);
            if taken.passing == Passing::String {
                out.push(".as_ptr()");
            }
        }
    }

    /// The arguments behind a format: Rust itself promotes none.
    pub(super) fn push_variadic(&self, out: &mut Output) {
        for (index, (name, taken)) in self.args.iter().enumerate() {
            put!(out, if index == 0 { "_" } else { ", _" }, name);
            match taken.passing {
                Passing::String => out.push(".as_ptr()"),
                Passing::Promoted => out.push(" as std::ffi::c_int"),
                Passing::AsIs => put!(out, " /* as ", taken.pointer, taken.base, " */"),
            }
        }
    }

    /// Binds the format, with the event's name before and `end` behind it; `None` for the format alone.
    pub(super) fn push_text(&self, out: &mut Output, end: Option<&str>, bug_compatible: bool) {
        out.push("        let format_string = c\"");
        if end.is_some() {
            put!(out, &self.event.name, " ");
        }
        // a format that begins with a macro is none to QEMU
        if !bug_compatible || !self.event.rest_of_line.is_empty() {
            literal::push(out, &self.event.format.source, bug_compatible);
        }
        put!(out, end.unwrap_or(""), "\";\n");
    }
}

/// Whether `_name` would hide what the function calls, or be a pattern that means a static.
fn is_taken(event: &Event, name: &str) -> bool {
    ["simple_trace_", "vmtrace_emit_"].iter().any(|start| name.strip_prefix(start) == Some(&event.name))
        || (name.starts_with("TRACE_") && ["_DSTATE", "_STATE"].iter().any(|end| name.ends_with(end)))
}
