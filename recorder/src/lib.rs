//! Runs a command with the kernel's events on and keeps what came: `vmtrace record`.
//!
//! ```no_run
//! use recorder::Plan;
//!
//! # fn main() -> Result<(), recorder::Error> {
//! let prepared = Plan::new("vmtrace-recording", ["qemu-system-x86_64", "-accel", "kvm"]).prepare()?;
//! for notice in prepared.notices() {
//!     eprintln!("{notice}");
//! }
//! let outcome = prepared.run()?;
//! println!("{:?}, kept in {}", outcome.exit, outcome.recording.dir().display());
//! # Ok(())
//! # }
//! ```
//!
//! # Who does what
//!
//! Two processes. The *recorder* is the caller: it runs the command and passes signals on. The *keeper*, which it forks
//! off, makes the instance, tells the kernel which process to record before that becomes the command, and moves pages
//! from the rings to files. When the recorder is gone, for whatever reason, their channel closes; then the keeper
//! switches tracing off, keeps what is left, finishes the manifest and removes the instance.
//!
//! # Invariants
//!
//! - The command's own exit is passed on; nothing of it is missed, because it starts once it is recorded.
//! - No instance is left behind, whichever of recorder and command is killed; a keeper's own, should that be killed, is
//!   removed by the next one.
//! - Pages are kept as the kernel gave them, byte for byte. What was lost is counted, and told.
//! - A command that cannot be run leaves nothing, and an earlier recording as it was.
//! - The host-wide state of tracefs is not touched, except that it is mounted where it is not.
#![deny(missing_docs, unsafe_op_in_unsafe_fn)]

mod asking;
mod attend;
mod channel;
mod clocks;
pub mod doctor;
mod error;
mod events;
mod formats;
mod keeper;
mod kernel;
mod launch;
mod logs;
mod names;
mod pages;
mod plan;
mod program;
mod qemu;
mod session;

pub use error::Error;
pub use events::Event;
pub use plan::{DEFAULT_BUFFER_KB, Plan};
pub use session::{INSTANCE_VARIABLE, Outcome, Prepared};
