//! USDT probes for Rust: sites in `.note.stapsdt` with typed arguments and semaphores, as C's `sys/sdt.h` makes them.
//!
//! # Invariants
//!
//! - What a VMM links has no dependency and no std: the features `read` and `attach` are for tools.
#![no_std]
#![deny(missing_docs, unsafe_op_in_unsafe_fn)]

#[cfg(feature = "read")]
extern crate std;
