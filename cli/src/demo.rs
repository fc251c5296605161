//! `vmtrace demo`

use crate::record::{self, DEFAULT_DIR};
use crate::report::{self, Colour};
use crate::tell;
use anyhow::{Context as _, Result};
use recorder::Plan;
use recorder::doctor::{self, State};
use recording::{Exit, LogFile, LogForm};
use std::num::NonZeroU32;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use timeline::Options;

/// See it work: record a small virtual machine that is built in, and tell what happened.
///
/// The guest has 121 bytes: it reads a sector of a disk, prints it on a serial port, waits for a timer, writes a sector, and
/// halts. It runs on the real /dev/kvm, its events go through the real tracefs, and the report lines them up with the
/// kernel's. Where one of these is missing it is told what would help, and the rest is shown.
///
/// The VMM is the example to copy: it is the folder demo-vmm of the sources.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Keep the recording in this folder; an earlier recording in it is replaced
    #[arg(short, long, value_name = "DIR", default_value = DEFAULT_DIR)]
    output: PathBuf,

    /// Have the guest do its work so many times
    #[arg(long, value_name = "N", default_value = "1")]
    rounds: NonZeroU32,

    /// When to use colours
    #[arg(long, visible_alias = "colour", value_name = "WHEN", value_enum, default_value_t)]
    color: Colour,
}

/// The VMM's log, where there is no marker to write to.
const LOG: &str = "log/vmm.log";

pub(crate) fn run(arguments: Arguments) -> Result<ExitCode> {
    let Arguments { output, rounds, color } = arguments;
    let kvm = doctor::device();
    if let (State::Missing, Some(fix)) = (kvm.state, kvm.fix) {
        // That a script stands in, and why, the VMM tells by itself.
        tell::line(&format!("{}: what would help: {fix}", kvm.name));
    }
    let exit = record::carry_out(plan(&output, rounds)?)?.exit;
    if exit != Exit::Status(0) {
        return Ok(record::status(exit));
    }
    report::tell(&output, &Options { fold: true, ..report::for_terminal(color) })?;
    Ok(ExitCode::SUCCESS)
}

/// Runs this program once more, as the VMM.
fn plan(dir: &Path, rounds: NonZeroU32) -> Result<Plan> {
    let program = std::env::current_exe().context("find this program")?;
    let program = program.to_str().context("the name of this program is not UTF-8")?.to_owned();
    let log = std::path::absolute(dir).context("find the current folder")?.join(LOG);
    let log = log.to_str().with_context(|| format!("the name {} is not UTF-8", log.display()))?;
    // A comma ends the name unless it is doubled, as in all options of QEMU's form.
    let trace = format!("*,file={}", log.replace(',', ",,"));
    let command = [program, "demo-vmm".into(), "--rounds".into(), rounds.to_string(), "-trace".into(), trace];
    let logs = vec![LogFile { path: LOG.into(), form: LogForm::Qemu }];
    Ok(Plan { logs, ..Plan::new(dir, command) })
}
