//! Each place where the default differs from QEMU, by name, and that nothing else does.

use stap_gen::{Error, Options, Script, generate};

const QEMU: Options<'_> = Options { binary: "/b", probe_prefix: "p", bug_compatible: true };
const RIGHT: Options<'_> = Options { bug_compatible: false, ..QEMU };

fn made(script: Script, declaration: &str, options: &Options<'_>) -> String {
    let file = trace_events::parse("trace-events", format!("{declaration}\n").as_bytes());
    assert!(!file.has_errors(), "{declaration}: {:#?}", file.diagnostics);
    generate(script, &file.events, options).unwrap()
}

/// The lines that differ: `(QEMU's, ours)`, without what both have at the ends.
fn lines(script: Script, declaration: &str) -> (String, String) {
    let [qemu, right] = [QEMU, RIGHT].map(|options| made(script, declaration, &options));
    let (mut qemu, mut right): (Vec<&str>, Vec<&str>) = (qemu.lines().collect(), right.lines().collect());
    while let (Some(a), Some(b)) = (qemu.first(), right.first())
        && a == b
    {
        qemu.remove(0);
        right.remove(0);
    }
    while let (Some(a), Some(b)) = (qemu.last(), right.last())
        && a == b
    {
        qemu.pop();
        right.pop();
    }
    (qemu.join("\n"), right.join("\n"))
}

/// What `printf` is given behind the event's name.
fn print(declaration: &str, options: &Options<'_>) -> String {
    let text = made(Script::LogStap, declaration, options);
    let line = text.lines().find_map(|line| line.strip_prefix("    printf(\"%d@%d e ")).unwrap();
    line.replace("\\n\", pid(), gettimeofday_ns()", "\"")
}

fn check_print(cases: &[(&str, &str, &str)]) {
    for (declaration, qemu, right) in cases {
        let declaration = format!("e{declaration}");
        assert_eq!(print(&declaration, &QEMU), *qemu, "QEMU: {declaration}");
        assert_eq!(print(&declaration, &RIGHT), *right, "{declaration}");
    }
}

#[test]
fn none_where_qemu_is_right() {
    for declaration in [
        "e(void) \"\"",
        "e(void) \"100%% \\\" \\\\ \\t é '\"",
        "e(int a, unsigned b, uint64_t c, uint32_t d) \"%d %5u 0x%08\" PRIx64 \" %\" PRIx32",
        "e(int64_t a, size_t b, long c, uint8_t d, bool e) \"%lld %zu %ld %02x %d\"",
        "disable e(int private) \"%hhx\"",
        "if(int try, int if) \"%-5d%+d\"",
    ] {
        let file = trace_events::parse("trace-events", format!("{declaration}\n").as_bytes());
        for script in [Script::Stap, Script::SimpletraceStap, Script::LogStap] {
            let [qemu, right] =
                [QEMU, RIGHT].map(|options| generate(script, &file.events, &options).unwrap());
            assert_eq!(qemu, right, "{declaration}");
        }
    }
}

#[test]
fn reserved_names() {
    for (name, ours) in
        [("private", "private_"), ("printf", "printf_"), ("sprint", "sprint_"), ("NULL", "NULL_")]
    {
        let (qemu, right) = lines(Script::Stap, &format!("e(int {name}) \"%d\""));
        assert_eq!((qemu, right), (format!("  {name} = $arg1;"), format!("  {ours} = $arg1;")));
    }
    for name in ["argv", "argc", "argv_1", "argv_32", "cve_metrics", "__this_var1"] {
        let (_, right) = lines(Script::Stap, &format!("e(int {name}) \"%d\""));
        assert_eq!(right, format!("  {name}_ = $arg1;"));
    }
}

#[test]
fn names_that_meet() {
    let (qemu, right) = lines(Script::Stap, "e(int if, int if_, int if__) \"%d %d %d\"");
    assert_eq!((qemu.as_str(), right.as_str()), ("  if_ = $arg1;", "  if___ = $arg1;"));
    let declaration = "e(const char *x, int argx_str) \"%s %d\"";
    assert!(made(Script::LogStap, declaration, &QEMU).contains("\n        argx_str = x ? "));
    assert!(made(Script::LogStap, declaration, &RIGHT).contains("\n        argx_str_ = x ? "));
    let declaration = "e(const char *x, int argx_len) \"%s %d\"";
    assert!(made(Script::SimpletraceStap, declaration, &QEMU).contains("\n    argx_len = strlen(argx_str)"));
    assert!(
        made(Script::SimpletraceStap, declaration, &RIGHT).contains("\n    argx_len_ = strlen(argx_str)")
    );
}

#[test]
fn const_behind_the_star() {
    let (qemu, right) = lines(Script::Stap, "e(char *const x) \"%s\"");
    assert_eq!((qemu.as_str(), right.as_str()), ("  const x = $arg1;", "  x = $arg1;"));
}

#[test]
fn signed_bytes() {
    let (qemu, right) = lines(Script::Stap, "e(int8_t x, uint8_t y) \"%d %d\"");
    assert_eq!((qemu.as_str(), right.as_str()), ("  x = $arg1;", "  x = ($arg1 << 56) >> 56;"));
}

