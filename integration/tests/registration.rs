//! Every declared event is there in every profile and however it is linked, and so is the USDT probe of every call; and what a
//! call is in the machine's code.

use std::path::{Path, PathBuf};
use std::process::Command;

/// A way to build: arguments and environment of cargo, and the folder of what comes out.
struct Profile {
    name: &'static str,
    args: &'static [&'static str],
    environment: &'static [(&'static str, &'static str)],
    folder: &'static str,
    /// Whether it is optimized for speed and has symbols, so that its code can be looked at.
    code: bool,
}

const PROFILES: &[Profile] = &[
    Profile { name: "dev", args: &[], environment: &[], folder: "debug", code: false },
    Profile { name: "release", args: &["--release"], environment: &[], folder: "release", code: true },
    Profile {
        name: "release, fat LTO, one unit",
        args: &["--release"],
        environment: &[("CARGO_PROFILE_RELEASE_LTO", "fat"), ("CARGO_PROFILE_RELEASE_CODEGEN_UNITS", "1")],
        folder: "release",
        code: true,
    },
    Profile {
        name: "release, thin LTO, size, panic=abort, stripped, --gc-sections",
        args: &["--release"],
        environment: &[
            ("CARGO_PROFILE_RELEASE_LTO", "thin"),
            ("CARGO_PROFILE_RELEASE_OPT_LEVEL", "z"),
            ("CARGO_PROFILE_RELEASE_PANIC", "abort"),
            ("CARGO_PROFILE_RELEASE_STRIP", "symbols"),
            ("RUSTFLAGS", "-Clink-arg=-Wl,--gc-sections"),
        ],
        folder: "release",
        code: false,
    },
];

/// The enabled events of `integration/trace-events`.
const EVENTS: &str = "19";

/// Those that are emitted.
const PROBES: [&str; 3] = [CALLED, "conv_none", "conv_strings"];

/// The one that `call_site` emits, and nothing else.
const CALLED: &str = "conv_fixed";

#[test]
fn every_event_is_there() {
    let base = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("registration-{}", std::process::id()));
    for (index, profile) in PROFILES.iter().enumerate() {
        let target = base.join(index.to_string());
        let mut cargo = Command::new(env!("CARGO"));
        cargo.args(["build", "--quiet", "--package", "vmtrace-registration", "--target-dir"]).arg(&target);
        cargo.args(profile.args).envs(profile.environment.iter().copied());
        cargo.current_dir(env!("CARGO_MANIFEST_DIR"));
        run(&mut cargo, profile.name);

        let built = target.join(profile.folder);
        for program in
            [built.join("vmtrace-registration"), c_program(&built, "static"), c_program(&built, "shared")]
        {
            let output = run(&mut Command::new(&program), profile.name);
            assert_eq!(output.trim(), EVENTS, "{}: {}", profile.name, program.display());
        }
        for file in ["vmtrace-registration", "c-static", "libregistration.so"] {
            let notes = notes(&built.join(file));
            let mut names: Vec<&str> = notes.iter().map(|note| note.name.as_str()).collect();
            names.sort_unstable();
            assert_eq!(names, PROBES, "{}: {file}", profile.name);
            for Note { name, location, base, semaphore, .. } in &notes {
                let all_there = *location > 1 && *base > 0 && *semaphore > 0;
                assert!(
                    all_there && semaphore % 8 == 4,
                    "{}: {file}: {name} {location:#x} {base:#x} {semaphore:#x}",
                    profile.name
                );
            }
            if profile.code && file != "c-static" && cfg!(target_arch = "x86_64") {
                let called = notes.iter().find(|note| note.name == CALLED).unwrap();
                check_code(&built.join(file), called);
            }
        }
    }
    std::fs::remove_dir_all(base).unwrap();
}

