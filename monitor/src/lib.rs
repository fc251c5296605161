//! QMP and the human monitor: control of a VMM's trace events from outside.
#![deny(missing_docs, unsafe_op_in_unsafe_fn)]

mod hmp;
mod json;
mod monitor;

pub use hmp::Prompt;
pub use json::{Json, Object};
pub use monitor::Monitor;
