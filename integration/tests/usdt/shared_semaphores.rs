//! A program in two languages, whose events share what `dtrace -G` makes: a tracer on either half switches both.

use crate::definitions::{Definitions, definition};
use crate::probes::Argument::{Signed, Text, Unsigned};
use crate::program::Program;
use crate::tool;
use ftrace::{Instance, Tracefs};
use integration::succeeds;
use std::path::Path;
use std::process::Command;

/// `trace_shared_read_enabled()` of Rust and `QEMU_SHARED_READ_ENABLED()` of C are true exactly while a tracer is attached to a
/// site of either, and each half hits its own site.
#[test]
fn semaphores_shared_with_c() {
    let test = "semaphores_shared_with_c";
    if !tool::are_there(test, &["cc", "dtrace"]) {
        return;
    }
    let Some(mut definitions) = Definitions::new(test) else { return };
    let program = Program::new(vec![]);
    link(program.folder());
    let notes = usdt::probes(&program.path()).unwrap();
    let sites: Vec<&usdt::Probe> =
        notes.iter().filter(|note| (&*note.provider, &*note.name) == ("qemu", "shared_read")).collect();
    let [one, other] = sites[..] else { panic!("C's and Rust's: {notes:#?}") };
    assert!(one.semaphore.is_some() && one.semaphore == other.semaphore, "{one:#?} {other:#?}");

    // which is whose, the values tell
    let declared = &[Unsigned(8, [0; 2]), Signed(2, [0; 2]), Text([None; 2])];
    let groups = [one, other].map(|site| {
        let group = Definitions::new_group();
        definitions.define(&format!("{group}/read"), &definition(&program.path(), site, declared));
        group
    });
    let instance = Instance::create(&Tracefs::find().unwrap()).unwrap();
    let mut running = program.start();
    let both = ["C:shared_read".to_owned(), "Rust:shared_read".to_owned()];
    let mut seen = Vec::new();
    for (number, group) in groups.iter().enumerate() {
        let switch = format!("events/{group}/enable");
        instance.write(&switch, "1").unwrap();
        running.wait_until_on(&both);
        running.hit(2);
        instance.write(&switch, "0").unwrap();
        running.wait_until_on(&[]);
        running.hit(1);
        let trace = instance.read("trace").unwrap();
        instance.write("trace", "").unwrap();
        let (language, delta) = if trace.contains("\"C\"") { ("C", -1) } else { ("Rust", -2) };
        let hits = trace.lines().filter_map(|line| line.split_once(": (0x")?.1.split_once(") "));
        let said: Vec<&str> = hits.map(|(_, values)| values).collect();
        let line = |sector: usize| format!("a0={sector} a1={delta} a2=\"{language}\"");
        assert_eq!(said, [line(3 * number), line(3 * number + 1)], "{trace}");
        seen.push(language);
    }
    seen.sort_unstable();
    assert_eq!(seen, ["C", "Rust"]);

    // two tracers: the event is on until both are gone
    let switches = groups.map(|group| format!("events/{group}/enable"));
    for (switch, value, on) in [
        (&switches[0], "1", &both[..]),
        (&switches[1], "1", &both),
        (&switches[0], "0", &both),
        (&switches[1], "0", &[]),
    ] {
        instance.write(switch, value).unwrap();
        running.wait_until_on(on);
    }
    instance.remove().unwrap();
}

/// Makes the program, as a build of a VMM in two languages does, dropping all sections that nobody refers to.
fn link(folder: &Path) {
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).join("shared");
    let mut cargo = Command::new(env!("CARGO"));
    cargo.args(["build", "--quiet", "--package", "vmtrace-shared", "--target-dir"]).arg(&target);
    succeeds(cargo.current_dir(env!("CARGO_MANIFEST_DIR")), b"");
    let library = target.join("debug/libshared.a");

    // `cargo build --workspace --bins` has put it beside the tests' folder
    let tracetool = std::env::current_exe().unwrap().ancestors().nth(2).unwrap().join("tracetool");
    assert!(tracetool.is_file(), "no {}: cargo build --workspace --bins", tracetool.display());
    let sources = Path::new(env!("CARGO_MANIFEST_DIR")).join("shared");
    let (events, main) = (sources.join("trace-events"), sources.join("main.c"));
    let (events, main) = (events.to_str().unwrap(), main.to_str().unwrap());
    for step in [
        vec![
            tracetool.to_str().unwrap(),
            "--format=d",
            "--backends=dtrace",
            "--group=shared",
            events,
            "shared.d",
        ],
        vec!["dtrace", "-h", "-s", "shared.d", "-o", "shared.h"],
        vec!["dtrace", "-G", "-s", "shared.d", "-o", "shared.o"],
        vec!["cc", "-O2", "-Wall", "-Werror", "-I.", "-c", main, "-o", "main.o"],
        vec![
            "cc",
            "-Wl,--gc-sections",
            "main.o",
            "shared.o",
            library.to_str().unwrap(),
            "-lpthread",
            "-ldl",
            "-lm",
            "-lgcc_s",
            "-o",
            "program",
        ],
    ] {
        succeeds(Command::new(step[0]).args(&step[1..]).current_dir(folder), b"");
    }
}