/// What docs/usdt.md shows: an event at rest is a load and a branch, and its arguments stay in the caller's registers.
fn check_code(file: &Path, note: &Note) {
    let mut objdump = Command::new("objdump");
    objdump.args(["--disassemble", "--demangle", "--no-show-raw-insn", "--disassembler-options=intel"]);
    let code = run(objdump.arg(file), "objdump");
    let state = format!("# {:x} <", note.semaphore - 4);
    let emit = format!("emit_{CALLED}>");

    let all = instructions(&code, "<call_site>");
    let ret = all.iter().position(|(_, instruction)| *instruction == "ret").unwrap();
    let to = one_load_and_one_branch(&all[..ret], &state);
    let call = all.iter().find(|(address, _)| *address == to).unwrap().1;
    assert!(call.starts_with("call") && call.ends_with(&emit), "{all:?}");

    assert_eq!(note.arguments, "-4@%edi 4@%esi -8@%rdx 8@%rcx");
    let all = instructions(&code, &emit);
    let location = format!("{:x}", note.location);
    let site = all.iter().position(|(address, _)| *address == location).unwrap();
    assert!(all[site].1 == "nop" && all[site + 1].1.starts_with("cs nop"), "{all:?}");
    assert_eq!(one_load_and_one_branch(&all[..site], &state), all[site + 2].0, "{all:?}");
}

/// The addresses and the instructions of a function.
fn instructions<'a>(code: &'a str, function: &str) -> Vec<(&'a str, &'a str)> {
    let (_, code) = code.split_once(&format!("{function}:\n")).unwrap_or_else(|| panic!("no {function}"));
    let lines = code.lines().take_while(|line| !line.is_empty());
    lines.map(|line| line.trim().split_once(":\t").unwrap()).collect()
}

/// Checks that memory is read once, which is the state word, and that one way branches off. Returns where to.
fn one_load_and_one_branch<'a>(code: &[(&str, &'a str)], state: &str) -> &'a str {
    let with = |has: &dyn Fn(&str) -> bool| -> Vec<&'a str> {
        code.iter().map(|(_, instruction)| *instruction).filter(|instruction| has(instruction)).collect()
    };
    let loads = with(&|instruction| instruction.contains('['));
    assert!(loads.len() == 1 && loads[0].contains(state), "{code:?}");
    let branches = with(&|instruction| instruction.starts_with('j') || instruction.starts_with("call"));
    assert!(branches.len() == 1 && branches[0].starts_with('j'), "{code:?}");
    branches[0].split_whitespace().nth(1).unwrap()
}

/// Links the C program with the staticlib or the cdylib, dropping all sections that nobody refers to.
fn c_program(built: &Path, kind: &str) -> PathBuf {
    let program = built.join(format!("c-{kind}"));
    let mut cc = Command::new("cc");
    cc.arg(concat!(env!("CARGO_MANIFEST_DIR"), "/registration/main.c"))
        .arg("-o")
        .arg(&program)
        .arg("-Wl,--gc-sections");
    if kind == "static" {
        cc.arg(built.join("libregistration.a")).args(["-lpthread", "-ldl", "-lm", "-lgcc_s"]);
    } else {
        cc.arg(built.join("libregistration.so")).arg(format!("-Wl,-rpath,{}", built.display()));
    }
    run(&mut cc, kind);
    program
}

/// A probe as `readelf -n` tells of it.
struct Note {
    name: String,
    location: u64,
    base: u64,
    semaphore: u64,
    arguments: String,
}

fn notes(file: &Path) -> Vec<Note> {
    let told = run(Command::new("readelf").arg("-n").arg(file), "readelf");
    let address = |line: &str, field: &str| {
        let digits = line.split_once(field).map(|(_, rest)| rest.split(',').next().unwrap_or_default());
        let digits = digits.unwrap_or_else(|| panic!("{field} in {line}"));
        u64::from_str_radix(digits.trim().trim_start_matches("0x"), 16).unwrap()
    };
    let lines: Vec<&str> = told.lines().map(str::trim).collect();
    let begin = |(index, line): (usize, &&str)| line.starts_with("Provider: qemu").then_some(index);
    let notes = lines.iter().enumerate().filter_map(begin);
    let note = |index: usize| Note {
        name: lines[index + 1].trim_start_matches("Name: ").to_owned(),
        location: address(lines[index + 2], "Location: "),
        base: address(lines[index + 2], "Base: "),
        semaphore: address(lines[index + 2], "Semaphore: "),
        arguments: lines[index + 3].trim_start_matches("Arguments: ").to_owned(),
    };
    notes.map(note).collect()
}

fn run(command: &mut Command, what: &str) -> String {
    let output = command.output().unwrap_or_else(|error| panic!("{what}: {command:?}: {error}"));
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{what}: {command:?}: {}\n{told}", output.status);
    String::from_utf8_lossy(&output.stdout).into_owned()
}
