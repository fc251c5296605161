//! SystemTap scripts from the events of `trace-events` files: QEMU's formats `stap`, `log-stap` and `simpletrace-stap`.
//!
//! ```
//! use stap_gen::{Options, Script, generate};
//!
//! let source = b"blk_read(int64_t sector, const char *why) \"sector %#\" PRIx64 \" for %s\"\n";
//! let file = trace_events::parse("trace-events", source);
//! let options = Options { binary: "/usr/bin/vmm", probe_prefix: "vmm", bug_compatible: false };
//!
//! let aliases = generate(Script::Stap, &file.events, &options)?;
//! assert!(aliases.ends_with(
//!     "\
//! probe vmm.blk_read = process(\"/usr/bin/vmm\").mark(\"blk_read\")
//! {
//!   sector = $arg1;
//!   why = $arg2;
//! }
//!
//! "
//! ));
//! # Ok::<(), stap_gen::Error>(())
//! ```
#![deny(missing_docs, unsafe_op_in_unsafe_fn)]

mod alias;
mod conversion;
mod error;
mod log;
mod names;
mod number;
mod qemu_text;
mod reading;
mod script;
mod simpletrace;
mod text;
mod value;

pub use error::Error;
pub use script::{Options, Script, generate};
