//! Declarations at random: what the parser has no fault to find with compiles, in every combination of backends.

use crate::group::Group;
use crate::inputs::Input;
use crate::needs;
use proptest::prelude::*;
use proptest::sample::{select, subsequence};
use proptest::test_runner::{Config, TestCaseError, TestRunner};
use trace_events::Rule;

/// How many files of declarations are tried.
const CASES: u32 = 200;

#[test]
fn random_declarations_compile() {
    let headers = ["sys/sdt.h", "lttng/tracepoint.h"];
    if !needs::are_there("random_declarations_compile", &["cc", "dtrace"], &headers) {
        return;
    }
    let qemus = subsequence(vec!["nop", "log", "simple", "ftrace", "syslog", "ust"], 0..=6).prop_shuffle();
    let ours = subsequence(vec!["nop", "ust", "vmtrace"], 0..=3).prop_shuffle();
    let backends = prop_oneof![2 => qemus, 1 => ours];
    let files = (prop::collection::vec(event(), 1..12), backends, select(GROUPS), 0u8..16);
    let config =
        Config { cases: CASES, failure_persistence: None, max_local_rejects: 1 << 20, ..Config::default() };
    TestRunner::new(config)
        .run(&files, |(events, mut backends, group, dtrace)| {
            // dtrace -h is slow: a few cases have it
            if dtrace == 0 || backends.is_empty() {
                backends.push("dtrace");
            }
            let text = sound(&events);
            let input = Input::new(group, text.clone());
            let compiled = Group::generate(&input, &backends, &[]).and_then(|made| {
                made.compile("cc", &["-std=gnu11", "-fsyntax-only"], &format!("trace-{group}.c"))?;
                if made.has("ust") {
                    made.compile("cc", &["-std=gnu11", "-fsyntax-only"], "trace-ust-all.c")?;
                }
                Ok(())
            });
            compiled.map_err(|told| TestCaseError::fail(format!("{told}\n{text}")))
        })
        .unwrap_or_else(|failure| panic!("{failure}"));
}

/// The declarations that are right and that a C compiler has no warning for, each under a name of its own.
pub(crate) fn sound(events: &[String]) -> String {
    let numbered =
        events.iter().enumerate().map(|(number, event)| event.replacen("NAME", &format!("ev_{number}"), 1));
    let is_sound = |event: &String| {
        let file = trace_events::parse("", event.as_bytes());
        let warned = [Rule::ConversionFlags, Rule::ConversionLength, Rule::EmbeddedNul];
        !file.has_errors() && !file.diagnostics.iter().any(|found| warned.contains(&found.rule))
    };
    numbered.filter(is_sound).collect()
}

/// An event's declaration, of the name `NAME`.
pub(crate) fn event() -> impl Strategy<Value = String> {
    let names = subsequence(NAMES, 0..=10).prop_shuffle();
    let piece = (select(CONVERSIONS), select(LITERALS));
    let pieces = prop::collection::vec(piece, 10);
    (names, pieces, select(LITERALS), prop::bool::weighted(0.1), select(&[", ", ",", " , "][..])).prop_map(
        |(names, pieces, first, disabled, comma)| {
            let mut arguments: Vec<String> = Vec::new();
            let mut format = format!("\"{first}");
            for (name, ((ctype, conversion), literal)) in names.iter().zip(pieces) {
                // the width of a `*` is an argument before its own
                if conversion.contains('*') {
                    arguments.push(format!("int width_{name}"));
                }
                let blank = if ctype.ends_with('*') { "" } else { " " };
                arguments.push(format!("{ctype}{blank}{name}"));
                format.push_str(conversion);
                format.push_str(literal);
            }
            let arguments = if arguments.is_empty() { "void".to_owned() } else { arguments.join(comma) };
            let disable = if disabled { "disable " } else { "" };
            format!("{disable}NAME({arguments}) {format}\"\n")
        },
    )
}

const GROUPS: &[&str] = &["g", "hw_usb", "a-b", "9lives", "int", "root", "x.y"];

