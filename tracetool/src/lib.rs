//! Makes code from `trace-events` files: a library for `build.rs`.
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
//! # Invariants
//!
//! - The same input gives the same bytes; a file is written only if its bytes change.
//! - Nothing is generated from a file with errors.
//! - An event that is declared `disable`, or any event with [`Backend::Nop`] alone, compiles to no code at all; its name
//!   stays in the group, for the message that says so.
#![deny(missing_docs, unsafe_op_in_unsafe_fn)]

mod backend;
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
pub mod tree;
mod ust_events;

pub use backend::Backend;
pub use build::Build;
pub use error::Error;
pub use format::Format;
pub use group::Group;
pub use layout::Layout;
pub use request::Request;
