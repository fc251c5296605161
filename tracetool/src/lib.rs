//! Makes code from `trace-events` files: the library of the command `tracetool`, and of a VMM's `build.rs`.
//!
//! A VMM in Rust needs three lines, and neither the command nor its features (`default-features = false`):
//!
//! ```no_run
//! // build.rs
//! fn main() -> Result<(), tracetool::Error> {
//!     tracetool::Build::new().events("trace-events").group("demo").compile()
//! }
//! ```
//!
//! ```no_run
//! # macro_rules! ignore { ($($tokens:tt)*) => {} }
//! # ignore! {
//! // src/main.rs
//! mod trace {
//!     vmtrace::include_events!("demo");
//! }
//! # }
//! ```
//!
//! What is wrong with a file fails the build, all of it at once, as a compiler would tell it:
//!
//! ```
//! let error = tracetool::Build::new().group("demo").source("trace-events", "f(int a) \"%s\"\n").generate().unwrap_err();
//! assert_eq!(
//!     error.to_string(),
//!     "\
//! trace-events:1:11: error: %s takes a string, but `a` is int [conversion-kind]
//!   f(int a) \"%s\"
//!             ^^"
//! );
//! ```
//!
//! Everything that QEMU's tracetool makes, C first, is made by a [`Request`]:
//!
//! ```
//! use tracetool::{Backend, Format, Group, Request};
//!
//! let file = trace_events::parse("trace-events", b"blk_read(int fd) \"fd %d\"\n");
//! let group = Group::new("demo", vec![("trace-events".to_owned(), file)]);
//! let header = Request::new(&group, Format::H, &[Backend::Log]).generate()?;
//! assert!(header.contains("static inline void trace_blk_read(int fd)"));
//! # Ok::<(), tracetool::Error>(())
//! ```
//!
//! # Invariants
//!
//! - The same input gives the same bytes. A file is written whole or not at all, and by [`Build`] and `batch` only if its
//!   bytes change.
//! - Nothing is generated from declarations with errors, and nothing that does not compile. With
//!   [`Request::bug_compatible`] the bytes are QEMU 10.2's, and only what QEMU refuses is an error.
//! - A call to [`Request::generate`] reads and writes nothing.
//! - An event that is declared `disable`, or any event with [`Backend::Nop`] alone, compiles to no code at all; its name
//!   stays in the group, for the message that says so.
#![deny(missing_docs, unsafe_op_in_unsafe_fn)]

mod backend;
#[cfg(feature = "command")]
pub mod batch;
mod build;
mod c;
#[cfg(feature = "command")]
pub mod check;
mod d;
mod error;
pub mod file;
mod format;
mod group;
mod layout;
mod names;
mod output;
mod qemu_rust;
mod request;
mod rust;
mod tcg;
#[cfg(feature = "command")]
pub mod tree;
mod ust_events;

pub use backend::Backend;
pub use build::Build;
pub use error::Error;
pub use format::Format;
pub use group::Group;
pub use layout::Layout;
pub use request::Request;
pub use rust::ProbeSite;
