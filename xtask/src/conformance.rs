//! `cargo xtask conformance`: the command `tracetool` against what QEMU's prints, and under QEMU's own test.

use crate::packages::on_path;
use crate::qemu_source;
use anyhow::{Context, Result, bail};
use std::env;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use xshell::{Shell, cmd};

/// The backends of QEMU's own test, as its `meson.build` has them.
const BACKENDS: &[&str] = &["dtrace", "ftrace", "log", "simple", "syslog", "ust"];

/// Compares, then runs QEMU's own test where its source can be had; an error if any output differs.
pub(crate) fn run(shell: &Shell) -> Result<()> {
    let at_hand = qemu_source::at_hand()?;
    cmd!(shell, "cargo build --quiet --package tracetool --bins").run()?;
    let compared = cmd!(
        shell,
        "cargo test --package vmtrace-integration --test tracetool_conformance -- --nocapture --test-threads=1"
    )
    .quiet()
    .run();
    if !on_path("python3") {
        println!("SKIP qemu's own test: no python3, in which it is written");
    } else if let Some(source) = at_hand {
        run_qemus_own(shell, &source)?;
    } else {
        match qemu_source::fetched(shell, qemu_source::Wanted::Test) {
            Ok(source) => run_qemus_own(shell, &source)?,
            Err(reason) => println!("SKIP qemu's own test: {reason:#}"),
        }
    }
    compared.context("outputs or calls differ from QEMU's")
}

/// Runs `tests/tracetool/tracetool-test.py` of a source tree, a backend at a time, as QEMU's `meson.build` does.
fn run_qemus_own(shell: &Shell, source: &Path) -> Result<()> {
    let script = source.join(qemu_source::TEST);
    let test = script.parent().context("the test's folder")?;
    let build = shell.current_dir().join("target/conformance/build");
    fs::create_dir_all(&build)?;
    let tracetool = bug_compatible(&build)?;
    println!("qemu's own test: {}", test.display());
    let (mut passed, mut failed) = (0, Vec::new());
    for backend in BACKENDS {
        // its temporary folder's name begins with the last argument
        let prefix = build.join(format!("{backend}-"));
        let output =
            cmd!(shell, "python3 {script} {tracetool} {backend} {test} {prefix}").ignore_status().output()?;
        let told = String::from_utf8_lossy(&output.stdout);
        let results = told.lines().filter(|line| line.starts_with("ok ") || line.starts_with("not ok "));
        let before = passed + failed.len();
        for result in results {
            match result.strip_prefix("not ok ") {
                // `1 - dtrace.d (set QEMU_TEST_REGENERATE=1 …)`
                Some(output) => failed.push(output.split(' ').nth(2).unwrap_or(output).to_owned()),
                None => passed += 1,
            }
        }
        if passed + failed.len() == before || (!output.status.success() && failed.is_empty()) {
            bail!("{}: {told}{}", script.display(), String::from_utf8_lossy(&output.stderr));
        }
    }
    for output in &failed {
        println!("differs: {output}");
    }
    println!("qemu's own test: {} outputs compared, {} differ", passed + failed.len(), failed.len());
    if !failed.is_empty() {
        bail!("QEMU's own test fails");
    }
    Ok(())
}

/// The command that stands in the place of QEMU's script: ours, asked for QEMU's bytes.
fn bug_compatible(folder: &Path) -> Result<PathBuf> {
    let tracetool = env::current_exe()?.with_file_name("tracetool");
    let path = folder.join("tracetool");
    fs::write(&path, format!("#!/bin/sh\nexec '{}' --bug-compatible \"$@\"\n", tracetool.display()))?;
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755))?;
    Ok(path)
}
