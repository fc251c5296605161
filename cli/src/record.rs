//! `vmtrace record`

use crate::tell;
use anyhow::Result;
use recorder::{Event, Outcome, Plan};
use recording::Exit;
use std::ffi::OsString;
use std::path::PathBuf;
use std::process::ExitCode;

/// Where recordings go, and are looked for, unless told otherwise.
pub(crate) const DEFAULT_DIR: &str = "vmtrace-recording";

/// Run a command and record it: its own events, and what the kernel's KVM does for it.
///
/// The kernel's events are recorded for the command's processes and threads alone, in a private instance of tracefs, from
/// before its first instruction to its end; what it leaves running (-daemonize) is not recorded further. Always recorded, where the kernel has them: kvm_entry, kvm_exit,
/// kvm_userspace_exit, kvm_pio, kvm_mmio, kvm_msr, kvm_set_irq, and KVM_RUN.
///
/// A VMM that is built with the vmtrace crate finds the instance in the environment (VMTRACE_INSTANCE) and writes its
/// events there. Of QEMU (qemu-system-*, kvm, qemu-kvm) the log is kept: with -trace in its arguments, those are added that
/// give its lines times and the log a place in the recording, and it is told which.
///
/// This needs root. Without it, or without tracefs, the command runs all the same, its own events are kept, and what is
/// missing is told. Ctrl-C goes to the command; its exit status is passed on (128 + N if signal N ended it). A command that
/// is not found gives 127, one that cannot be executed 126. If vmtrace itself is killed, what was recorded is kept and the
/// instance is removed.
#[derive(clap::Args)]
#[command(after_long_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// Record this event of the kernel's as well; may be given many times
    ///
    /// SYSTEM:EVENT as in tracefs' folder events/, and the kernel's own filter for it after a slash, if any. An event that
    /// is recorded anyway gets the filter.
    #[arg(short = 'e', long = "event", value_name = "SYSTEM:EVENT[/FILTER]")]
    events: Vec<Event>,

    /// Keep the recording in this folder; an earlier recording in it is replaced
    #[arg(short, long, value_name = "DIR", default_value = DEFAULT_DIR)]
    output: PathBuf,

    /// The size of the kernel's ring for each cpu, in KiB
    ///
    /// If events come faster than they can be kept, a larger ring holds more of a burst. What is lost is counted and told.
    #[arg(short, long, value_name = "KIB", default_value_t = recorder::DEFAULT_BUFFER_KB, value_parser = clap::value_parser!(u64).range(1..))]
    buffer_kb: u64,

    /// The command, and its arguments
    #[arg(required = true, trailing_var_arg = true, allow_hyphen_values = true, value_name = "COMMAND")]
    command: Vec<OsString>,
}

const EXAMPLES: &str = "\
Examples:
  vmtrace record -- qemu-system-x86_64 -accel kvm -display none -trace 'kvm_run_exit'
  vmtrace record -e kvm:kvm_emulate_insn -b 32768 -- qemu-system-x86_64 -accel kvm
  vmtrace record -e 'kvm:kvm_pio/port == 0x3f8' -o serial -- ./my-vmm guest.img
  vmtrace report serial";

pub(crate) fn run(arguments: Arguments) -> Result<ExitCode> {
    let Arguments { events, output, buffer_kb, command } = arguments;
    let outcome = carry_out(Plan { events, buffer_kb, ..Plan::new(output, command) })?;
    tell::line(&format!(
        "recorded in {0}; see it with: vmtrace report {0}",
        outcome.recording.dir().display()
    ));
    Ok(status(outcome.exit))
}

/// Records, and tells what there is to tell.
pub(crate) fn carry_out(plan: Plan) -> Result<Outcome> {
    let prepared = plan.prepare()?;
    match prepared.cleared() {
        0 => {}
        1 => tell::line("removed a tracefs instance that a killed recorder had left"),
        count => tell::line(&format!("removed {count} tracefs instances that killed recorders had left")),
    }
    for notice in prepared.notices() {
        tell::line(notice);
    }
    if let Some(why) = prepared.kernel_missing() {
        tell::line(&format!("the kernel's side is not recorded: {why}"));
    }
    let outcome = prepared.run()?;
    for notice in &outcome.notices {
        tell::line(notice);
    }
    Ok(outcome)
}

/// As a shell has it.
pub(crate) fn status(exit: Exit) -> ExitCode {
    let status = match exit {
        Exit::Status(status) => status,
        Exit::Signal(signal) => 128 + signal,
        Exit::Running => 0,
    };
    ExitCode::from(u8::try_from(status).unwrap_or(u8::MAX))
}