/// Words that some language keeps for itself, that generated code uses, and plain ones.
const NAMES: &[&str] = &[
    "__func__",
    "__asm__",
    "__LINE__",
    "__linux__",
    "_Float32",
    "EOF",
    "INT_MAX",
    "LOG_ERR",
    "abort",
    "memcpy",
    "lttng_ust_x",
    "trace_events_enabled_count",
    "_",
    "__tp_data",
    "_simple_trace_ev_0",
    "_TRACE_EV_1_EVENT",
    "_TRACE_EV_1_STATE",
    "_vmtrace_words",
    "_vmtrace_emit_ev_0",
    "vmtrace_emit",
    "vmtrace_is_on",
    "VmtraceEvent",
    "unlikely",
    "group",
    "events",
    "a",
    "arg",
    "arga_len",
    "argname_len",
    "asm",
    "auto",
    "bool",
    "case",
    "char",
    "const",
    "default",
    "double",
    "dstate",
    "else",
    "enum",
    "errno",
    "false",
    "for",
    "goto",
    "if",
    "inline",
    "int",
    "len",
    "linux",
    "LOG_INFO",
    "long",
    "name",
    "NULL",
    "qemu",
    "QEMU_EV_2_ENABLED",
    "qemu_log",
    "rec",
    "register",
    "restrict",
    "return",
    "self",
    "short",
    "signed",
    "size_t",
    "sizeof",
    "static",
    "strlen",
    "struct",
    "switch",
    "syslog",
    "this",
    "true",
    "TRACE_EV_0",
    "TRACE_EV_0_ENABLED",
    "trace_ev_0",
    "trace_record_start",
    "tracepoint",
    "typedef",
    "typeof",
    "uint32_t",
    "uint64_t",
    "union",
    "unix",
    "unsigned",
    "void",
    "volatile",
    "while",
    "xlate",
];

/// Types and conversions, most of them fitting.
const CONVERSIONS: &[(&str, &str)] = &[
    ("bool", "%d"),
    ("bool", "%u"),
    ("char", "%c"),
    ("char", "%d"),
    ("char", "%hhd"),
    ("signed char", "%d"),
    ("unsigned char", "%02x"),
    ("short", "%hd"),
    ("short int", "%i"),
    ("unsigned short", "0x%hx"),
    ("int", "%d"),
    ("int", "%+5d"),
    ("int", "% d"),
    ("int", "%*d"),
    ("signed", "%d"),
    ("unsigned", "%u"),
    ("unsigned int", "%#x"),
    ("unsigned int", "%-8o|"),
    ("const int", "%.3d"),
    ("int const", "%X"),
    ("long", "%ld"),
    ("long int", "%li"),
    ("unsigned long", "%lu"),
    ("long unsigned int", "0x%lx"),
    ("long long", "%lld"),
    ("long long int", "%20lld"),
    ("unsigned long long", "%llx"),
    ("unsigned long long int", "%llu"),
    ("int8_t", "%d"),
    ("int8_t", "%\" PRId8 \""),
    ("uint8_t", "0x%02\" PRIx8 \""),
    ("int16_t", "%\"PRId16\""),
    ("uint16_t", "%u"),
    ("int32_t", "%\" PRId32 \""),
    ("uint32_t", "%08x"),
    ("uint32_t", "%#\" PRIx32 \" "),
    ("int64_t", "%\" PRId64 \""),
    ("uint64_t", "%\" PRIu64 \""),
    ("uint64_t", "0x%016\"PRIx64\""),
    ("uint64_t", "0x%0*\" PRIx64 \""),
    ("uint64_t", "%lx"),
    ("uint64_t", "%llx"),
    ("size_t", "%zu"),
    ("size_t", "0x%zx"),
    ("size_t", "%lu"),
    ("ssize_t", "%zd"),
    ("ptrdiff_t", "%td"),
    ("uintptr_t", "0x%\" PRIxPTR \""),
    ("void *", "%p"),
    ("const void *", "%p"),
    ("void **", "%p"),
    ("uint8_t *", "%p"),
    ("const uint8_t *", "%p"),
    ("bool *", "%p"),
    ("unsigned long long *", "%p"),
    ("char *", "%s"),
    ("char *", "%p"),
    ("const char *", "%s"),
    ("const char *", "%.16s"),
    ("const char *", "%.*s"),
    ("const char *", "%-20s"),
    ("const char*", "%s"),
    ("char const *", "%s"),
    ("char **", "%p"),
    ("const char **", "%p"),
    ("int", "%#d"),
    ("int", "%-05d"),
    ("unsigned", "%+u"),
    ("int", "%05.3d"),
    ("const char *", "%0s"),
    ("void *", "%#p"),
];

const LITERALS: &[&str] = &[
    "",
    " ",
    ", ",
    "=",
    "x",
    "d",
    "%%",
    "%%d",
    "\\\"",
    "\\\\",
    "\\t",
    "\\033[0m",
    "\\x1b ",
    "\\a",
    "\\?",
    "'",
    "#",
    "{}",
    "{0}",
    "$x",
    "/* no comment */",
    "// nor this",
    "@",
    "`",
    "é",
    "(",
    ")",
    "~",
    "100%% ",
    "\" \"",
    "\"  \"",
    "?",
    "\\0",
];
