//! A VMM of a few pages on /dev/kvm, traced by vmtrace: the example to copy.
//!
//! A guest of 121 bytes (`guest.S`) reads a sector of a disk, prints it on a serial port, waits for a timer, writes a
//! sector, and halts. The disk is memory-mapped, serial port and timer are at ports, and the timer ticks on a thread
//! of its own. Every device tells what it does through the events of a `trace-events` file.
//!
//! What makes a VMM a traced one is all here:
//! - `trace-events`, `accel/trace-events`, `hw/*/trace-events`: the declarations, in QEMU's language
//! - `build.rs`: makes functions of them
//! - `src/trace.rs`: includes those functions
//! - [`main`]: has `vmtrace` take its options (`-trace` and the like) out of the command line
//! - and the calls, such as `trace_serial_write` in `src/serial.rs`
//!
//! ```
//! use demo_vmm::Config;
//! use std::num::NonZeroU32;
//!
//! # fn main() -> Result<(), demo_vmm::Error> {
//! let mut printed = Vec::new();
//! let outcome = demo_vmm::run(Config { kvm: true, rounds: NonZeroU32::MIN, guests: NonZeroU32::MIN }, &mut printed)?;
//!
//! assert_eq!(printed, b"Hello from sector 0\n");
//! if let Some(why) = outcome.no_kvm {
//!     eprintln!("a script stood in for the guest: {why}");
//! }
//! # Ok(())
//! # }
//! ```
//!
//! # Invariants
//!
//! - Nothing that the guest does makes the VMM panic, use more memory, or touch memory that is not the guest's.
//! - Each exit of the vcpu is one `kvm_run_exit` (without KVM, `script_exit`), emitted before the exit is handled on the
//!   thread that handles it, numbered from 0 without a gap.
//! - The script makes exactly the accesses that the guest makes.
#![deny(missing_docs, unsafe_op_in_unsafe_fn)]

#[cfg(not(all(target_os = "linux", target_arch = "x86_64")))]
compile_error!("demo-vmm runs x86 code on Linux' KVM");

mod disk;
mod error;
mod kvm;
mod machine;
mod options;
mod script;
mod serial;
mod timer;
mod trace;
mod vmm;

#[cfg(test)]
mod guest_tests;

pub use error::Error;
pub use vmm::{Config, Outcome, run};

use monitor::{Endpoint, Monitor, Server};
use options::Options;
use std::ffi::OsString;
use std::io::{self, Write};
use std::process::ExitCode;

/// The program: `args` are those after its name. Prints what the guest prints to standard output, and what else there
/// is to say to standard error.
pub fn main(args: impl IntoIterator<Item = OsString>) -> ExitCode {
    match command(args) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tell(&error.to_string());
            ExitCode::FAILURE
        }
    }
}

fn command(args: impl IntoIterator<Item = OsString>) -> Result<(), Error> {
    let mut args: Vec<OsString> = args.into_iter().collect();
    let mut setup = vmtrace::Setup::new();
    for group in trace::GROUPS {
        setup = setup.group(group);
    }
    let setup = setup.arguments(&mut args)?;
    let mut endpoints = Endpoint::arguments(&mut args)?;
    let options = Options::parse(args)?;
    if options.help {
        return Ok(io::stdout().write_all(options::help().as_bytes())?);
    }
    if let Some(listing) = setup.help() {
        return Ok(io::stdout().write_all(listing.as_bytes())?);
    }
    // a socket that another VMM has is found before its log is emptied
    Endpoint::open_all(&mut endpoints)?;
    let tracing = setup.init()?;
    for missing in tracing.unavailable() {
        tell(&missing.to_string());
    }

    let monitor = Monitor::new(tracing).name("demo-vmm").version(env!("CARGO_PKG_VERSION"));
    for waiting in endpoints.iter().filter_map(Endpoint::waits_for) {
        tell(&waiting);
    }
    let _server = Server::start(monitor, endpoints)?;

    let config = Config { kvm: options.kvm, rounds: options.rounds, guests: options.guests };
    let ran = run(config, &mut io::stdout());
    for sink in tracing.sinks().iter().filter(|sink| sink.losses.records > 0) {
        let why = sink.losses.why.as_deref().unwrap_or("it is not said why");
        tell(&format!("trace sink `{}` lost {} events: {why}", sink.name, sink.losses.records));
    }
    if let Some(why) = ran?.no_kvm {
        tell(&format!("no KVM: a script stood in for the guest ({why})"));
    }
    Ok(())
}

/// A standard error that is closed is no reason to fail.
fn tell(message: &str) {
    _ = writeln!(io::stderr(), "demo-vmm: {message}");
}
