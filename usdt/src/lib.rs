//! USDT probes for Rust, which perf, bpftrace, gdb and SystemTap see as they see C's; reading them back from files and
//! processes; attaching to them.
//!
//! ```
//! usdt::semaphore!(static TRANSFER);
//!
//! fn transfer(sector: u64, head: u8, device: &str) {
//!     // a nop, and a note that says where the arguments are
//!     usdt::probe!("disk", "seek"; sector: u64, head: u8);
//!
//!     // one load, and the arguments are made only while somebody listens
//!     if TRANSFER.is_on() {
//!         let device = usdt::Text::new(Some(device.as_bytes()));
//!         usdt::probe!("disk", "transfer", if TRANSFER; sector: u64, head: u8, device: ptr = device.as_ptr());
//!     }
//! }
//! transfer(4711, 3, "sda");
//! ```
//!
//! Then, from outside:
//!
//! ```text
//! bpftrace -e 'usdt:./vmm:disk:transfer { printf("%d %d %s\n", arg0, arg1, str(arg2)); }'
//! ```
//!
//! # Features
//!
//! A program with probes needs none. `read` lists the probes of files and processes, `attach` listens to them;
//! both are for tools, and on Linux.
//!
//! # Why not the crate `probe`
//!
//! Version 0.5 casts each argument to `isize` and notes `-8@` for all, so that sizes and signs are lost; a semaphore is private
//! to its call site, so that it can neither lie in a word of ours nor be shared with C; its site is C's 1-byte `nop`; what the linker
//! collects leaves its note behind. The crate `usdt` 0.6, made for DTrace, has six arguments at most, allocates for a string, and makes
//! JSON of what is neither string nor number; its sites are C's too. What all of them cost: `docs/performance.md`.
//!
//! # Invariants
//!
//! - What a program with probes links has no dependency, no std, and runs nothing before `main`.
//! - A site is nops. With a semaphore it is a load and a branch before that, and nothing is computed while nobody listens.
//! - The code of a probe never keeps locals below the stack pointer at the site: the kernel may push there.
//! - A note stands for code that is there: what the linker collects has none.
//! - Reading takes any file: it is an error or a list, in bounded time and memory, never a panic. A process's files are read
//!   one by one. Names and arguments' spellings are what the file says, control characters too, and so are errors' paths: who
//!   prints them for a terminal escapes them.
//! - Listening reads what is in memory, and nobody waits for what is not, unless that was asked for; even then no hit waits for another's.
#![no_std]
#![deny(missing_docs, unsafe_op_in_unsafe_fn)]

#[cfg(feature = "read")]
extern crate std;

mod semaphore;
mod site;
mod text;

pub use semaphore::Semaphore;
#[doc(hidden)]
pub use site::InRegister;
pub use text::{TEXT_MAX, Text};

#[cfg(feature = "read")]
mod error;
#[cfg(feature = "read")]
mod read;

#[cfg(feature = "read")]
pub use error::{Error, Fault};
#[cfg(feature = "read")]
pub use read::{
    Argument, Extend, Index, Kind, Location, Machine, Mapped, Memory, Part, Place, Probe, Register, Segment,
    Symbol, probes, probes_in, probes_of,
};

#[cfg(feature = "attach")]
mod attach;

#[cfg(feature = "attach")]
pub use attach::{Attachment, Hit, HitText, Listener, LongNops, Refused, SiteForm, Target, Value, long_nops};
