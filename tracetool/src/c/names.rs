//! Arguments' names that C could not have, or that the code around them needs itself.

use crate::names::{Names, is_in};
use crate::{Error, Group, Request};
use std::collections::HashSet;
use trace_events::Event;

/// The names of an event's arguments in C.
pub(super) fn of<'a>(event: &'a Event, request: &Request<'_>) -> Names<'a> {
    Names::new(event, request.bug_compatible, |name| {
        !request.bug_compatible
            && (is_in(KEYWORDS, name)
                || is_in(TAKEN, name)
                || is_others(name)
                || is_lengths_variable(event, name)
                || (request.cxx && is_in(CXX_KEYWORDS, name)))
    })
}

/// Beginnings that the generated code has for itself, vmtrace/event.h, inttypes.h for its macros, and LTTng for its variables.
const OWNED: &[&str] = &[
    "PRI",
    "QEMU_",
    "TRACE_",
    "Vmtrace",
    "_TRACE_",
    "_simple_trace_",
    "_vmtrace_",
    "lttng_ust_",
    "vmtrace_",
];

/// Whether a name's look says that others may have it: C leaves names with two `_`, or one and a capital, to compilers
/// and headers, and headers have macros in capitals. A `_` more behind it makes it nobody's.
fn is_others(name: &str) -> bool {
    if name.starts_with("__") && name.ends_with("__") {
        return !name.ends_with("___");
    }
    let is_capital = |c: char| c.is_ascii_uppercase();
    let reserved =
        name.starts_with("__") || name.strip_prefix('_').is_some_and(|rest| rest.starts_with(is_capital));
    let in_capitals =
        name.len() > 1 && name.contains(is_capital) && !name.contains(|c: char| c.is_ascii_lowercase());
    !name.ends_with('_') && (reserved || in_capitals || OWNED.iter().any(|start| name.starts_with(start)))
}

/// `argNAME_len` holds the length of the string `NAME` in the backend `simple`.
fn is_lengths_variable(event: &Event, name: &str) -> bool {
    name.strip_prefix("arg").and_then(|rest| rest.strip_suffix("_len")).is_some_and(|of| {
        // renamed arguments are among the strings as well
        event.args.iter().any(|arg| arg.ctype.is_qemu_string() && of.trim_end_matches('_') == arg.name)
    })
}

/// Refuses an event whose function is one of QEMU's own, or the one that registers the group; and one that C would read
/// as a macro where its bare name stands.
pub(crate) fn check_names(group: &Group, has_functions: bool, has_bare_names: bool) -> Result<(), Error> {
    let identifier = group.identifier(false).to_lowercase();
    let groups = [format!("{identifier}_register_events"), format!("{identifier}_generated_tracers_h")];
    let mut macros = HashSet::new();
    for ((file, event), upper) in group.events().zip(group.capitals()) {
        let name = event.name.as_str();
        let is_function =
            is_in(QEMUS_FUNCTIONS, name) || groups.iter().any(|other| name.eq_ignore_ascii_case(other));
        // `dtrace -h` makes one `_` of two, and so one macro of two events
        let is_macro = is_in(MACROS, name) || (has_bare_names && !macros.insert(upper.replace("__", "_")));
        if (has_functions && is_function) || (has_bare_names && is_macro) {
            return Err(Error::NameOwned {
                file: file.to_owned(),
                line: event.line,
                name: event.name.clone(),
            });
        }
    }
    Ok(())
}

/// Macros of C and of the headers that the generated code includes, which an event may be named as by chance.
const MACROS: &[&str] = &["EOF", "NULL", "bool", "errno", "false", "i386", "linux", "true", "unix"];

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

/// The keywords of C23, and GNU's; those with a `_` and a capital are known by their look.
#[rustfmt::skip]
const KEYWORDS: &[&str] = &[
    "alignas", "alignof", "asm", "auto", "bool", "break", "case", "char", "const", "constexpr", "continue", "default",
    "do", "double", "else", "enum", "extern", "false", "float", "for", "goto", "if", "inline", "int", "long",
    "nullptr", "register", "restrict", "return", "short", "signed", "sizeof", "static", "static_assert", "struct",
    "switch", "thread_local", "true", "typedef", "typeof", "typeof_unqual", "union", "unsigned", "void", "volatile",
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

/// What the generated functions name: types, functions and variables; and macros in small letters: GNU C's, and those of
/// signal.h and sys/stat.h.
#[rustfmt::skip]
const TAKEN: &[&str] = &[
    "TraceBufferRecord", "TraceEvent", "abort", "assert", "errno", "ftrace_write", "i386", "int16_t", "int32_t",
    "int64_t", "int8_t", "linux", "memcpy", "offsetof", "ptrdiff_t", "qemu_log", "qemu_loglevel",
    "qemu_loglevel_mask", "rec", "sa_handler", "sa_sigaction", "si_addr", "si_addr_lsb", "si_arch", "si_band",
    "si_call_addr", "si_fd", "si_int", "si_lower", "si_overrun", "si_pid", "si_pkey", "si_ptr", "si_status",
    "si_stime", "si_syscall", "si_timerid", "si_uid", "si_upper", "si_utime", "si_value", "size_t", "ssize_t",
    "st_atime", "st_ctime", "st_mtime", "strlen", "syslog", "trace_event_get_state",
    "trace_event_get_state_dynamic_by_id", "trace_events_enabled_count", "trace_record_finish", "trace_record_start",
    "trace_record_write_str", "trace_record_write_u64", "tracepoint", "tracepoint_enabled", "uint16_t", "uint32_t",
    "uint64_t", "uint8_t", "uintptr_t", "unix",
];
