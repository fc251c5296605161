//! Arguments' names that C could not have, or that the code around them needs itself.

use crate::names::{Names, is_in};
use crate::{Error, Request};
use trace_events::Event;

/// The names of an event's arguments in C.
pub(super) fn of<'a>(event: &'a Event, request: &Request<'_>) -> Names<'a> {
    if request.bug_compatible {
        return Names::declared(event);
    }
    Names::new(event, |name| {
        is_in(KEYWORDS, name)
            || is_in(TAKEN, name)
            || is_owned(name)
            || is_lengths_variable(event, name)
            || (request.cxx && is_in(CXX_KEYWORDS, name))
    })
}

/// Beginnings that the generated code has for itself, inttypes.h for its macros, and LTTng for its variables.
const OWNED: &[&str] = &["PRI", "QEMU_", "TRACE_", "_TRACE_", "__", "_simple_trace_"];

/// Whether others own a name by its beginning; one with `_` behind it is none of theirs.
fn is_owned(name: &str) -> bool {
    OWNED.iter().any(|start| name.starts_with(start)) && !name.ends_with('_')
}

/// `argNAME_len` holds the length of the string `NAME` in the backend `simple`.
fn is_lengths_variable(event: &Event, name: &str) -> bool {
    name.strip_prefix("arg").and_then(|rest| rest.strip_suffix("_len")).is_some_and(|of| {
        // renamed arguments are among the strings as well
        event.args.iter().any(|arg| arg.ctype.is_qemu_string() && of.trim_end_matches('_') == arg.name)
    })
}

/// Refuses an event whose function is one of QEMU's own, or the one that registers the group.
pub(crate) fn check_functions(request: &Request<'_>) -> Result<(), Error> {
    let registers = format!("{}_register_events", request.group.identifier(false).to_lowercase());
    for (file, event) in request.group.events() {
        if is_in(QEMUS_FUNCTIONS, &event.name) || event.name == registers {
            return Err(Error::NameOwned {
                file: file.to_owned(),
                line: event.line,
                name: event.name.clone(),
            });
        }
    }
    Ok(())
}

/// Behind `trace_`, what QEMU's headers declare (trace/control.h, trace/control-internal.h, trace/simple.h,
/// trace/ftrace.h, qemu/module.h).
#[rustfmt::skip]
const QEMUS_FUNCTIONS: &[&str] = &[
    "enable_events", "event_get_id", "event_get_name", "event_get_state", "event_get_state_backends",
    "event_get_state_dynamic", "event_get_state_dynamic_by_id", "event_get_state_static", "event_get_vcpu_state",
    "event_is_pattern", "event_iter_init_all", "event_iter_init_group", "event_iter_init_pattern", "event_iter_next",
    "event_name", "event_register_group", "event_set_state_dynamic", "event_set_state_dynamic_init",
    "events_enabled_count", "get_vcpu_event_count", "init", "init_backends", "init_file", "list_events", "marker_fd",
    "opt_parse", "record_finish", "record_start", "record_write_str", "record_write_u64",
];

/// The keywords of C23, those of C11 spelled with `_`, and GNU's.
#[rustfmt::skip]
const KEYWORDS: &[&str] = &[
    "_Alignas",
    "_Alignof",
    "_Atomic",
    "_BitInt",
    "_Bool",
    "_Complex",
    "_Decimal128",
    "_Decimal32",
    "_Decimal64",
    "_Generic",
    "_Imaginary",
    "_Noreturn",
    "_Static_assert",
    "_Thread_local",
    "alignas",
    "alignof",
    "asm",
    "auto",
    "bool",
    "break",
    "case",
    "char",
    "const",
    "constexpr",
    "continue",
    "default",
    "do",
    "double",
    "else",
    "enum",
    "extern",
    "false",
    "float",
    "for",
    "goto",
    "if",
    "inline",
    "int",
    "long",
    "nullptr",
    "register",
    "restrict",
    "return",
    "short",
    "signed",
    "sizeof",
    "static",
    "static_assert",
    "struct",
    "switch",
    "thread_local",
    "true",
    "typedef",
    "typeof",
    "typeof_unqual",
    "union",
    "unsigned",
    "void",
    "volatile",
    "while",
];

/// What C++ has besides.
#[rustfmt::skip]
const CXX_KEYWORDS: &[&str] = &[
    "and",
    "and_eq",
    "bitand",
    "bitor",
    "catch",
    "char16_t",
    "char32_t",
    "char8_t",
    "class",
    "co_await",
    "co_return",
    "co_yield",
    "compl",
    "concept",
    "const_cast",
    "consteval",
    "constinit",
    "decltype",
    "delete",
    "dynamic_cast",
    "explicit",
    "export",
    "friend",
    "mutable",
    "namespace",
    "new",
    "noexcept",
    "not",
    "not_eq",
    "operator",
    "or",
    "or_eq",
    "private",
    "protected",
    "public",
    "reinterpret_cast",
    "requires",
    "static_cast",
    "template",
    "this",
    "throw",
    "try",
    "typeid",
    "typename",
    "using",
    "virtual",
    "wchar_t",
    "xor",
    "xor_eq",
];

/// What the generated functions name: types, functions, variables and macros; and GNU C's macros in small letters.
#[rustfmt::skip]
const TAKEN: &[&str] = &[
    "LOG_INFO",
    "LOG_TRACE",
    "MAX_TRACE_STRLEN",
    "MIN",
    "NULL",
    "TraceBufferRecord",
    "TraceEvent",
    "assert",
    "errno",
    "ftrace_write",
    "i386",
    "int16_t",
    "int32_t",
    "int64_t",
    "int8_t",
    "linux",
    "offsetof",
    "ptrdiff_t",
    "qemu_log",
    "qemu_loglevel_mask",
    "rec",
    "size_t",
    "ssize_t",
    "strlen",
    "syslog",
    "trace_event_get_state",
    "trace_event_get_state_dynamic_by_id",
    "trace_record_finish",
    "trace_record_start",
    "trace_record_write_str",
    "trace_record_write_u64",
    "tracepoint",
    "tracepoint_enabled",
    "uint16_t",
    "uint32_t",
    "uint64_t",
    "uint8_t",
    "uintptr_t",
    "unix",
];
