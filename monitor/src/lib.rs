//! QMP and the human monitor: control of a VMM's trace events from outside.
#![deny(missing_docs, unsafe_op_in_unsafe_fn)]

mod error;
mod hmp;
mod json;
mod monitor;
mod qmp;
mod server;

pub use error::Error;
pub use hmp::Prompt;
pub use json::{Json, Object};
pub use monitor::Monitor;
pub use qmp::{Arguments, CommandError, ErrorClass, Session};
pub use server::{Endpoint, Protocol, Server};
