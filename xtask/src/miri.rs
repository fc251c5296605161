//! `cargo xtask miri`: what rustc's interpreter, which sees every wrong access and every data race, says of the parts that are
//! unsafe or lock-free and make few system calls.

use anyhow::Result;
use xshell::{Shell, cmd};

/// What is tested, and whether a thread of it outlives the test.
const RUNS: &[(&[&str], bool)] = &[
    (&["--package", "vmtrace-printf", "--test", "glibc"], false),
    (&["--package", "vmtrace-ring", "--lib", "--test", "queue"], false),
    // the writer's thread ends with the process
    (&["--package", "vmtrace", "--no-default-features", "--lib", "--test", "threads"], true),
];

/// Runs them all, or says what is missing.
pub(crate) fn run(shell: &Shell) -> Result<()> {
    let installed =
        cmd!(shell, "rustup component list --toolchain nightly --installed").quiet().ignore_stderr();
    let installed = installed.read().unwrap_or_default();
    if !["miri", "rust-src"].iter().all(|name| installed.lines().any(|line| line.starts_with(name))) {
        eprintln!("SKIP miri: rustup toolchain install nightly --component miri,rust-src");
        return Ok(());
    }
    for (args, has_threads_left) in RUNS {
        // rustix makes pointers of addresses, of which Miri warns; clocks are real
        let leaks = if *has_threads_left { " -Zmiri-ignore-leaks" } else { "" };
        let flags = format!("-Zmiri-disable-isolation -Zmiri-permissive-provenance{leaks}");
        let _flags = shell.push_env("MIRIFLAGS", flags);
        cmd!(shell, "rustup run nightly cargo miri test --quiet").args(*args).run()?;
    }
    Ok(())
}
