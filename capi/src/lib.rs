//! The C face of vmtrace: what `libvmtrace` exports. The headers in `include/` are its documentation.
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