#[test]
fn lengths() {
    check_print(&[
        ("(uint8_t a) \"%hhx\"", "%hhx\", a)", "%x\", a)"),
        ("(int a) \"%hhd\"", "%hhd\", a)", "%d\", ((a << 56) >> 56))"),
        ("(int a) \"%hu\"", "%hu\", a)", "%u\", (a & 0xffff))"),
        ("(long a) \"%li\"", "%li\", a)", "%i\", a)"),
        ("(long long a) \"%+lld\"", "%+lld\", a)", "%+d\", a)"),
        ("(uint64_t a) \"%-5lx\"", "%-5lx\", a)", "%-5x\", a)"),
        ("(ptrdiff_t a) \"%td\"", "%td\", a)", "%d\", a)"),
        ("(uint64_t a) \"%ju\"", "%ju\", a)", "%u\", a)"),
        ("(size_t a) \"%zX\"", "%zX\", a)", "%X\", a)"),
    ]);
}

#[test]
fn thirty_two_bits() {
    check_print(&[
        ("(int a) \"%x\"", "%x\", a)", "%x\", (a & 0xffffffff))"),
        ("(int a) \"%\" PRIu32", "%u\", a)", "%u\", (a & 0xffffffff))"),
        ("(uint32_t a) \"%d\"", "%d\", a)", "%d\", ((a << 32) >> 32))"),
    ]);
}

#[test]
fn flags() {
    check_print(&[
        ("(int a) \"%-+5d\"", "%-+5d\", a)", "%-5s\", sprintf(\"%+d\", a))"),
        ("(int a) \"%+05d\"", "%+05d\", a)", "%+.4d\", a)"),
        ("(unsigned a) \"%#x\"", "%#x\", a)", "%s\", (a ? sprintf(\"%#x\", a) : sprintf(\"%x\", a)))"),
        ("(int a) \"%08.3d\"", "%08.3d\", a)", "%8.3d\", a)"),
        ("(int a) \"%.0d\"", "%.0d\", a)", "%s\", (a ? sprintf(\"%d\", a) : \"\"))"),
    ]);
}

#[test]
fn amounts_below_zero() {
    check_print(&[
        (
            "(int w, int a) \"%*d\"",
            "%*d\", w, a)",
            "%s\", (w < 0 ? sprintf(\"%-*d\", -w, a) : sprintf(\"%*d\", w, a)))",
        ),
        ("(int w, int a) \"%*c\"", "%*c\", w, a)", "%*s%c%*s\", w - 1, \"\", a, -w - 1, \"\")"),
        ("(int p, const char *a) \"%.*s\"", "%.*s\", p, arga_str)", "%.*s\", (p < 0 ? 512 : p), arga_str)"),
    ]);
}

#[test]
fn strings_and_their_types() {
    check_print(&[
        ("(char const *a) \"%s\"", "%s\", a)", "%s\", arga_str)"),
        ("(const char *a) \"%p\"", "%p\", arga_str)", "%p\", a)"),
    ]);
    // in the binary format the type decides, by QEMU's rule
    assert_eq!(lines(Script::SimpletraceStap, "e(char const *a) \"%s\""), Default::default());
}

/// QEMU's scripts print the same of a string that cannot be read and of an empty one.
#[test]
fn faults() {
    for script in [Script::LogStap, Script::SimpletraceStap] {
        let (qemu, right) = lines(script, "e(const char *a) \"%s\"");
        assert_eq!(qemu, "    } catch {}");
        assert_eq!(right, "    } catch { arga_str = \"<fault>\" }");
    }
}

#[test]
fn literals() {
    check_print(&[
        ("(int a) \"\\x41\" \"1 %d\"", "\\x411 %d\", a)", "A1 %d\", a)"),
        ("(int a) \"\\x25\" \"d\"", "\\x25d\", a)", "%d\", a)"),
        ("(int a) \"%d\" PRId64", "%dd\", a)", "%dld\", a)"),
    ]);
}

#[test]
fn paths_and_prefixes() {
    let file = trace_events::parse("trace-events", b"e(int x) \"%d\"\n");
    let with = |binary, probe_prefix| {
        generate(Script::Stap, &file.events, &Options { binary, probe_prefix, bug_compatible: false })
    };
    assert!(with("/a \"b\\", "q.if.x86_64").unwrap().contains("process(\"/a \\\"b\\\\\").mark"));
    assert_eq!(with("", "p"), Err(Error::NoBinary));
    for binary in ["/a\nb", "/a\0b"] {
        assert!(matches!(with(binary, "p"), Err(Error::Binary { .. })), "{binary:?}");
    }
    for prefix in ["", "a.", ".a", "a..b", "a-b", "a b", "9a", "a.9", "a.*", "é", "a\n"] {
        let error = with("/b", prefix).unwrap_err();
        assert_eq!(error, Error::Prefix(prefix.to_owned()));
        assert!(error.to_string().starts_with(&format!("the probe prefix `{}`", prefix.escape_debug())));
    }
    // QEMU's own bytes are never checked
    let options = Options { binary: "a\"\n", probe_prefix: "a b", bug_compatible: true };
    assert!(
        generate(Script::Stap, &file.events, &options).unwrap().contains("probe a b.e = process(\"a\"\n\")")
    );
}

#[test]
fn macros_that_qemu_refuses() {
    let file = trace_events::parse("trace-events", b"e(int x) \"%\" FOO \"d\"\n");
    let error = generate(Script::LogStap, &file.events, &QEMU).unwrap_err();
    assert_eq!(error, Error::Macro { event: "e".to_owned(), line: 1, word: "FOO".to_owned() });
}
