//! Where the default is not QEMU's, and that it is so nowhere else.

use super::{TEXTS, folders, generate, group};
use tracetool::Backend;

/// Each deliberate difference: its name, a declaration, a backend, what QEMU has (nothing where its tracetool fails), and
/// what we have in its place.
const DIFFERENCES: &[(&str, &str, Backend, &str, &str)] = &[
    ("ftrace-name", r#"a(int x) "x %d""#, Backend::Ftrace, r#" c"x %d";"#, r#" c"a x %d\n";"#),
    ("syslog-name", r#"a(int x) "x %d""#, Backend::Syslog, r#" c"x %d";"#, r#" c"a x %d";"#),
    (
        "unsigned-long",
        r#"a(unsigned long x) "%lu""#,
        Backend::Log,
        "(_x: std::ffi::c_long)",
        "(_x: std::ffi::c_ulong)",
    ),
    (
        "unsigned-long",
        r#"a(long unsigned *x) "%p""#,
        Backend::Log,
        "*mut std::ffi::c_long ",
        "*mut std::ffi::c_ulong ",
    ),
    (
        "signed-char",
        r#"a(signed char x) "%d""#,
        Backend::Log,
        "(_x: std::ffi::c_char)",
        "(_x: std::ffi::c_schar)",
    ),
    (
        "signed-char",
        r#"a(signed char *x) "%p""#,
        Backend::Simple,
        "*mut std::ffi::c_char)",
        "*mut std::ffi::c_schar)",
    ),
    ("signed", r#"a(signed x) "%d""#, Backend::Log, "", "(_x: std::ffi::c_int)"),
    ("const-pointer", r#"a(const char *const *x) "%p""#, Backend::Log, "", "(_x: *const ())"),
    ("const-argument", r#"a(char *const x) "%s""#, Backend::Log, "(_const x: *mut", "(_x: *mut"),
    (
        "racy-state",
        r#"a(void) """#,
        Backend::Log,
        "static mut _TRACE_A_DSTATE: u16;",
        "safe static _TRACE_A_DSTATE: std::sync::atomic::AtomicU16;",
    ),
    ("racy-state", r#"a(void) """#, Backend::Log, "(unsafe { _TRACE_A_DSTATE})", "(&_TRACE_A_DSTATE)"),
    (
        "racy-count",
        r#"a(void) """#,
        Backend::Log,
        "static mut trace_events_enabled_count: u32;",
        "safe static trace_events_enabled_count: std::sync::atomic::AtomicI32;",
    ),
    (
        "racy-loglevel",
        r#"a(void) """#,
        Backend::Log,
        "unsafe { bindings::qemu_loglevel }",
        "AtomicU32::from_ptr((&raw const bindings::qemu_loglevel).cast_mut())",
    ),
    (
        "edition-2024",
        r#"a(void) """#,
        Backend::Simple,
        "        extern \"C\" { fn _simple_trace_a",
        "        unsafe extern \"C\" { fn _simple_trace_a",
    ),
    (
        "snake-case",
        r#"A(void) """#,
        Backend::Log,
        "#[allow(dead_code)]\npub fn trace_A()",
        "#[allow(dead_code, non_snake_case)]\npub fn trace_A()",
    ),
    (
        "unused-check",
        r#"disable a(void) """#,
        Backend::Log,
        "#[inline(always)]\nfn trace_event",
        "#[inline(always)]\n#[allow(dead_code)]\nfn trace_event",
    ),
    (
        "check-name",
        r#"event_state_is_enabled(void) """#,
        Backend::Log,
        "\nfn trace_event_state_is_enabled(",
        "\nfn trace_event_state_is_enabled_(",
    ),
    (
        "argument-name",
        r#"a(int TRACE_A_DSTATE) "%d""#,
        Backend::Log,
        "(_TRACE_A_DSTATE:",
        "(_TRACE_A_DSTATE_:",
    ),
    (
        "argument-name",
        r#"a(int simple_trace_a) "%d""#,
        Backend::Simple,
        "trace_a(_simple_trace_a)",
        "trace_a(_simple_trace_a_)",
    ),
    (
        "escapes",
        r#"a(void) "\a\b\f\x1b|\t\"""#,
        Backend::Log,
        r#"a \a\b\f\x1b|\t\"\n""#,
        r#"a \x07\x08\x0c\x1b|\t\"\n""#,
    ),
    ("escapes", r#"a(void) "\v\33\?\'""#, Backend::Log, "", r#"a \x0b\x1b?\'\n""#),
    ("joined-escapes", r#"a(void) "\x4" "1""#, Backend::Log, r#"a \x41\n""#, r#"a \x041\n""#),
    ("zero-byte", r#"a(int x) "%d\x00 y" "z""#, Backend::Ftrace, r#" c"%d\x00 yz";"#, r#" c"a %d\n";"#),
    ("turned-text", "a(void) \"\u{202e}\"", Backend::Log, "a \u{202e}\\n\"", r#"a \u{202e}\n""#),
    ("macros", r#"a(uint8_t x, uint64_t y) "%" PRIo8 "%" PRIxLEAST64"#, Backend::Log, "", r#"a %hho%llx\n""#),
];

#[test]
fn each_difference_is_there() {
    for &(name, declaration, backend, qemu, ours) in DIFFERENCES {
        let group = group(&format!("{declaration}\n"));
        let (qemus, made) = (generate(&group, &[backend], true), generate(&group, &[backend], false));
        assert!(made.contains(ours), "{name}:\n{made}");
        if !qemu.is_empty() {
            assert!(qemus.contains(qemu) && !qemus.contains(ours), "{name}, to QEMU's bytes:\n{qemus}");
            assert!(!made.contains(qemu), "{name}:\n{made}");
        }
    }
}

/// `repeated-backend`: QEMU declares the function twice, which rustc refuses.
#[test]
fn a_backend_named_twice_is_there_once() {
    let group = group("a(void) \"\"\n");
    let count = |bug_compatible| {
        let made = generate(&group, &[Backend::Simple, Backend::Log, Backend::Simple], bug_compatible);
        made.matches("fn _simple_trace_a()").count()
    };
    assert_eq!((count(true), count(false)), (2, 1));
}

/// Takes the differences out of the functions again: what is left is QEMU's.
#[test]
fn nothing_else_differs() {
    const LEVEL: &str = "std::sync::atomic::AtomicU32::from_ptr((&raw const bindings::qemu_loglevel).cast_mut()) }\
        .load(std::sync::atomic::Ordering::Relaxed)";
    for group in folders("nothing_else_differs").unwrap_or_default() {
        for backend in TEXTS {
            let functions = |bug_compatible| {
                let made = generate(&group, &[backend], bug_compatible);
                made[made.find("\n}\n\n#[inline").unwrap()..].to_owned()
            };
            let mut undone = functions(false);
            for (ours, qemus) in [
                (LEVEL, "bindings::qemu_loglevel }"),
                ("c_ulonglong", "C_ULONGLONG"),
                ("c_ulong", "c_long"),
                ("C_ULONGLONG", "c_ulonglong"),
                ("c_schar", "c_char"),
                (", non_snake_case", ""),
                ("(&_TRACE_", "(unsafe { _TRACE_"),
                ("_DSTATE) {", "_DSTATE}) {"),
                ("unsafe extern", "extern"),
            ] {
                undone = undone.replace(ours, qemus);
            }
            if matches!(backend, Backend::Ftrace | Backend::Syslog) {
                for (_, event) in group.events() {
                    undone = undone.replace(&format!("c\"{} ", event.name), "c\"");
                }
                undone = undone.replace("\\n\";", "\";");
            }
            let qemus = functions(true);
            let differing = undone.lines().zip(qemus.lines()).find(|(undone, qemus)| undone != qemus);
            assert!(undone == qemus, "{differing:?}");
        }
    }
}
