//! `cargo xtask fuzz`: any bytes through the parser of the declaration language, and through every format.

use crate::packages;
use anyhow::{Context, Result, bail};
use xshell::{Shell, cmd};

/// The targets, each with the crate that has it and the longest input.
const TARGETS: &[(&str, &str, u32)] = &[("parse", "trace-events", 16384), ("formats", "tracetool", 4096)];

/// What a target begins with: every fault of the language, and every oddity that is none.
const SEEDS: &str = "../trace-events/tests/diagnostics";

/// Runs a target for some seconds. libFuzzer's instrumentation is not stable in rustc, hence the variable.
pub(crate) fn run(shell: &Shell, target: &str, seconds: u32) -> Result<()> {
    let known = TARGETS.iter().find(|(name, ..)| *name == target);
    let (_, folder, longest) = known.with_context(|| format!("no fuzz target `{target}`: parse, formats"))?;
    if !packages::on_path("cargo-fuzz") {
        bail!("cargo-fuzz is not installed: run `cargo install cargo-fuzz`");
    }
    let _folder = shell.push_dir(folder);
    let corpus = format!("fuzz/corpus/{target}");
    shell.create_dir(&corpus)?;
    let _unstable = shell.push_env("RUSTC_BOOTSTRAP", "1");
    let (seconds, longest) = (format!("-max_total_time={seconds}"), format!("-max_len={longest}"));
    // a slow input is a finding as well: time is meant to be linear
    cmd!(
        shell,
        "cargo fuzz run --sanitizer none {target} {corpus} {SEEDS} -- {seconds} {longest} -timeout=5"
    )
    .run()?;
    Ok(())
}
