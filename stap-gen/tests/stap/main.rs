//! The real `stap` takes every default script, to the end of its second pass, against a binary with the marks.

mod harness;
mod session;

use harness::{Group, Stap};
use stap_gen::Script;
use std::fs;
use std::path::{Path, PathBuf};
use std::thread;
use trace_events::Event;

/// Names that are reserved or SystemTap's own, and conversions that its `printf` refuses or has another meaning for.
const EVENTS: &str = include_str!("all.trace-events");

#[test]
fn takes_every_script() {
    let file = trace_events::parse("all.trace-events", EVENTS.as_bytes());
    assert!(!file.has_errors(), "{:#?}", file.diagnostics);
    let Some(stap) = Stap::new("takes_every_script") else { return };
    check(&stap, &file.events);
}

/// Every folder at hand, QEMU's and made ones: none of their events needs what SystemTap has not. What is left out is what
/// tracetool refuses for a script: `tcg` events and arguments of the type `TCGv`, which no C has.
#[test]
fn takes_qemus_events() {
    let conformance = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/conformance");
    if !conformance.is_dir() {
        eprintln!("SKIP takes_qemus_events: no ../shared/conformance");
        return;
    }
    let Some(stap) = Stap::new("takes_qemus_events") else { return };
    let folders =
        ["qemu-10.2", "qemu-5.2-tcg"].map(|version| fs::read_dir(conformance.join(version)).unwrap());
    let folders = folders.into_iter().flatten().map(|folder| folder.unwrap().path());
    let mut tcg = Vec::new();
    let groups: Vec<(String, PathBuf, Vec<Event>)> = folders
        .enumerate()
        .map(|(number, folder)| {
            let source = fs::read(folder.join("trace-events")).unwrap();
            let file = trace_events::parse(&folder.to_string_lossy(), &source);
            assert!(!file.has_errors(), "{:#?}", file.diagnostics);
            let mut events = file.events;
            events.retain(|event| !event.properties.disable);
            let is_tcg =
                |event: &Event| event.properties.tcg || event.args.iter().any(|arg| arg.ctype.is_tcg());
            tcg.extend(events.iter().filter(|event| is_tcg(event)).map(|event| event.name.clone()));
            events.retain(|event| !is_tcg(event));
            let binary = stap.binary(&format!("vmm-{number}"), &events);
            (format!("vmm.if.f{number}"), binary, events)
        })
        .collect();
    assert!(groups.len() >= 41, "{}", groups.len());
    assert_eq!(tcg, ["guest_mem_before", "block_start", "reg_write"]);
    assert!(groups.iter().any(|(_, _, events)| events.iter().any(|event| event.name == "plain_vcpu")));
    let groups: Vec<Group<'_>> = groups
        .iter()
        .map(|(prefix, binary, events)| Group { binary, events, prefix })
        .filter(|group| !group.events.is_empty())
        .collect();
    // a whole pass takes a second before it comes to the script
    thread::scope(|scope| {
        for script in [Script::LogStap, Script::SimpletraceStap] {
            let (stap, groups) = (&stap, &groups);
            scope.spawn(move || stap.pass_2(script, groups, false).unwrap());
        }
    });
}

/// QEMU's script of each of these is refused, with the words that are given.
#[test]
fn refuses_qemus_scripts() {
    let cases = [
        ("(int private) \"%d\"", "parse error: expected statement"),
        ("(int printf) \"%d\"", "parse error: expected '('"),
        ("(int argv) \"%d\"", "inconsistent arity"),
        ("(const char *x, int argx_str) \"%s %d\"", "type mismatch"),
        ("(uint8_t x) \"%hhx\"", "invalid or missing conversion specifier"),
        ("(long long x) \"%llX\"", "invalid or missing conversion specifier"),
        ("(ptrdiff_t x) \"%td\"", "invalid or missing conversion specifier"),
        ("(int x) \"%-+5d\"", "invalid or missing conversion specifier"),
        ("(int w, int x) \"%+0*d\"", "invalid or missing conversion specifier"),
        ("(char const *x) \"%s\"", "type mismatch"),
        ("(const char *x) \"%p\"", "type mismatch"),
        ("(char *const x) \"%s\"", "parse error"),
    ];
    let Some(stap) = Stap::new("refuses_qemus_scripts") else { return };
    let mut all = Vec::new();
    for (number, (declaration, words)) in cases.iter().enumerate() {
        let file = trace_events::parse("trace-events", format!("event_{number}{declaration}\n").as_bytes());
        let binary = stap.binary("one", &file.events);
        let group = Group { binary: &binary, events: &file.events, prefix: "vmm.if" };
        let told = stap.pass_2(Script::LogStap, &[group], true).expect_err(declaration);
        assert!(told.contains(words), "{declaration}: {told}");
        all.extend(file.events);
    }
    check(&stap, &all);
}

/// A path that needs escapes is found; a pattern would find it as well.
#[test]
fn finds_odd_paths() {
    let file = trace_events::parse("trace-events", b"a(int x) \"%d\"\n");
    let Some(stap) = Stap::new("finds_odd_paths") else { return };
    for name in ["a b", "a\"b", "a\\b", "a%db", "$a", "é", "a\tb", "a'b"] {
        let binary = stap.binary(name, &file.events);
        let group = Group { binary: &binary, events: &file.events, prefix: "vmm" };
        stap.pass_2(Script::LogStap, &[group], false).unwrap();
    }
}

fn check(stap: &Stap, events: &[Event]) {
    let binary = stap.binary("vmm", events);
    for script in [Script::LogStap, Script::SimpletraceStap] {
        let group = Group { binary: &binary, events, prefix: "vmm.if" };
        stap.pass_2(script, &[group], false).unwrap();
    }
}
