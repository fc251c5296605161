//! `vmtrace probes`

use crate::scratch::{Ran, Scratch, VMTRACE};
use serde_json::{Value, json};
use std::fs;
use std::path::Path;
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

/// The library with other probes: each has its provider, its name and its arguments with a NUL behind each.
fn library(path: &Path, probes: impl IntoIterator<Item = Vec<u8>>) {
    const OWNER: &[u8] = b"stapsdt\0";
    let mut file = fs::read(LIBRARY).unwrap();
    let begin = file.len();
    for texts in probes {
        let length = 24 + texts.len();
        for word in [OWNER.len(), length, 3] {
            file.extend(u32::try_from(word).unwrap().to_le_bytes());
        }
        file.extend([OWNER, &[0; 24], &texts].concat());
        file.resize(file.len() + length.next_multiple_of(4) - length, 0);
    }
    let headers = usize::from_le_bytes(file[40..48].try_into().unwrap());
    let header = (headers..).step_by(64).find(|header| file[header + 4] == 7).unwrap();
    let size = file.len() - begin;
    file[header + 24..][..8].copy_from_slice(&begin.to_le_bytes());
    file[header + 32..][..8].copy_from_slice(&size.to_le_bytes());
    fs::write(path, file).unwrap();
}

/// Whether a terminal would only show it.
fn is_shown(text: &str) -> bool {
    text.chars().all(|character| character == '\n' || !character.is_control())
}

#[test]
fn a_terminal_is_told_nothing() {
    let scratch = Scratch::new("probes-terminal");
    let (evil, worse) = ("evil\u{1b}]0;PWNED\u{7}\u{9b}2J\nprog", "no\u{1b}[2Jelf\nvmtrace: all is well");
    let probe = "p\u{1b}c\0n\u{9b}2J\r\0-4@%e\u{1b}[31max\0";
    library(&scratch.0.join(evil), [probe.as_bytes().to_vec()]);
    let ran = scratch.run(&["probes", evil]);
    assert_eq!(ran.out, "p\\x1bc:n\\xc2\\x9b2J\\x0d  dead  -  i32@%e\\x1b[31max\n", "{ran:?}");
    let ran = scratch.run(&["probes", "--json", evil]);
    assert!(is_shown(&ran.out), "{ran:?}");
    let object: Value = serde_json::from_str(&ran.out).expect("JSON");
    for (key, value) in [("file", evil), ("provider", "p\u{1b}c"), ("name", "n\u{9b}2J\r")] {
        assert_eq!(object[key], value);
    }

    // Messages have the names too.
    library(&scratch.0.join("none"), []);
    fs::rename(scratch.0.join("none"), scratch.0.join(worse)).unwrap();
    let none = "vmtrace: no\\x1b[2Jelf\n  vmtrace: all is well has no probes\n";
    assert_eq!(scratch.run(&["probes", worse]).told, none);
    fs::write(scratch.0.join(worse), "text").unwrap();
    for command in [&["probes", worse][..], &["stap", "list", worse], &["stap", "-v", "list", worse]] {
        let path = format!("./{worse}");
        let command: Vec<&str> =
            command.iter().map(|word| if *word == worse { path.as_str() } else { word }).collect();
        let ran = scratch.run(&command);
        assert!(ran.status == Some(1) && is_shown(&ran.told), "{ran:?}");
        assert!(ran.told.contains("no\\x1b[2Jelf\n  vmtrace: all is well: no ELF file"), "{ran:?}");
    }
}

#[test]
fn one_long_name_takes_its_own_room_only() {
    let scratch = Scratch::new("probes-long");
    let long = [b"p\0", &vec![b'x'; 70_000][..], b"\0\0"].concat();
    let (short, middle) = (b"p\0y\0\0".to_vec(), [b"p\0", &[b'z'; 62][..], b"\0\0"].concat());
    let all = std::iter::once(long).chain(std::iter::repeat_n(short, 20_000)).chain([middle]);
    library(&scratch.0.join("long"), all);
    let ran = scratch.run(&["probes", "long"]);
    assert_eq!(ran.status, Some(0), "{}", ran.told);
    let lines: Vec<&str> = ran.out.lines().collect();
    assert_eq!((lines.len(), lines[0].len()), (20_002, 70_011));
    assert!(lines[1..].iter().all(|line| line.find("  dead  -") == Some(64)));
}

#[test]
fn a_reader_may_have_seen_enough() {
    let scratch = Scratch::new("probes-pipe");
    library(&scratch.0.join("many"), std::iter::repeat_n(b"p\0n\0\0".to_vec(), 50_000));
    for options in [&[][..], &["--json"]] {
        let mut listing = Command::new(VMTRACE)
            .arg("probes")
            .args(options)
            .arg(scratch.0.join("many"))
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        drop(listing.stdout.take());
        let ended = listing.wait_with_output().unwrap();
        assert_eq!((ended.status.code(), ended.stderr.as_slice()), (Some(0), &[][..]));
    }
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
