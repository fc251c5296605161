//! Finds tracefs, makes and drops instances, writes `trace_marker`.
//!
//! ```no_run
//! use ftrace::{Instance, Marker, Tracefs};
//!
//! # fn main() -> Result<(), ftrace::Error> {
//! let tracefs = Tracefs::find()?;
//! let instance = Instance::create(&tracefs)?; // /sys/kernel/tracing/instances/vmtrace-PID-START-NAMESPACE-N
//! instance.set_clock("mono")?;
//! instance.enable("kvm", "kvm_exit", None)?;
//!
//! let marker = Marker::open(instance.path())?;
//! marker.write(b"machine_start")?;
//! assert_eq!(marker.losses().total(), 0);
//! # Ok(())
//! # }
//! ```
//!
//! # Rights
//!
//! tracefs belongs to root with mode 0700. [`Error::Rights`] names the capability that is missing (CAP_DAC_OVERRIDE, and
//! CAP_SYS_ADMIN to mount it), or the command that does without: a group can be given the markers, a user the folder
//! `instances`.
//!
//! # Invariants
//!
//! - The host-wide `tracing_on`, clock and events are never touched; an instance's own are.
//! - An instance goes with its [`Instance`]; one whose maker was killed goes at the next [`Instance::remove_stale`].
//! - A message is one `write(2)` and one entry of the ring, or a counted loss; it is never split in two.
//! - Every descriptor is O_CLOEXEC, and a marker is opened only on a file that tracefs serves.
#![deny(missing_docs, unsafe_op_in_unsafe_fn)]

mod error;
mod instance;
mod lockdown;
mod maker;
mod marker;
mod mountinfo;
mod rights;
mod ring;
mod tracefs;

pub use error::Error;
pub use instance::Instance;
pub use marker::{Loss, Losses, Marker};
pub use ring::{Ring, RingStats};
pub use tracefs::{Mounted, Tracefs};
