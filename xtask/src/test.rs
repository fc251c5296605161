//! `cargo xtask test`: the one test command.

use crate::{packages, tracefs};
use anyhow::{Context, Result, bail};
use std::io::{BufRead, BufReader, Read, Write};
use std::process::{Command, Stdio};
use std::thread;
use xshell::Shell;

/// A step and the cargo command that it is.
struct Step {
    name: &'static str,
    args: &'static [&'static str],
}

/// Clippy's opinion of what a VMM links that wants these sinks alone.
macro_rules! with_sinks {
    ($name:literal, $features:literal) => {
        Step {
            name: $name,
            args: &[
                "clippy",
                "--package",
                "vmtrace",
                "--no-default-features",
                "--features",
                $features,
                "--quiet",
                "--",
                "--deny",
                "warnings",
            ],
        }
    };
}

const STEPS: &[Step] = &[
    Step { name: "format", args: &["fmt", "--all", "--check"] },
    Step {
        name: "clippy",
        args: &["clippy", "--workspace", "--all-targets", "--quiet", "--", "--deny", "warnings"],
    },
    with_sinks!("no sink at all", ""),
    with_sinks!("the sink log alone", "log"),
    with_sinks!("the sink simple alone", "simple"),
    with_sinks!("the sink ftrace alone", "ftrace"),
    with_sinks!("the sink syslog alone", "syslog"),
    with_sinks!("the flight recorder alone", "flight"),
    with_sinks!("probes alone", "usdt"),
    Step {
        name: "the benchmarks beside other crates and C",
        args: &[
            "clippy",
            "--package",
            "vmtrace-integration",
            "--features",
            "bench-c,bench-usdt",
            "--bin",
            "bench-c",
            "--bin",
            "bench-usdt",
            "--quiet",
            "--",
            "--deny",
            "warnings",
        ],
    },
    Step {
        name: "tracetool for a build.rs alone",
        args: &[
            "clippy",
            "--package",
            "tracetool",
            "--lib",
            "--no-default-features",
            "--quiet",
            "--",
            "--deny",
            "warnings",
        ],
    },
    Step { name: "documentation builds", args: &["doc", "--workspace", "--no-deps", "--quiet"] },
    // what the tests run as a child
    Step { name: "binaries", args: &["build", "--workspace", "--bins", "--quiet"] },
    Step {
        name: "unit tests",
        args: &[
            "test",
            "--workspace",
            "--exclude",
            "vmtrace-integration",
            "--lib",
            "--bins",
            "--tests",
            "--no-fail-fast",
            "--",
            "--nocapture",
        ],
    },
    Step { name: "tests in Miri", args: &["xtask", "miri"] },
    Step { name: "documentation tests", args: &["test", "--workspace", "--doc", "--no-fail-fast"] },
    Step {
        name: "generated code and end-to-end tests",
        args: &[
            "test",
            "--package",
            "vmtrace-integration",
            "--lib",
            "--bins",
            "--tests",
            "--no-fail-fast",
            "--",
            "--nocapture",
        ],
    },
];

/// What a run came to.
#[derive(Debug, Default, PartialEq, Eq)]
struct Count {
    passed: u64,
    failed: u64,
    skipped: Vec<String>,
}

/// Runs every step, also after one has failed, and ends with the sum.
pub(crate) fn run(shell: &Shell) -> Result<()> {
    packages::install_missing(shell, packages::PACKAGES.iter().chain(packages::VM_PACKAGES))?;
    packages::install_missing_python(shell)?;
    packages::install_missing_target(shell)?;
    tracefs::mount(shell)?;
    let mut count = Count::default();
    let mut failed_steps = Vec::new();
    for Step { name, args } in STEPS {
        println!("\n== {name}: cargo {}", args.join(" "));
        let success = stream(shell, args, &mut count)?;
        if !success {
            failed_steps.push(*name);
        }
    }
    println!("\n== summary");
    for skipped in &count.skipped {
        println!("skipped: {skipped}");
    }
    for step in &failed_steps {
        println!("failed step: {step}");
    }
    // a step that failed without a failed test, such as clippy, must show in the sum
    let failed = count.failed.max(failed_steps.len() as u64);
    println!("{} passed, {failed} failed, {} skipped", count.passed, count.skipped.len());
    if failed > 0 {
        bail!("{}", failed_steps.join(", "));
    }
    Ok(())
}

/// Runs cargo, shows what it prints as it comes, and counts results and skips.
fn stream(shell: &Shell, args: &[&str], count: &mut Count) -> Result<bool> {
    // tests send signals; one that is ignored where this was started (nohup, a job in the background) would never arrive
    let mut cargo = Command::new("env");
    cargo
        .args(["--default-signal", env!("CARGO")])
        .args(args)
        .current_dir(shell.current_dir())
        .env("RUSTDOCFLAGS", "--deny warnings")
        .env("RUST_BACKTRACE", "0");
    let mut child = cargo.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn()?;
    let stdout = child.stdout.take().context("cargo's standard output")?;
    let stderr = child.stderr.take().context("cargo's standard error")?;
    let errors = thread::spawn(move || {
        read(stderr, |line| {
            let mut to = std::io::stderr().lock();
            let _ = writeln!(to, "{line}");
        })
    });
    let mut found = read(stdout, |line| println!("{line}"));
    let told = errors.join().unwrap_or_default();
    found.passed += told.passed;
    found.failed += told.failed;
    found.skipped.extend(told.skipped);
    count.passed += found.passed;
    count.failed += found.failed;
    count.skipped.append(&mut found.skipped);
    Ok(child.wait()?.success())
}

fn read(from: impl Read, show: impl Fn(&str)) -> Count {
    let mut count = Count::default();
    let mut lines = BufReader::new(from);
    let mut line = Vec::new();
    while lines.read_until(b'\n', &mut line).is_ok_and(|read| read > 0) {
        let text = String::from_utf8_lossy(&line);
        let text = text.trim_end();
        show(text);
        count.line(text);
        line.clear();
    }
    count
}

impl Count {
    /// `SKIP name: reason` anywhere in a line (a test's name may stand before it), or `test result: …`.
    fn line(&mut self, line: &str) {
        if let Some(at) = line.find("SKIP ") {
            self.skipped.push(line[at + "SKIP ".len()..].to_owned());
        }
        if let Some((_, result)) = line.split_once("test result: ") {
            let number = |what: &str| -> u64 {
                let before = result.split(what).next().unwrap_or_default();
                before.split_whitespace().next_back().and_then(|word| word.parse().ok()).unwrap_or(0)
            };
            self.passed += number(" passed");
            self.failed += number(" failed");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_and_skips_are_counted() {
        let mut count = Count::default();
        for line in [
            "running 3 tests",
            "test a ... SKIP a: no /dev/kvm",
            "SKIP b: not root",
            "test result: ok. 12 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.01s",
            "test result: FAILED. 3 passed; 2 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.01s",
        ] {
            count.line(line);
        }
        let skipped = vec!["a: no /dev/kvm".to_owned(), "b: not root".to_owned()];
        assert_eq!(count, Count { passed: 15, failed: 2, skipped });
    }
}
