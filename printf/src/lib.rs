//! What C's `printf` makes of one conversion and one argument, byte for byte, without allocation, lock or locale.
//!
//! The text of an event is defined as what `printf` makes of its format. Two roads produce it, generated straight-line
//! code in a VMM and the interpreter in a reader, and both end in the functions of [`Text`].
//!
//! ```
//! use printf::{Conversion, Spec, Text};
//! use std::mem::MaybeUninit;
//!
//! // printf("sector 0x%08x of %s", 255, "disk0")
//! let mut room = [MaybeUninit::uninit(); 64];
//! let mut text = Text::new(&mut room);
//! text.literal(b"sector 0x");
//! text.integer(255, &Spec { width: 8, zero: true, ..Spec::new(Conversion::Hex) });
//! text.literal(b" of ");
//! text.str(Some(b"disk0"));
//! assert_eq!(text.as_bytes(), b"sector 0x000000ff of disk0");
//! ```
//!
//! # Invariants
//!
//! - What is written equals glibc's `snprintf` in the C locale; the tests hold it against `libc::snprintf`.
//! - Never writes past the room it was given: what does not fit is left out, and [`Text::is_cut`] tells.
//! - Never panics, never allocates, makes no system call, so it may run in a signal handler.
#![no_std]
#![deny(missing_docs, unsafe_op_in_unsafe_fn)]

mod line;
mod number;
mod spec;
mod text;

pub use line::escape_in_place;
pub use spec::{Conversion, Length, Spec, Value};
pub use text::Text;
