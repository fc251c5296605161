//! Where the default is not QEMU's: declarations, C, the probes of `d` and LTTng. And that it is so nowhere else.

use std::fs;
use std::path::Path;
use trace_events::Event;
use tracetool::Format::{C, D, H, UstEventsC, UstEventsH as Ust};
use tracetool::{Backend, Error, Format, Group, Request};

fn group(name: &str, file: &str, declarations: &str) -> Group {
    Group::new(name, vec![(file.to_owned(), trace_events::parse(file, declarations.as_bytes()))])
}

/// With the backend that has the most to say in `format`.
fn make(group: &Group, format: Format, bug_compatible: bool) -> Result<String, Error> {
    let backend = match format {
        H => Backend::Log,
        C => Backend::Simple,
        D => Backend::Dtrace,
        _ => Backend::Ust,
    };
    Request { bug_compatible, ..Request::new(group, format, &[backend]) }.generate()
}

/// What no right code can be made of: the rule, declarations, what QEMU's header has of them, our error and its place.
#[rustfmt::skip]
const REFUSED: &[(&str, &str, &str, &str)] = &[
    ("conversion-kind", r#"a(int x) "x %s""#, r#""x %s" "\n", x);"#, "1:13: error: %s takes a string, but `x` is int"),
    ("conversion-count", r#"a(int x) "x %d %d""#, r#""x %d %d" "\n", x);"#, "1:16: error: there is no argument"),
    ("conversion-count", r#"a(int x) "x""#, r#""x" "\n", x);"#, "1:3: error: the format does not print `x`"),
    ("format-macro", r#"a(int x) "x %d" junk"#, r#""x %d" junk "\n", x);"#, "1:17: error: junk"),
    ("junk", r#"a(int x) "x %d" , 5"#, r#""x %d" , 5 "\n", x);"#, "1:17: error: nothing may stand behind"),
    ("duplicate-argument", r#"a(int x, int x) "%d %d""#, "trace_a(int x, int x)", "1:10: error: there is an argument"),
    ("duplicate-event", "a(void) \"\"\na(void) \"\"", "_A_EVENT;\nextern TraceEvent _TRACE_A_", "2:1: error: `a` is"),
    ("name", r#"9a(void) """#, "void trace_9a(void)", "1:1: error: C could have nothing of the name `9a`"),
    ("unknown-conversion", r#"a(int x) "%y""#, r#""%y" "\n", x);"#, "1:11: error: `%y` is no conversion"),
    ("escape", r#"a(void) "\q""#, r#""\q" "\n");"#, "1:10: error: "),
    ("missing-format", "a(int x)", r#"("a "  "\n", x);"#, "1:9: error: a format in quotes should stand here"),
];

#[test]
fn what_qemu_takes_and_we_refuse() {
    for &(rule, declarations, qemu, ours) in REFUSED {
        let group = group("g", "events", &format!("{declarations}\n"));
        let qemus = make(&group, H, true).unwrap_or_else(|error| panic!("{rule}: {error}"));
        assert!(qemus.contains(qemu), "{rule}, to QEMU's bytes:\n{qemus}");
        for format in [H, C, D, UstEventsC, Ust] {
            let error = make(&group, format, false).unwrap_err().to_string();
            assert!(
                error.starts_with(&format!("events:{ours}")) && error.contains(&format!("[{rule}]\n")),
                "{rule}: {error}"
            );
        }
    }
}

/// `syntax`: QEMU refuses it as well, without the place.
#[test]
fn what_qemu_refuses_too() {
    for bug_compatible in [true, false] {
        let error = make(&group("g", "events", "this is not an event\n"), H, bug_compatible).unwrap_err();
        let error = error.to_string();
        assert!(
            error.starts_with("events:1:1: error: this is no event") && error.contains("[syntax]\n"),
            "{error}"
        );
    }
}

/// `name-collisions`: two events, the header that QEMU makes of them, and what our error names.
#[test]
fn names_that_collide() {
    for (declarations, qemu, ours) in [
        (
            "x(int a) \"%d\"\nx_enabled(void) \"\"",
            "#define TRACE_X_ENABLED_ENABLED 1",
            &["`x`", "`x_enabled`"][..],
        ),
        ("x(void) \"\"\nX(void) \"\"", "static inline void trace_X(void)", &["`x`", "`X`"]),
        (
            "event_get_state(void) \"\"",
            "static inline void trace_event_get_state(void)",
            &["`event_get_state`"],
        ),
    ] {
        let group = group("g", "events", &format!("{declarations}\n"));
        let qemus = make(&group, H, true).unwrap();
        assert!(qemus.contains(qemu), "{qemus}");
        for format in [H, C] {
            let error = make(&group, format, false).unwrap_err().to_string();
            assert!(
                ours.iter().all(|name| error.contains(name)) && error.ends_with(": rename it"),
                "{error}"
            );
        }
    }
}

/// Each difference in what is made: its name, the format, the group, a declaration, what QEMU has, what we have.
#[rustfmt::skip]
const DIFFERENCES: &[(&str, Format, &str, &str, &str, &str)] = &[
    ("argument-keyword", H, "g", r#"a(int auto) "%d""#, "trace_a(int auto)", "trace_a(int auto_)"),
    ("argument-keyword", H, "g", r#"a(int auto) "%d""#, r#""\n", auto);"#, r#""\n", auto_);"#),
    ("argument-keyword", C, "g", r#"a(int auto) "%d""#, "(uint64_t)auto);", "(uint64_t)auto_);"),
    ("argument-keyword", Ust, "g", r#"a(int auto) "%d""#, "(int, auto)", "(int, auto_)"),
    ("argument-taken", C, "g", r#"a(int rec) "%d""#, "(uint64_t)rec);", "(uint64_t)rec_);"),
    ("argument-taken", C, "g", r#"a(int uint32_t) "%d""#, "a(int uint32_t)", "a(int uint32_t_)"),
    ("argument-taken", H, "g", r#"a(int rec, int rec_) "%d%d""#, ", rec, rec_)", ", rec__, rec_)"),
    ("group-name", H, "a-b", r#"a(void) """#, "#ifndef TRACE_A-B_GENERATED", "#ifndef TRACE_A_B_GENERATED"),
    ("group-name", H, "a-b", r#"a(void) """#, "/* TRACE_A-B_GENERATED", "/* TRACE_A_B_GENERATED"),
    ("group-name", C, "a-b", r#"a(void) """#, "*a-b_trace_events[] =", "*a_b_trace_events[] ="),
    ("group-name", C, "a-b", r#"a(void) """#, "(trace_a-b_register_events)", "(trace_a_b_register_events)"),
    ("group-name", Ust, "a-b", r#"a(void) """#, "(TRACE_A-B_GENERATED_UST_H)", "(TRACE_A_B_GENERATED_UST_H)"),
    ("long-long-int", D, "g", r#"a(long long int x) "%lld""#, "a(int64_t int x)", "a(int64_t x)"),
    ("long-long-int", D, "g", r#"a(unsigned long long int x) "%llu""#, "a(uint64_t int x)", "a(uint64_t x)"),
    ("lost-argument", Ust, "all", r#"a(int a, unsigned b) "%-4d %x""#, "a)\n   )", "_hex(unsigned, b, b)\n   )"),
    ("lost-argument", Ust, "all", r#"a(int w, int x) "%*d""#, "S(\n   )", "w)\n       ctf_integer(int, x, x)\n   )"),
    ("base", Ust, "all", r#"a(int x, int y) "%dx%d""#, "ctf_integer_hex(int, x", "ctf_integer(int, x"),
    ("base", Ust, "all", r#"a(int a, unsigned b) "%-4d %x""#, "ctf_integer_hex(int, a", "ctf_integer(int, a"),
    ("base", Ust, "all", r#"a(int x) "50%%x %d""#, "ctf_integer_hex(int, x", "ctf_integer(int, x"),
    ("base", Ust, "all", r#"a(int x) "%%d %x""#, "ctf_integer(int, x", "ctf_integer_hex(int, x"),
    ("base", Ust, "all", r#"a(uint8_t x) "0x%02" PRIx8"#, "ctf_integer(uint8_t, x", "ctf_integer_hex(uint8_t, x"),
    ("lost-type", Ust, "all", r#"a(char x) "%c""#, "FIELDS(\n   )", "ctf_integer(char, x, x)"),
    ("lost-type", Ust, "all", r#"a(signed char x) "%d""#, "FIELDS(\n   )", "ctf_integer(signed char, x, x)"),
    ("lost-type", Ust, "all", r#"a(short x) "%d""#, "FIELDS(\n   )", "ctf_integer(short, x, x)"),
    ("lost-type", Ust, "all", r#"a(signed x) "%d""#, "FIELDS(\n   )", "ctf_integer(signed, x, x)"),
    ("no-string", Ust, "all", r#"a(unsigned char *x) "%p""#, "ctf_string(x", "ctf_integer_hex(unsigned char *, x"),
    ("no-string", Ust, "all", r#"a(char **x) "%p""#, "ctf_string(x", "ctf_integer_hex(char **, x"),
    ("own-header", Ust, "g", r#"a(void) """#, "INCLUDE \"./trace-ust.h\"", "INCLUDE \"./trace-ust-g.h\""),
    ("own-header", UstEventsC, "g", r#"a(void) """#, "#include \"trace-ust-all.h\"", "#include \"trace-ust-g.h\""),
];

#[test]
fn each_difference_is_there() {
    for &(name, format, group_name, declaration, qemu, ours) in DIFFERENCES {
        let group = group(group_name, "events", &format!("{declaration}\n"));
        let [qemus, made] = [true, false].map(|bug_compatible| make(&group, format, bug_compatible).unwrap());
        assert!(
            qemus.contains(qemu) && !qemus.contains(ours),
            "{name}: {declaration}, to QEMU's bytes:\n{qemus}"
        );
        assert!(made.contains(ours) && !made.contains(qemu), "{name}: {declaration}\n{made}");
    }
}

/// `disabled`: QEMU's tracepoint of it is one that nothing ever hits.
#[test]
fn a_disabled_event_is_no_tracepoint() {
    let group = group("all", "events", "disable a(int x) \"%d\"\n");
    let count =
        |bug_compatible| make(&group, Ust, bug_compatible).unwrap().matches("TRACEPOINT_EVENT(").count();
    assert_eq!((count(true), count(false)), (1, 0));
}

/// `repeated-backend`: two functions of one name are no C.
#[test]
fn a_backend_named_twice_is_there_once() {
    let group = group("g", "events", "a(void) \"\"\n");
    for (format, text) in [(C, "\nvoid _simple_trace_a(void)\n{"), (H, "        _simple_trace_a();")] {
        let count = |bug_compatible| {
            let twice = [Backend::Simple, Backend::Log, Backend::Simple];
            let request = Request { bug_compatible, ..Request::new(&group, format, &twice) };
            request.generate().unwrap().matches(text).count()
        };
        assert_eq!((count(true), count(false)), (2, 1));
    }
}

/// `file-name`: one with a newline ends QEMU's `#line`, and what follows is C.
#[test]
fn a_files_name_stays_on_its_line() {
    let name = "x\nint injected;\r#line 1 \"y";
    for backends in [[Backend::Log], [Backend::Ftrace], [Backend::Syslog]] {
        let group = group("g", name, "a(void) \"\"\n");
        let request = Request { output: name, ..Request::new(&group, H, &backends) };
        let header = request.generate().unwrap();
        let line = r#" "x\012int injected;\015#line 1 \"y""#;
        assert_eq!(header.lines().filter(|made| made.ends_with(line)).count(), 2, "{header}");
        let qemus = Request { bug_compatible: true, ..request }.generate().unwrap();
        assert!(qemus.contains("\nint injected;"), "{qemus}");
    }
}

/// An event without a body: QEMU's compiler is told to take it, so that ours need not be.
#[test]
fn a_disabled_event_of_ours_has_no_unused_parameter() {
    let group = group("g", "events", "disable a(int x, int y) \"%d %d\"\n");
    for (backend, body) in
        [(Backend::Vmtrace, "{\n    (void)x;\n    (void)y;\n}\n"), (Backend::Log, "{\n}\n")]
    {
        let header = Request::new(&group, H, &[backend]).generate().unwrap();
        assert!(header.contains(body), "{header}");
    }
}

/// A group's odd name changes no file's.
#[test]
fn file_names_keep_the_groups() {
    let group = group("a-b", "events", "a(void) \"\"\n");
    let request = Request::new(&group, H, &[Backend::Ust]);
    for bug_compatible in [true, false] {
        let header = Request { bug_compatible, ..request }.generate().unwrap();
        assert!(header.contains("#include \"trace-ust-a-b.h\"\n"), "{header}");
        let source = make(&group, C, bug_compatible).unwrap();
        assert!(source.contains("#include \"trace-a-b.h\"\n"), "{source}");
    }
}

/// Takes the differences out again: what is left is QEMU's, to the byte.
#[test]
fn nothing_else_differs() {
    let material = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/conformance/qemu-10.2");
    if !material.is_dir() {
        eprintln!("SKIP nothing_else_differs: no ../shared/conformance");
        return;
    }
    let mut compared = 0;
    for folder in fs::read_dir(material).unwrap().map(|folder| folder.unwrap().path()) {
        let name = folder.file_name().unwrap().to_str().unwrap();
        let declarations = fs::read_to_string(folder.join("trace-events")).unwrap();
        // the tracepoints of disabled events are undone by what they would be if they were not
        let enabled: Vec<&str> =
            declarations.lines().map(|line| line.strip_prefix("disable ").unwrap_or(line)).collect();
        let enabled = group(name, "trace-events", &(enabled.join("\n") + "\n"));
        let declared = group(name, "trace-events", &declarations);
        for file in fs::read_dir(&folder).unwrap().map(|file| file.unwrap().path()) {
            let output = file.file_name().unwrap().to_str().unwrap();
            let Some((backends, format)) = output.split_once('.') else { continue };
            let format = Format::from_name(format).unwrap();
            let is_ust = matches!(format, UstEventsC | Ust);
            if !is_ust && !matches!(format, C | D | H) {
                continue;
            }
            let backends: Vec<Backend> =
                backends.split(',').map(|backend| Backend::from_name(backend).unwrap()).collect();
            let group = if is_ust { &enabled } else { &declared };
            let made = Request { output, ..Request::new(group, format, &backends) }.generate().unwrap();
            let made = match format {
                UstEventsC => made.replace(&format!("\"trace-ust-{name}.h\""), "\"trace-ust-all.h\""),
                Ust => undo_tracepoints(&made, group),
                _ => made,
            };
            // in `d` the names are QEMU's own
            let has_others = (name == "keywords" || name.contains('-')) && format != D;
            let undone = if has_others { undo_names(&made, group) } else { made };
            if format == Ust {
                let tracepoints = make(&declared, Ust, false).unwrap().matches("TRACEPOINT_EVENT(").count();
                assert_eq!(
                    tracepoints,
                    declared.events().filter(|(_, event)| !event.properties.disable).count()
                );
            }
            let qemus = fs::read_to_string(&file).unwrap();
            let differing = undone.lines().zip(qemus.lines()).find(|(undone, qemus)| undone != qemus);
            assert!(undone == qemus, "{}: {differing:?}", file.display());
            compared += 1;
        }
    }
    assert!(compared >= 50 * 19, "only {compared} outputs");
}

/// `argument-keyword`, `argument-taken` and `group-name`: takes the `_` off again.
fn undo_names(text: &str, group: &Group) -> String {
    let is_argument =
        |word: &str| group.events().any(|(_, event)| event.args.iter().any(|arg| arg.name == word));
    let is_word = |c: char| c.is_alphanumeric() || c == '_';
    let mut undone = String::new();
    for piece in text.split_inclusive(|c| !is_word(c)) {
        let word = piece.trim_end_matches(|c| !is_word(c));
        match (word.strip_suffix('_'), word.strip_prefix("arg").and_then(|rest| rest.strip_suffix("__len"))) {
            (Some(name), _) if is_argument(name) => undone += name,
            (_, Some(name)) if is_argument(name) => undone.extend(["arg", name, "_len"]),
            _ => undone += word,
        }
        undone += &piece[word.len()..];
    }
    let (name, made) = (group.name(), group.name().replace('-', "_"));
    let [upper, made_upper] = [name, &made].map(str::to_uppercase);
    undone
        .replace(&format!("TRACE_{made_upper}_GENERATED"), &format!("TRACE_{upper}_GENERATED"))
        .replace(&format!("{made}_trace_events"), &format!("{name}_trace_events"))
        .replace(&format!("trace_{made}_register_events"), &format!("trace_{name}_register_events"))
}

/// `own-header`, and of each tracepoint the differences of its fields.
fn undo_tracepoints(text: &str, group: &Group) -> String {
    let own = format!("\"./trace-ust-{}.h\"", group.name());
    let mut undone = String::new();
    let mut events = group.events().map(|(_, event)| event);
    for (index, piece) in text.split("TRACEPOINT_EVENT(").enumerate() {
        if index == 0 {
            undone += &piece.replace(&own, "\"./trace-ust.h\"");
            continue;
        }
        let event = events.next().unwrap();
        undone += "TRACEPOINT_EVENT(";
        let mut fields = 0;
        for line in piece.split_inclusive('\n') {
            if line.starts_with("       ctf_") {
                undone += &undo_field(line, event, fields);
                fields += 1;
            } else {
                undone += line;
            }
        }
        assert_eq!(fields, event.args.len(), "{} has not a field for each argument", event.name);
    }
    undone
}

fn undo_field(field: &str, event: &Event, index: usize) -> String {
    let ctype = event.args[index].ctype.spelling();
    let Some(&conversion) = qemus_scan(&event.rest_of_line).get(index) else {
        return String::new(); // lost-argument
    };
    if field.contains("ctf_string") || ctype.contains("ptr") {
        return field.to_owned();
    }
    if ctype.contains('*') {
        let is_qemus = field.contains("ctf_integer_hex(") && ctype.contains("char *");
        let as_string = || field.replace(&format!("ctf_integer_hex({ctype}, "), "ctf_string(");
        return if is_qemus { as_string() } else { field.to_owned() }; // no-string
    }
    let field = field.replace("ctf_integer_hex", "ctf_integer");
    if conversion.contains("%p") || conversion.contains('x') {
        field.replace("ctf_integer", "ctf_integer_hex") // base
    } else if matches!(ctype.trim_start_matches("const "), "char" | "signed char" | "short" | "signed") {
        String::new() // lost-type
    } else {
        field
    }
}

/// The conversions that QEMU sees: `%`, digits and dots, word characters, digits too; without these, all up to a
/// `PRI` and on to the next blank.
fn qemus_scan(format: &str) -> Vec<&str> {
    let mut found = Vec::new();
    let mut rest = format;
    while let Some(at) = rest.find('%') {
        rest = &rest[at..];
        let word = rest[1..].trim_start_matches(|c: char| c.is_ascii_digit() || c == '.');
        let behind = word.trim_start_matches(|c: char| c.is_alphanumeric() || c == '_');
        let digits = rest[1..rest.len() - word.len()].ends_with(|c: char| c.is_ascii_digit());
        let end = if digits || behind.len() < word.len() {
            rest.len() - behind.len()
        } else if let Some(at) = rest.find("PRI") {
            rest[at..].find(char::is_whitespace).map_or(rest.len(), |blank| at + blank)
        } else {
            1
        };
        if end > 1 {
            found.push(&rest[..end]);
        }
        rest = &rest[end..];
    }
    found
}
