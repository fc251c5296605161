//! `vmtrace`: what an operator types. Each subcommand hands over to a library; what is here are words.

mod demo;
mod doctor;
mod probes;
mod progress;
mod record;
mod report;
mod simpletrace;
mod stap;
mod tell;

use clap::{Parser, Subcommand};
use std::ffi::OsString;
use std::process::ExitCode;

/// A virtual machine monitor's own events and the kernel's, on one clock.
#[derive(Parser)]
#[command(name = "vmtrace", version, max_term_width = 110, after_long_help = EXAMPLES)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

const EXAMPLES: &str = "\
Begin with:
  vmtrace demo       see it work, on a virtual machine that is built in
  vmtrace doctor     see what works on this machine, and what would help the rest

Then:
  vmtrace record -- qemu-system-x86_64 -accel kvm -display none -trace 'kvm_run_exit'
  vmtrace report | less

A VMM that is built with the vmtrace crate needs no options: it finds the recording by itself.";

#[derive(Subcommand)]
enum Command {
    Demo(demo::Arguments),
    Record(record::Arguments),
    Report(report::Arguments),
    Simpletrace(simpletrace::Arguments),
    Probes(probes::Arguments),
    Stap(stap::Arguments),
    /// Tell what works on this machine, and what would make the rest work.
    ///
    /// Looks at every source of events (KVM, tracefs, uprobes, QEMU's log) and at everywhere that a VMM's events can go
    /// (log, ftrace, syslog, and how many lines journald and rsyslogd take). Each is tried as far as that changes nothing, and
    /// for what does not work the exact command is told that would make it work.
    Doctor,
    /// The VMM that `vmtrace demo` runs.
    #[command(hide = true, disable_help_flag = true)]
    DemoVmm {
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        arguments: Vec<OsString>,
    },
}

/// An error and its causes, those left out that a message before has told already.
fn in_words(error: &anyhow::Error) -> String {
    error.chain().map(ToString::to_string).fold(String::new(), |told, cause| match told.is_empty() {
        true => cause,
        false if told.contains(&cause) => told,
        false => format!("{told}: {cause}"),
    })
}

fn main() -> ExitCode {
    let done = match Arguments::parse().command {
        Command::Demo(arguments) => demo::run(arguments),
        Command::Record(arguments) => record::run(arguments),
        Command::Report(arguments) => report::run(&arguments),
        Command::Simpletrace(arguments) => simpletrace::run(&arguments),
        Command::Probes(arguments) => probes::run(&arguments),
        Command::Stap(arguments) => stap::run(&arguments),
        Command::Doctor => doctor::run(),
        Command::DemoVmm { arguments } => Ok(demo_vmm::main(arguments)),
    };
    done.unwrap_or_else(|error| {
        tell::line(&in_words(&error));
        let status = error.downcast_ref::<recorder::Error>().map_or(1, recorder::Error::status);
        ExitCode::from(status)
    })
}
