//! `vmtrace probes`

use crate::scratch::{Ran, Scratch, VMTRACE};
use serde_json::{Value, json};
use std::process::{Command, Stdio};

/// A small library with two probes.
const LIBRARY: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../usdt/fuzz/seeds/x86_64");

#[test]
fn a_line_a_site() {
    let ran = Scratch::new("probes").run(&["probes", LIBRARY]);
    assert_eq!((ran.status, ran.told.as_str()), (Some(0), ""), "{ran:?}");
    assert_eq!(ran.out, include_str!("probes.txt"));
}

#[test]
fn an_object_a_site() {
    let ran = Scratch::new("probes-json").run(&["probes", "--json", LIBRARY]);
    let objects: Vec<Value> = ran.out.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    assert_eq!((ran.status, objects.len()), (Some(0), 2), "{ran:?}");
    let first = &objects[0];
    for (key, value) in [
        ("file", json!(LIBRARY)),
        ("provider", json!("p")),
        ("name", json!("n")),
        ("machine", json!("x86_64")),
        ("address", json!(0x2a3)),
        ("offset", json!(0x2a3)),
        ("semaphore", json!({ "address": 0x2002, "offset": 0x1002 })),
    ] {
        assert_eq!(first[key], value, "{key}");
    }
    assert_eq!(
        first["arguments"][5],
        json!({ "size": 8, "kind": "signed", "spelling": "-8@-72(%rsp,%rax,8)", "place": { "memory": {
            "base": "rsp", "displacement": -72, "index": { "register": "rax", "scale": 8, "extend": "whole" },
            "segment": null, "symbol": null,
        } } })
    );
}

#[test]
fn of_a_process() {
    let scratch = Scratch::new("probes-process");
    let source = "#include <sys/sdt.h>\n#include <stdio.h>\n\
        int main(int count, char **_) { STAP_PROBE1(mine, waits, count); puts(\"waits\"); fflush(stdout); getchar(); }\n";
    let (file, program) = (scratch.0.join("mine.c"), scratch.0.join("mine"));
    std::fs::write(&file, source).unwrap();
    if !Command::new("cc")
        .arg("-O2")
        .arg(&file)
        .arg("-o")
        .arg(&program)
        .status()
        .is_ok_and(|status| status.success())
    {
        eprintln!("SKIP of_a_process: no cc, or no sys/sdt.h");
        return;
    }
    let mut process = Command::new(&program).stdin(Stdio::piped()).stdout(Stdio::null()).spawn().unwrap();
    let pid = process.id().to_string();
    let list = |options: &[&str]| Ran::of(Command::new(VMTRACE).arg("probes").args(options).arg(&pid));
    let (lines, objects) = (list(&[]), list(&["--json"]));
    drop(process.stdin.take());
    process.wait().unwrap();

    assert_eq!(lines.status, Some(0), "{lines:?}");
    let beginning = format!("{}\n  mine:waits  0x", program.display());
    assert!(lines.out.starts_with(&beginning) && lines.out.ends_with("  -  i32@%edi\n"), "{lines:?}");
    let object: Value = serde_json::from_str(objects.out.lines().next().expect("a line")).expect("JSON");
    assert_eq!((&object["file"], &object["deleted"]), (&json!(program), &json!(false)));
    assert_eq!(object["biases"].as_array().map(Vec::len), Some(1));

    let after = list(&[]);
    assert_eq!((after.status, after.told), (Some(1), format!("vmtrace: there is no process {pid}\n")));
}
