//! `cargo xtask fuzz`: any bytes through the parser of the declaration language, through every format,
//! from a monitor's clients, through the reader of binary traces, through that of probes,
//! and through the options of a VMM.

use crate::packages;
use anyhow::{Context, Result, bail};
use xshell::{Shell, cmd};

/// A fuzz target.
struct Target {
    name: &'static str,
    /// The crate's folder.
    folder: &'static str,
    longest: u32,
    /// What it begins with, seen from the crate's folder.
    seeds: &'static str,
}

/// Every fault of the language, and every oddity that is none.
const DIAGNOSTICS: &str = "../trace-events/tests/diagnostics";

const TARGETS: &[Target] = &[
    Target { name: "parse", folder: "trace-events", longest: 16384, seeds: DIAGNOSTICS },
    Target { name: "formats", folder: "tracetool", longest: 4096, seeds: DIAGNOSTICS },
    Target { name: "qmp", folder: "monitor", longest: 4096, seeds: "fuzz/seeds/qmp" },
    Target { name: "hmp", folder: "monitor", longest: 4096, seeds: "fuzz/seeds/hmp" },
    Target { name: "trace", folder: "simpletrace", longest: 4096, seeds: "fuzz/seeds" },
    Target { name: "probes", folder: "usdt", longest: 8192, seeds: "fuzz/seeds" },
    Target { name: "options", folder: "vmtrace", longest: 4096, seeds: "fuzz/seeds" },
];

/// Runs a target for some seconds. libFuzzer's instrumentation is not stable in rustc, hence the variable.
pub(crate) fn run(shell: &Shell, target: &str, seconds: u32) -> Result<()> {
    let known = TARGETS.iter().find(|known| known.name == target);
    let names = || TARGETS.iter().map(|known| known.name).collect::<Vec<_>>().join(", ");
    let Target { folder, longest, seeds, .. } =
        known.with_context(|| format!("no fuzz target `{target}`: {}", names()))?;
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
        "cargo fuzz run --sanitizer none {target} {corpus} {seeds} -- {seconds} {longest} -timeout=5"
    )
    .run()?;
    Ok(())
}
