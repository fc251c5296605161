//! `vmtrace stap`

use crate::tell;
use anyhow::Result;
use clap::Subcommand;
use std::io::{ErrorKind, Write as _};
use std::path::PathBuf;
use std::process::ExitCode;
use systemtap::{Program, Run, Script, Texts};

/// Trace a program's USDT probes with SystemTap, as QEMU's qemu-trace-stap does, or make a script that has KVM's events
/// beside them.
///
/// BINARY is a program or a shared library with probes, looked for in PATH if it has no slash. What a line says of a probe
/// comes from trace-events files (--events) or from a folder of scripts (--tapset); without them from scripts that are installed
/// for the program in ../share/systemtap/tapset, as QEMU's are, where nobody but root and you may write; and without those from
/// the program's own notes: then arguments are numbers.
#[derive(clap::Args)]
#[command(after_long_help = EXAMPLES)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    command: Command,

    /// Tell what is done, and where texts come from
    #[arg(short, long, global = true)]
    verbose: bool,
}

#[derive(Subcommand)]
enum Command {
    /// List the names of a program's probes
    ///
    /// Those that match a pattern, or all if there is none. SystemTap need not be installed for it.
    List {
        #[command(flatten)]
        program: Named,

        /// A name, or a part of it with * for the rest (? for one character)
        #[arg(value_name = "PATTERN")]
        patterns: Vec<String>,
    },
    /// Print a line for each hit of a probe that matches, until Ctrl-C
    ///
    /// Of all processes that run BINARY now or later, unless --pid names one. A line is PID@NANOSECONDS NAME TEXT, of the time
    /// of day. SystemTap and the kernel's headers must be installed, and this wants root. The exit status is stap's, and 1
    /// where stap ends with 0 though the kernel refused its probes.
    Run {
        #[command(flatten)]
        program: Named,

        /// A name, or a part of it with * for the rest (? for one character)
        #[arg(value_name = "PATTERN", required = true)]
        patterns: Vec<String>,

        /// Only this process
        #[arg(short, long, value_parser = clap::value_parser!(u32).range(1..))]
        pid: Option<u32>,

        /// Print the script and do not run it
        #[arg(long, conflicts_with = "pid")]
        script: bool,
    },
    /// Print a script that has KVM's events beside a program's probes, on one clock
    ///
    /// Run it with `stap -s 8 SCRIPT`, or with `stap -s 8 -x PID SCRIPT` for one process. A line is TID@SECONDS.NANOSECONDS NAME
    /// TEXT, of CLOCK_MONOTONIC. Which of KVM's events stap finds depends on the kernel's headers; it says which it does not.
    Lineup {
        #[command(flatten)]
        program: Named,

        /// A name, or a part of it with * for the rest (? for one character)
        #[arg(value_name = "PATTERN", required = true)]
        patterns: Vec<String>,
    },
}

/// A program, and what its probes say.
#[derive(clap::Args)]
struct Named {
    /// A trace-events file of the program's; may be given many times
    #[arg(short, long = "events", value_name = "FILE")]
    events: Vec<PathBuf>,

    /// A folder of scripts for the program, as QEMU installs them. What they hold may run in the kernel: you answer for it
    #[arg(long, value_name = "DIR", conflicts_with = "events")]
    tapset: Option<PathBuf>,

    /// The program, or the shared library
    binary: PathBuf,
}

const EXAMPLES: &str = "\
Examples:
  vmtrace stap list qemu-system-x86_64 'qcrypto*'
  vmtrace stap run --pid 1732 qemu-system-x86_64 'qio*'
  vmtrace stap run --events src/trace-events ./my-vmm 'blk_*'
  vmtrace stap lineup --events src/trace-events ./my-vmm '*' > lineup.stp";

pub(crate) fn run(arguments: &Arguments) -> Result<ExitCode> {
    let verbose = arguments.verbose;
    match &arguments.command {
        Command::List { program, patterns } => {
            let (program, texts) = program.open(verbose)?;
            let names = program.list(&texts, patterns)?;
            print(&names.iter().flat_map(|name| [name, "\n"]).collect::<String>())
        }
        Command::Run { program, patterns, pid, script } => {
            let (program, texts) = program.open(verbose)?;
            let made = program.script(&texts, patterns)?;
            if *script {
                return print(&made.text);
            }
            if verbose {
                tell_script(&made);
            }
            Ok(ExitCode::from(made.run(&Run { pid: *pid, greet: verbose })?.status))
        }
        Command::Lineup { program, patterns } => {
            let (program, texts) = program.open(verbose)?;
            print(&program.lineup(&texts, patterns)?.text)
        }
    }
}

impl Named {
    fn open(&self, verbose: bool) -> Result<(Program, Texts)> {
        let program = Program::find(&self.binary)?;
        let texts = match &self.tapset {
            Some(folder) => Texts::Installed(program.tapset(folder)?),
            None if self.events.is_empty() => program.installed()?.map_or_else(Texts::none, Texts::Installed),
            None => Texts::Declared(systemtap::declarations(&self.events)?),
        };
        if verbose {
            let path = program.path().display();
            tell::line(&match &texts {
                Texts::Installed(tapset) => {
                    format!("{path}, with the scripts in {}", tapset.folder().display())
                }
                Texts::Declared(events) if events.is_empty() => format!("{path}: arguments are numbers"),
                Texts::Declared(events) => format!("{path}, with {} declarations", events.len()),
            });
        }
        Ok((program, texts))
    }
}

fn tell_script(script: &Script) {
    tell::line(&format!("the script:\n{}", script.text));
}

fn print(text: &str) -> Result<ExitCode> {
    match std::io::stdout().write_all(text.as_bytes()) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => Err(error.into()),
        _ => Ok(ExitCode::SUCCESS),
    }
}
