//! The language: every rule against its expected diagnostics, QEMU's own files, and any bytes at all.

use proptest::prelude::*;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use trace_events::{File, Part, Rule, lint_groups, lint_style, lint_tcg, parse};

fn told_of(file: &File) -> String {
    let mut output = String::new();
    for diagnostic in &file.diagnostics {
        writeln!(output, "{diagnostic}\n").unwrap();
    }
    output
}

/// `NAME.trace-events` gives what `NAME.txt` holds. `UPDATE_EXPECT=1 cargo test` writes the latter anew.
#[test]
fn diagnostics_are_as_expected() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/diagnostics");
    let mut told = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let input = entry.unwrap().path();
        if input.extension().is_none_or(|extension| extension != "trace-events") {
            continue;
        }
        let name = input.file_name().unwrap().to_str().unwrap();
        let file = parse(name, &fs::read(&input).unwrap());
        let style = File { diagnostics: lint_style(name, &file), ..File::default() };
        let output = told_of(&file) + &told_of(&style);
        let expected = input.with_extension("txt");
        if std::env::var_os("UPDATE_EXPECT").is_some() {
            fs::write(&expected, &output).unwrap();
        }
        assert_eq!(output, fs::read_to_string(&expected).unwrap(), "{}", expected.display());
        told.extend(file.diagnostics.iter().chain(&style.diagnostics).map(|diagnostic| diagnostic.rule));
    }
    for rule in Rule::ALL {
        let elsewhere = matches!(
            rule,
            Rule::NotUtf8
                | Rule::DuplicateAcrossGroups
                | Rule::Tcg
                // tracetool's
                | Rule::NameCollision
                | Rule::NamePrefix
                | Rule::UnusedEvent
                | Rule::UndeclaredEvent
                | Rule::UnknownLint
        );
        assert!(elsewhere || told.contains(rule), "no case for {rule:?}");
    }
}

#[test]
fn bytes_that_are_not_utf8_spoil_their_line_alone() {
    let file = parse("x", b"a(void) \"\"\nb(void) \"\xff\"\nc(void) \"\"\n");
    assert_eq!(file.events.iter().map(|event| event.name.as_str()).collect::<Vec<_>>(), ["a", "c"]);
    assert_eq!(file.diagnostics[0].rule, Rule::NotUtf8);
    assert_eq!((file.diagnostics[0].place.line, file.diagnostics[0].place.column), (2, 10));
}

#[test]
fn what_is_of_tcg_events_is_told_on_demand() {
    let source = b"vcpu tcg a(TCGv b) \"\", \"%x\"\nvcpu c(void) \"\"\nd(TCGv e) \"%x\"\nf(int g) \"%d\"\n";
    let file = parse("x", source);
    assert!(!file.has_errors(), "{:?}", file.diagnostics);
    let told: Vec<String> = lint_tcg("x", &file)
        .iter()
        .map(|found| found.to_string().lines().next().unwrap_or_default().to_owned())
        .collect();
    assert_eq!(
        told,
        [
            "x:1:10: error: `a` has the property `tcg`, of QEMU 5's TCG events: only the formats tcg-* take it, QEMU 7 dropped it [tcg]",
            "x:2:6: error: `c` has the property `vcpu`, of QEMU 5's TCG events: only the formats tcg-* take it, QEMU 7 dropped it [tcg]",
            "x:3:1: error: `d` has an argument of type TCGv, of QEMU 5's TCG events: only the formats tcg-* take it, QEMU 7 dropped it [tcg]",
        ]
    );
}

#[test]
fn a_name_of_two_groups_is_a_lint_and_of_two_files_an_error() {
    let one = parse("one", b"a(void) \"\"\n");
    let two = parse("two", b"a(void) \"\"\n");
    let across = lint_groups(&[("g", &[("one", &one)]), ("h", &[("two", &two)])]);
    assert_eq!(across.iter().map(|found| found.rule).collect::<Vec<_>>(), [Rule::DuplicateAcrossGroups]);
    let within = lint_groups(&[("g", &[("one", &one), ("two", &two)])]);
    assert_eq!(within.iter().map(|found| found.rule).collect::<Vec<_>>(), [Rule::DuplicateEvent]);
    assert_eq!(within[0].place.file.as_ref(), "two");
}

#[test]
fn formats_are_taken_apart() {
    let file = parse("x", b"e(uint64_t a, int w, int b) \"\\t100%% 0x%08\" PRIx64 \"=\" \"%-*d\\x41\"\n");
    assert!(!file.has_errors(), "{:?}", file.diagnostics);
    let shown: Vec<String> = file.events[0]
        .format
        .parts
        .iter()
        .map(|part| match part {
            Part::Literal(bytes) => String::from_utf8(bytes.clone()).unwrap(),
            Part::Conversion(conversion) => conversion.source.clone(),
        })
        .collect();
    assert_eq!(shown, ["\t100% 0x", "%08\" PRIx64", "=", "%-*d", "A"]);
}

/// QEMU's files, where they lie beside the project.
#[test]
fn all_of_qemus_files_parse_without_an_error() {
    let shared = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared");
    let mut inputs = vec![shared.join("samples/qemu-10.2-simple/trace-events-all")];
    for corpus in ["conformance/qemu-10.2", "conformance/qemu-5.2-tcg"] {
        let Ok(folders) = fs::read_dir(shared.join(corpus)) else {
            return eprintln!("SKIP all_of_qemus_files_parse_without_an_error: no {corpus} in ../shared");
        };
        inputs.extend(folders.map(|folder| folder.unwrap().path().join("trace-events")));
    }
    let mut events = 0;
    for input in &inputs {
        let source = fs::read(input).unwrap();
        let file = parse(&input.display().to_string(), &source);
        assert!(!file.has_errors(), "{}", told_of(&file));
        let declarations = String::from_utf8(source).unwrap();
        let declarations =
            declarations.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
        assert_eq!(file.events.len(), declarations.count(), "{}", input.display());
        events += file.events.len();
    }
    assert!(events > 5000, "{events}");
}

proptest! {
    #[test]
    fn any_bytes(source: Vec<u8>) {
        let _ = parse("any", &source);
    }

    #[test]
    fn any_text_of_the_languages_letters(source in "([ -~\\n\\t\"%(),*é]|disable |tcg |void|int |char|PRIx64|%08x|\\\\){0,80}") {
        let file = parse("any", source.as_bytes());
        for diagnostic in lint_style("any", &file).into_iter().chain(file.diagnostics) {
            prop_assert!(diagnostic.place.line as usize <= source.split('\n').count());
            prop_assert!(!diagnostic.to_string().is_empty());
        }
    }

    /// A line of any length has at most as many faults as are worth reading, each with a bounded excerpt: this is what
    /// keeps memory linear.
    #[test]
    fn many_faults_of_one_line(fault in "%y|%\" FOO \"|\\\\q|%n|word ", times in 1usize..3000) {
        let faults = fault.repeat(times);
        let source = if fault == "word " { format!("{faults}e(void) \"\"\n") } else { format!("e(void) \"{faults}\"\n") };
        let file = parse("long", source.as_bytes());
        prop_assert!(file.diagnostics.len() <= 20);
        prop_assert!(file.diagnostics.iter().all(|diagnostic| diagnostic.to_string().len() < 1000));
    }
}
