//! `cargo xtask fuzz`: any bytes through the parser of the declaration language.

use crate::packages;
use anyhow::{Result, bail};
use xshell::{Shell, cmd};

/// Runs the target for some seconds. libFuzzer's instrumentation is not stable in rustc, hence the variable.
pub(crate) fn run(shell: &Shell, seconds: u32) -> Result<()> {
    if !packages::on_path("cargo-fuzz") {
        bail!("cargo-fuzz is not installed: run `cargo install cargo-fuzz`");
    }
    shell.change_dir("trace-events");
    let _unstable = shell.push_env("RUSTC_BOOTSTRAP", "1");
    let limit = format!("-max_total_time={seconds}");
    // a slow input is a finding as well: time is meant to be linear
    cmd!(shell, "cargo fuzz run --sanitizer none parse -- {limit} -max_len=16384 -timeout=5").run()?;
    Ok(())
}
