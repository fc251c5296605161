//! Formats `ust-events-h` and `ust-events-c`: tracepoints for LTTng and their provider (lttng-ust(3)).

use crate::Request;
use crate::c::{BANNER, CEvent, events};
use crate::output::{Output, put};
use trace_events::Amount;

const BEFORE_INCLUDE: &str = "#undef TRACEPOINT_PROVIDER\n#define TRACEPOINT_PROVIDER qemu\n\n\
                              #undef TRACEPOINT_INCLUDE\n#define TRACEPOINT_INCLUDE \"./";

const INCLUDES: &str = "\
#include <lttng/tracepoint.h>

/*
 * LTTng ust 2.0 does not allow you to use TP_ARGS(void) for tracepoints
 * requiring no arguments. We define these macros introduced in more recent * versions of LTTng ust as a workaround
 */
#ifndef _TP_EXPROTO1
#define _TP_EXPROTO1(a)               void
#endif
#ifndef _TP_EXDATA_PROTO1
#define _TP_EXDATA_PROTO1(a)          void *__tp_data
#endif
#ifndef _TP_EXDATA_VAR1
#define _TP_EXDATA_VAR1(a)            __tp_data
#endif
#ifndef _TP_EXVAR1
#define _TP_EXVAR1(a)
#endif

";

const PROVIDER: &str = "\
#include \"qemu/osdep.h\"

#define TRACEPOINT_DEFINE
#define TRACEPOINT_CREATE_PROBES

/* If gcc version 4.7 or older is used, LTTng ust gives a warning when compiling with
   -Wredundant-decls.
 */
#pragma GCC diagnostic ignored \"-Wredundant-decls\"

";

/// Format `ust-events-h`.
pub(crate) fn header(out: &mut Output, request: &Request<'_>) {
    let group = request.group.name();
    let guard = request.group.identifier(request.bug_compatible).to_uppercase();
    // QEMU's is still the name that it had in place
    let own_name = if request.bug_compatible && group != "all" {
        "trace-ust".to_owned()
    } else {
        request.layout.stem("trace-ust", group)
    };
    put!(
        out,
        BANNER,
        BEFORE_INCLUDE,
        &own_name,
        ".h\"\n\n#if !defined (TRACE_",
        &guard,
        "_GENERATED_UST_H) || \\\n"
    );
    put!(
        out,
        "     defined(TRACEPOINT_HEADER_MULTI_READ)\n#define TRACE_",
        &guard,
        "_GENERATED_UST_H\n\n",
        INCLUDES
    );
    for event in events(request) {
        // `TRACE_NAME_ENABLED 0` and a tracepoint all the same would make it look as if it could be had
        if !event.event.properties.disable || request.bug_compatible {
            tracepoint(out, request, &event);
        }
    }
    put!(out, "#endif /* TRACE_", &guard, "_GENERATED_UST_H */\n\n");
    out.push("/* This part must be outside ifdef protection */\n#include <lttng/tracepoint-event.h>\n");
}

/// Format `ust-events-c`.
pub(crate) fn source(out: &mut Output, request: &Request<'_>) {
    let group = if request.bug_compatible { "all" } else { request.group.name() };
    put!(out, BANNER, PROVIDER, "#include \"", &request.layout.stem("trace-ust", group), ".h\"\n");
}

fn tracepoint(out: &mut Output, request: &Request<'_>, event: &CEvent<'_>) {
    put!(out, "TRACEPOINT_EVENT(\n   qemu,\n   ", &event.event.name, ",\n   TP_ARGS(");
    for (index, (spelling, name)) in event.names.types().zip(event.names.iter()).enumerate() {
        put!(out, if index == 0 { "" } else { ", " }, spelling, ", ", name);
    }
    if event.names.is_empty() {
        out.push("void),\n   TP_FIELDS()\n)\n\n");
        return;
    }
    out.push("),\n   TP_FIELDS(\n");
    let conversions = if request.bug_compatible {
        qemus_conversions(&event.event.rest_of_line)
    } else {
        conversions(event)
    };
    let fields = event.event.args.iter().zip(event.names.types()).zip(event.names.iter());
    for (((arg, spelling), name), conversion) in fields.zip(&conversions) {
        let has = |words: &[&str]| words.iter().any(|word| spelling.contains(word));
        let is_string =
            if request.bug_compatible { has(&["char *", "char*"]) } else { arg.ctype.is_qemu_string() };
        if is_string {
            put!(out, "       ctf_string(", name, ", ", name, ")\n");
        } else if conversion.contains("%p") || conversion.contains('x') || has(&["ptr", "*"]) {
            put!(out, "       ctf_integer_hex(", spelling, ", ", name, ", ", name, ")\n");
        } else if !request.bug_compatible || has(QEMUS_INTEGERS) {
            put!(out, "       ctf_integer(", spelling, ", ", name, ", ", name, ")\n");
        }
    }
    out.push("   )\n)\n\n");
}

/// What QEMU knows an integer's type by: not `char`, `signed char`, `short` and `signed`, which it loses.
const QEMUS_INTEGERS: &[&str] = &["int", "long", "unsigned", "size_t", "bool"];

/// For each argument the conversion that prints it, or that it is the width or precision of.
fn conversions<'a>(event: &CEvent<'a>) -> Vec<&'a str> {
    let mut sources = Vec::with_capacity(event.event.args.len());
    for conversion in event.event.format.conversions() {
        for amount in [conversion.width, conversion.precision] {
            if amount == Amount::Argument {
                sources.push("");
            }
        }
        sources.push(conversion.source.as_str());
    }
    sources
}

/// How QEMU finds conversions in a format as it is written: at a `%` digits and dots, then word characters, as many as
/// there are; without any, all up to the next `PRI` and on to the next blank. What it misses takes no argument.
fn qemus_conversions(format: &str) -> Vec<&str> {
    let is_word = |c: char| c.is_alphanumeric() || c == '_';
    let mut found = Vec::new();
    let mut from = 0;
    while let Some(at) = format[from..].find('%').map(|at| from + at) {
        let rest = &format[at + 1..];
        let after_digits = rest.trim_start_matches(|c: char| c.is_ascii_digit() || c == '.');
        let after_word = after_digits.trim_start_matches(is_word);
        // digits are word characters too: without others behind them they still make one
        let end = if after_word.len() < after_digits.len()
            || rest[..rest.len() - after_digits.len()].ends_with(is_word)
        {
            format.len() - after_word.len()
        } else if let Some(macro_at) = rest.find("PRI") {
            let macro_ = &rest[macro_at..];
            let length = macro_.find(char::is_whitespace).unwrap_or(macro_.len());
            at + 1 + macro_at + length
        } else {
            from = at + 1;
            continue;
        };
        found.push(&format[at..end]);
        from = end;
    }
    found
}
