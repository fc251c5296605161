//! The rules of conversions against a C compiler's own verdict: every type with every conversion, every flag.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};
use trace_events::{Rule, lint_style, parse};

const TYPES: &[&str] = &[
    "bool",
    "char",
    "signed char",
    "unsigned char",
    "short",
    "unsigned short",
    "int",
    "unsigned",
    "long",
    "unsigned long",
    "long long",
    "unsigned long long",
    "int8_t",
    "uint8_t",
    "int16_t",
    "uint16_t",
    "int32_t",
    "uint32_t",
    "int64_t",
    "uint64_t",
    "size_t",
    "ssize_t",
    "uintptr_t",
    "ptrdiff_t",
    "const char *",
    "void *",
];

const LENGTHS: &[&str] = &["", "hh", "h", "l", "ll", "z", "t", "j"];

const MACROS: &[&str] = &[
    "8", "16", "32", "64", "LEAST8", "LEAST16", "LEAST32", "LEAST64", "FAST8", "FAST16", "FAST32", "FAST64",
    "PTR", "MAX",
];

/// A system, as a compiler's options and the head of a C file.
struct System {
    name: &'static str,
    options: &'static [&'static str],
    /// `int64_t` and its macros' length; the lengths of `PTR`, of `MAX` and of `FAST16`.
    own: Option<[&'static str; 5]>,
}

const LINUX64: System = System { name: "linux64", options: &[], own: None };
const ELSEWHERE: &[System] = &[
    System { name: "mac64", options: &[], own: Some(["long long", "ll", "l", "j", ""]) },
    System { name: "linux32", options: &["-m32"], own: Some(["long long", "ll", "", "j", ""]) },
];

impl System {
    fn head(&self) -> String {
        let mut head = "int print(const char *, ...) __attribute__((format(printf, 1, 2)));\n".to_owned();
        let Some([bits64, length64, pointer, max, fast]) = self.own else {
            return head
                + "#include <inttypes.h>\n#include <stdbool.h>\n#include <stddef.h>\n#include <sys/types.h>\n";
        };
        let _ = writeln!(head, "typedef {bits64} int64_t; typedef unsigned {bits64} uint64_t;");
        head += "typedef _Bool bool; typedef __SIZE_TYPE__ size_t; typedef __PTRDIFF_TYPE__ ssize_t, ptrdiff_t;\n\
                 typedef __UINTPTR_TYPE__ uintptr_t; typedef signed char int8_t; typedef unsigned char uint8_t;\n\
                 typedef short int16_t; typedef unsigned short uint16_t; typedef int int32_t;\n\
                 typedef unsigned uint32_t;\n";
        for size in MACROS {
            let length = match *size {
                "64" | "LEAST64" | "FAST64" => length64,
                "PTR" => pointer,
                "MAX" => max,
                "FAST16" | "FAST32" => fast,
                "8" | "LEAST8" | "FAST8" => "hh",
                "16" | "LEAST16" => "h",
                _ => "",
            };
            for letter in "diuoxX".chars() {
                let _ = writeln!(head, "#define PRI{letter}{size} \"{length}{letter}\"");
            }
        }
        head
    }

    /// The cases that the compiler warns of; `None` if there is no such compiler.
    fn warned(&self, cases: &[(String, String)]) -> Option<BTreeSet<usize>> {
        static NUMBER: AtomicUsize = AtomicUsize::new(0);
        let (process, number) = (std::process::id(), NUMBER.fetch_add(1, Ordering::Relaxed));
        let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{}-{process}-{number}.c", self.name));
        let mut source = self.head();
        for (number, (args, format)) in cases.iter().enumerate() {
            let names: Vec<&str> =
                args.split(", ").map(|arg| arg.rsplit([' ', '*']).next().unwrap()).collect();
            let _ = writeln!(source, "#line {} \"case\"", number + 1);
            let _ = writeln!(source, "void f{number}({args}) {{ print({format}, {}); }}", names.join(", "));
        }
        fs::write(&path, source).unwrap();
        let came = Command::new("gcc")
            .args(["-Wall", "-Wformat", "-fsyntax-only"])
            .args(self.options)
            .arg(&path)
            .env("LC_ALL", "C")
            .output();
        let _ = fs::remove_file(&path);
        let came = came.ok()?;
        if !came.status.success() {
            eprintln!("{}: {}", self.name, String::from_utf8_lossy(&came.stderr));
            return None;
        }
        let told = String::from_utf8_lossy(&came.stderr);
        let warning = |line: &str| {
            let (place, what) = line.split_once(": warning: ")?;
            assert!(what.contains("[-Wformat"), "{line}");
            place.strip_prefix("case:")?.split(':').next()?.parse::<usize>().ok()
        };
        Some(told.lines().filter_map(warning).map(|line| line - 1).collect())
    }
}

