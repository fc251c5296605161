//! QEMU's binary trace format, version 4, as its `simple` backend writes it: [`encode`] makes it.
//!
//! ```
//! use simpletrace::encode;
//!
//! let mut file = Vec::new();
//! encode::header(&mut file);
//! encode::mapping(&mut file, 7, "blk_read")?;
//!
//! let mut arguments = Vec::new();
//! encode::word(&mut arguments, 0x40);
//! encode::string(&mut arguments, b"boot");
//! encode::event(&mut file, 7, 1_000, 4711, &arguments)?;
//! encode::dropped(&mut file, 2_000, 4711, 3);
//! # Ok::<(), simpletrace::Refused>(())
//! ```
//!
//! # Invariants
//!
//! - What is written here, QEMU's `simpletrace.py` reads as it is.
//! - Knows no declaration language: it is told an event's name and the kinds of its arguments.
//! - Never panics on input, and never opens a file.
#![deny(missing_docs, unsafe_op_in_unsafe_fn)]

pub mod encode;
mod error;
mod format;

pub use error::Refused;
pub use format::{EVENTS_MAX, HEADER_SIZE, NAME_MAX, RECORD_MAX, STRING_MAX, VERSION};
