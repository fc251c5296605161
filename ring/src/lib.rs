//! Records from many threads to one, in order of time, in bounded memory; the same in a mapped file that outlives the
//! process.
//!
//! A [`Producer`] is a thread's own ring. The one [`Consumer`] merges all rings by time. Where rings overwrite instead,
//! nobody consumes: the last records of each thread are there to be looked at.
//!
//! ```
//! use ring::{Kind, Options, Rings};
//!
//! # fn main() -> Result<(), ring::Error> {
//! let rings = Rings::new(Options::default())?;
//! let mut consumer = rings.consumer().unwrap();
//!
//! let threads = rings.clone();
//! std::thread::spawn(move || {
//!     let producer = threads.producer(4711).unwrap();
//!     producer.push(0b1, 8, |room| _ = room.put_u64(42)).unwrap();
//! })
//! .join()
//! .unwrap();
//!
//! let drained = consumer.drain_all(|entry| {
//!     assert_eq!((entry.tid, entry.lanes), (4711, 0b1));
//!     assert_eq!(entry.kind, Kind::Record(&42_u64.to_le_bytes()));
//! });
//! assert_eq!(drained.entries, 1);
//! # Ok(())
//! # }
//! ```
//!
//! # When an entry comes out
//!
//! A record is stamped on its thread between two changes of a mark in the ring: *busy* before the clock is read, *idle*
//! once the record is whole. [`Consumer::drain`] takes the time, then looks at each ring's mark and position. A ring that
//! is not busy can no longer add a record older than that look, less 100 microseconds: for so long, generously, the mark
//! might lie in the store buffer of the thread's processor while the clock had been read already. A busy ring adds none
//! older than the last look that found it idle, or found that it had moved on; one whose thread is running is found so
//! within some looks more. The least of these times is the *horizon*, up to which entries come out. It is never further
//! back than 10 ms: a thread that loses its processor within a record for longer gives a late one, which is flagged and
//! counted. A thread that waits for room has not read the clock, and holds nobody back.
//!
//! Rings that would drop are not held back at all once they are more than half full.
//!
//! # Invariants
//!
//! - A push takes no lock and makes no system call, but to wake a sleeping consumer and to wait where that is wanted.
//!   errno stays as it was.
//! - A record comes out whole or not at all, each once. What is lost is counted, and told in the place where it was lost.
//! - Memory is bounded by what was asked for, and so is the time for which a thread is held up.
//! - Entries come out in order of time; one that does not is flagged.
//! - A fork at any moment leaves the parent as it was, and no lock that nobody opens in the child.
#![deny(missing_docs, unsafe_op_in_unsafe_fn)]

mod bell;
mod circle;
mod clock;
mod consumer;
mod entry;
mod error;
mod file;
mod item;
mod memory;
mod merge;
mod options;
mod producer;
mod recording;
mod rings;
mod room;
mod slot;
mod snapshot;
mod sync;

pub use circle::Refused;
pub use consumer::{Consumer, Drained};
pub use entry::{Entry, Kind};
pub use error::Error;
pub use options::{COUNT_MAX, Full, Options, RING_MAX, RING_MIN, TOTAL_MAX};
pub use producer::Producer;
pub use recording::Recording;
pub use rings::{Losses, Rings};
pub use room::Room;
