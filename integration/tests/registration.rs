//! Every declared event is there in every profile and however it is linked, and so is the USDT probe of every call.

use std::path::{Path, PathBuf};
use std::process::Command;

/// A way to build: arguments and environment of cargo, and the folder of what comes out.
struct Profile {
    name: &'static str,
    args: &'static [&'static str],
    environment: &'static [(&'static str, &'static str)],
    folder: &'static str,
}

const PROFILES: &[Profile] = &[
    Profile { name: "dev", args: &[], environment: &[], folder: "debug" },
    Profile { name: "release", args: &["--release"], environment: &[], folder: "release" },
    Profile {
        name: "release, fat LTO, one unit",
        args: &["--release"],
        environment: &[("CARGO_PROFILE_RELEASE_LTO", "fat"), ("CARGO_PROFILE_RELEASE_CODEGEN_UNITS", "1")],
        folder: "release",
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
    },
];

/// The enabled events of `integration/trace-events`.
const EVENTS: &str = "19";

/// Those that are emitted.
const PROBES: [&str; 2] = ["conv_none", "conv_strings"];

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
            for Note { name, location, base, semaphore } in &notes {
                let all_there = *location > 1 && *base > 0 && *semaphore > 0;
                assert!(
                    all_there && semaphore % 8 == 4,
                    "{}: {file}: {name} {location:#x} {base:#x} {semaphore:#x}",
                    profile.name
                );
            }
        }
    }
    std::fs::remove_dir_all(base).unwrap();
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
    };
    notes.map(note).collect()
}

fn run(command: &mut Command, what: &str) -> String {
    let output = command.output().unwrap_or_else(|error| panic!("{what}: {command:?}: {error}"));
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{what}: {command:?}: {}\n{told}", output.status);
    String::from_utf8_lossy(&output.stdout).into_owned()
}
