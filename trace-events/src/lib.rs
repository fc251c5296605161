//! The language of `trace-events` files: text in, events and diagnostics out.
//!
//! It is QEMU's language (`docs/devel/tracing.rst` of QEMU 10.2 is its text, with the `vcpu` and `tcg` properties of
//! QEMU 5): one event a line, with properties, a name, typed arguments and a `printf` format.
//!
//! ```
//! let source = br#"
//! ## the disk
//! blk_read(uint64_t sector, const char *why) "sector 0x%" PRIx64 " for %s"
//! disable blk_noise(void) "hum"
//! blk_oops(int fd) "fd %s"
//! "#;
//! let file = trace_events::parse("hw/block/trace-events", source);
//!
//! assert_eq!(file.events[0].name, "blk_read");
//! assert!(file.events[0].args[1].ctype.is_string());
//! assert!(file.events[1].properties.disable);
//!
//! // Every fault is told, with its place, and what could be read is there all the same.
//! assert_eq!(file.events.len(), 3);
//! assert_eq!(
//!     file.diagnostics[0].to_string(),
//!     "\
//! hw/block/trace-events:5:22: error: %s takes a string, but `fd` is int [conversion-kind]
//!   blk_oops(int fd) \"fd %s\"
//!                        ^^"
//! );
//!
//! // A reader that has only the declaration prints as the VMM itself does.
//! use printf::{Text, Value};
//! let mut room = [std::mem::MaybeUninit::uninit(); 64];
//! let mut text = Text::new(&mut room);
//! file.events[0].format.render(&[Value::Word(0x40), Value::Str(Some(b"boot"))], &mut text);
//! assert_eq!(text.as_bytes(), b"sector 0x40 for boot");
//! ```
//!
//! # Invariants
//!
//! - No I/O, and no code is printed here: that is `tracetool`'s job.
//! - [`parse`] takes any bytes at all: it never panics, and its time and memory are linear in the input.
//! - [`parse`] warns of a conversion exactly where `gcc -Wformat` warns on 64-bit Linux; what is a matter of style, or of
//!   other systems, is left to [`lint_style`].
//! - An event is in [`File::events`] as soon as its name can be read; whoever generates from it first asks
//!   [`File::has_errors`].
//! - Each event keeps its declaration's own spelling, so that a generator may print it to the byte.
#![deny(missing_docs, unsafe_op_in_unsafe_fn)]

mod check;
mod ctype;
mod cursor;
mod declaration;
mod diagnostic;
mod file;
mod format;
mod lint;
mod literals;
mod modifier;

pub use ctype::{Base, CType, RustType};
pub use declaration::{Argument, Event, MAX_ARGUMENTS, Properties};
pub use diagnostic::{Diagnostic, Line, Place, Rule, Severity};
pub use file::{File, parse};
pub use format::{Amount, Conversion, Format, Part};
pub use lint::{lint_groups, lint_style, lint_tcg};
