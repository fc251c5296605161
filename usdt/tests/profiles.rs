//! Probes come out the same however a program or a library is built: notes as `readelf -n` reads them, on both processors.

use std::path::{Path, PathBuf};
use std::process::Command;

/// How often a name is there, and its arguments without their registers.
const PROBES: &[(&str, usize, &str)] = &[
    ("LOCAL:local", 1, ""),
    ("demo:double__underscore", 1, ""),
    ("demo:generic", 3, "-8@"),
    ("demo:guarded", 1, "8@ 8@"),
    ("demo:inlined", 3, "-4@"),
    ("demo:none", 1, ""),
    ("demo:nop1", 1, ""),
    ("demo:twelve", 1, "1@ 1@ -1@ 2@ -2@ 4@ -4@ 8@ -8@ 8@ -8@ 8@"),
    ("demo:type", 1, "1@ 1@"),
    ("other:nop5", 1, "CHAR@ -8@ 8@"),
    ("site:site", 1, ""),
];

struct Processor {
    target: &'static str,
    linker: &'static str,
    /// The sign of C's `char`.
    char: &'static str,
    /// What the name of each register begins with.
    register: &'static str,
}

const X86_64: Processor =
    Processor { target: "x86_64-unknown-linux-gnu", linker: "cc", char: "-1", register: "%" };
const AARCH64: Processor = Processor {
    target: "aarch64-unknown-linux-gnu",
    linker: "aarch64-linux-gnu-gcc",
    char: "1",
    register: "x",
};

#[test]
fn on_x86_64() {
    for optimized in ["0", "1", "2", "3", "s"] {
        check(&X86_64, optimized, "", &[]);
    }
    for optimized in ["0", "3"] {
        for (name, options) in [
            ("GNU ld", &["-Clink-arg=-fuse-ld=bfd"][..]),
            ("thin LTO", &["-Clto=thin"]),
            ("fat LTO", &["-Clto=fat", "-Ccodegen-units=1"]),
            ("many units", &["-Ccodegen-units=256", "-Cdebuginfo=2"]),
        ] {
            check(&X86_64, optimized, name, options);
        }
    }
}

#[test]
fn on_aarch64() {
    let sysroot = Command::new("rustc").args(["--print", "sysroot"]).output().unwrap().stdout;
    let sysroot = PathBuf::from(String::from_utf8(sysroot).unwrap().trim());
    let std = sysroot.join("lib/rustlib").join(AARCH64.target);
    if !std.exists() {
        eprintln!("SKIP on_aarch64: no std for it: `rustup target add {}`", AARCH64.target);
    } else if Command::new(AARCH64.linker).arg("--version").output().is_err() {
        eprintln!("SKIP on_aarch64: no linker for it: `apt-get install gcc-aarch64-linux-gnu`");
    } else {
        for optimized in ["0", "3"] {
            check(&AARCH64, optimized, "", &[]);
            check(&AARCH64, optimized, "fat LTO", &["-Clto=fat"]);
        }
    }
}

fn check(processor: &Processor, optimized: &str, name: &str, options: &[&str]) {
    let name = format!("{} -O{optimized} {name}", processor.target);
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!(
        "profiles-{}-{}",
        std::process::id(),
        name.replace(' ', "-")
    ));
    std::fs::create_dir_all(&folder).unwrap();
    let library = folder.join("libusdt.rlib");
    let rustc = || {
        let mut rustc = Command::new("rustc");
        rustc.args(["--edition=2024", "--target", processor.target, &format!("-Copt-level={optimized}")]);
        rustc.arg(format!("-Clinker={}", processor.linker));
        rustc
    };
    let source = concat!(env!("CARGO_MANIFEST_DIR"), "/src/lib.rs");
    run(&name, rustc().args(["--crate-name=usdt", "--crate-type=rlib", source, "-o"]).arg(&library));
    let source = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/profiles/probed.rs");
    let library = format!("--extern=usdt={}", library.display());
    for form in ["bin", "cdylib"] {
        let (name, file) = (format!("{name} {form}"), folder.join(form));
        let mut rustc = rustc();
        rustc.args(options).args(["--crate-type", form, source, &library, "-o"]).arg(&file);
        run(&name, &mut rustc);
        expect(&name, processor, &run(&name, Command::new("readelf").arg("-n").arg(&file)));
    }
    std::fs::remove_dir_all(folder).unwrap();
}

fn expect(name: &str, processor: &Processor, told: &str) {
    let mut seen: Vec<(String, String)> = Vec::new();
    let field = |line: &str, field: &str| line.trim().strip_prefix(field).map(|rest| rest.trim().to_owned());
    let mut lines = told.lines();
    while let Some(provider) = lines.next().map(|line| field(line, "Provider:")) {
        let Some(provider) = provider else { continue };
        let probe = lines.next().and_then(|line| field(line, "Name:")).unwrap();
        let places = lines.next().unwrap();
        assert!(
            places.contains("Base: 0x0000") && !places.contains("Base: 0x0000000000000000"),
            "{name}: {places}"
        );
        assert!(!places.contains("Location: 0x0000000000000000"), "{name}: {places}");
        let without_semaphore = places.contains("Semaphore: 0x0000000000000000");
        assert_eq!(without_semaphore, probe != "guarded", "{name}: {probe}: {places}");
        let arguments = lines.next().and_then(|line| field(line, "Arguments:")).unwrap();
        let sizes = arguments.split_whitespace().map(|argument| {
            let (size, register) = argument.split_once('@').unwrap();
            assert!(register.starts_with(processor.register), "{name}: {probe}: {arguments}");
            format!("{size}@")
        });
        seen.push((format!("{provider}:{probe}"), sizes.collect::<Vec<_>>().join(" ")));
    }
    seen.sort();
    let expected = PROBES.iter().flat_map(|&(probe, times, arguments)| {
        let arguments = arguments.replace("CHAR", processor.char);
        std::iter::repeat_n((probe.to_owned(), arguments), times)
    });
    assert_eq!(seen, expected.collect::<Vec<_>>(), "{name}");
}

fn run(name: &str, command: &mut Command) -> String {
    let output = command.output().unwrap_or_else(|error| panic!("{name}: {command:?}: {error}"));
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{name}: {command:?}: {}\n{told}", output.status);
    String::from_utf8_lossy(&output.stdout).into_owned()
}
