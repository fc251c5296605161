//! The C face of vmtrace: what `libvmtrace` exports. The headers in `include/` are its documentation.
//!
//! A Rust program with parts in C names the crate, so that it is linked; the C registers its events itself, before `main`:
//!
//! ```
//! use capi as _;
//!
//! # fn main() -> Result<(), vmtrace::Error> {
//! let tracing = vmtrace::Setup::new().init()?;
//! assert_eq!(tracing.events().count(), 0); // no C is linked here
//! # Ok(())
//! # }
//! ```
//!
//! # Invariants
//!
//! - No panic crosses into C, and what C hands over as NULL, twice or in the wrong order is told of, or does nothing.
//! - It never prints and never exits, but for the functions of QEMU's interface whose contract that is (`src/qemu`).
//! - An event on its way takes no lock and no memory, and leaves errno as it was.
//! - What a library has registered stays in memory, whoever closes the library.
//! - What QEMU defines itself lies in members of its own in `libvmtrace.a`, which are then not linked.
#![deny(missing_docs, unsafe_op_in_unsafe_fn)]

mod boundary;
mod command;
mod control;
mod emit;
mod error;
mod events;
mod group;
mod layout;
mod pin;
mod qemu;
mod serving;
mod setup;
mod sink;

pub use boundary::vmtrace_error;
pub use control::*;
pub use emit::vmtrace_emit;
pub use error::Error;
pub use group::vmtrace_register_group;
pub use layout::{TraceEvent, VmtraceEvent, VmtraceGroup};
pub use setup::*;
pub use sink::{VmtraceRecord, vmtrace_setup_sink};