fn every_type_with_every_conversion() -> Vec<(String, String)> {
    let mut formats = vec!["\"%c\"".to_owned(), "\"%s\"".to_owned(), "\"%p\"".to_owned()];
    for letter in "diuoxX".chars() {
        formats.extend(LENGTHS.iter().map(|length| format!("\"%{length}{letter}\"")));
        formats.extend(MACROS.iter().map(|size| format!("\"%\" PRI{letter}{size}")));
    }
    let each = |ctype: &&str| {
        let arg = format!("{ctype} a");
        formats.iter().map(move |format| (arg.clone(), format.clone())).collect::<Vec<_>>()
    };
    TYPES.iter().flat_map(each).collect()
}

fn every_flag() -> Vec<(String, String)> {
    let mut cases = Vec::new();
    let mut flags = vec![String::new()];
    for _ in 0..3 {
        let longer: Vec<String> = flags
            .iter()
            .flat_map(|flags| "-+ #0".chars().map(move |flag| format!("{flags}{flag}")))
            .collect();
        flags.extend(longer);
    }
    flags.sort();
    flags.dedup();
    for flags in &flags {
        for (width, more) in [
            ("", ""),
            ("7", ""),
            ("*", "int w, "),
            (".2", ""),
            (".", ""),
            (".*", "int p, "),
            ("*.*", "int w, int p, "),
        ] {
            for (letter, ctype) in [
                ('d', "int"),
                ('u', "unsigned"),
                ('x', "unsigned"),
                ('o', "unsigned"),
                ('c', "int"),
                ('s', "char *"),
                ('p', "void *"),
            ] {
                cases.push((format!("{more}{ctype} a"), format!("\"%{flags}{width}{letter}\"")));
            }
        }
    }
    cases.extend(TYPES.iter().map(|ctype| (format!("{ctype} w, int a"), "\"%*d\"".to_owned())));
    cases.extend([
        ("int a".to_owned(), "\"a\\0b %d\"".to_owned()),
        ("int a".to_owned(), "\"\\x00%d\"".to_owned()),
    ]);
    cases
}

/// What is told of a case: by the parser, and of other systems.
fn told((args, format): &(String, String)) -> (Vec<Rule>, bool) {
    let file = parse("case", format!("e({args}) {format}\n").as_bytes());
    let elsewhere = lint_style("case", &file).iter().any(|found| found.rule == Rule::ConversionPortability);
    (file.diagnostics.iter().map(|found| found.rule).collect(), elsewhere)
}

#[test]
fn what_gcc_warns_of_is_told_and_nothing_else() {
    for cases in [every_type_with_every_conversion(), every_flag()] {
        let Some(warned) = LINUX64.warned(&cases) else {
            return eprintln!("SKIP what_gcc_warns_of_is_told_and_nothing_else: no gcc with C's headers");
        };
        assert!(!warned.is_empty());
        let other: Vec<_> = cases
            .iter()
            .enumerate()
            .filter(|(number, case)| warned.contains(number) == told(case).0.is_empty())
            .map(|(number, case)| (warned.contains(&number), case, told(case).0))
            .collect();
        assert!(other.is_empty(), "{} of {}: gcc warns, case, ours: {other:#?}", other.len(), cases.len());
    }
}

#[test]
fn what_is_right_on_every_system_is_never_told() {
    let cases = every_type_with_every_conversion();
    let Some(here) = LINUX64.warned(&cases) else {
        return eprintln!("SKIP what_is_right_on_every_system_is_never_told: no gcc with C's headers");
    };
    let mut warned = BTreeSet::new();
    for system in ELSEWHERE {
        let Some(there) = system.warned(&cases) else {
            return eprintln!("SKIP what_is_right_on_every_system_is_never_told: no gcc for {}", system.name);
        };
        warned.extend(there);
    }
    let other: Vec<_> = cases
        .iter()
        .enumerate()
        .filter(|(number, _)| !here.contains(number))
        .filter(|(number, case)| warned.contains(number) != told(case).1)
        .map(|(number, case)| (warned.contains(&number), case))
        .collect();
    assert!(other.is_empty(), "{} of {}: warned elsewhere, case: {other:#?}", other.len(), cases.len());
}
