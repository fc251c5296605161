//! QEMU's binary trace format, version 4, as its `simple` backend writes it: [`encode`] makes it, a [`Reader`] takes it
//! apart, [`run`] puts an [`Analysis`] to it.
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
//!
//! use simpletrace::{Reader, Record};
//!
//! let mut reader = Reader::new(file.as_slice())?;
//! while let Some(record) = reader.next()? {
//!     match record {
//!         Record::Event(event) => {
//!             let mut arguments = event.arguments();
//!             assert_eq!((event.name(), event.time, event.thread), ("blk_read", 1_000, 4711));
//!             assert_eq!(arguments.word(), Some(0x40));
//!             assert_eq!(arguments.string(), Some(&b"boot"[..]));
//!             assert!(arguments.is_empty());
//!         }
//!         Record::Dropped(dropped) => assert_eq!(dropped.count, 3),
//!     }
//! }
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Invariants
//!
//! - What is written here, QEMU's `simpletrace.py` reads as it is.
//! - Knows no declaration language: it is told the kinds of an event's arguments.
//! - A trace may be hostile: nothing in it panics, and no length that it claims is believed before as many bytes are there. A
//!   reader's memory is a block of a megabyte and the names of at most [`EVENTS_MAX`] events. Its time is linear.
//! - A trace that is cut off or damaged gives all whole records before that place, however it is read: the same for any
//!   sizes of readings. Then it gives an error with the place.
//! - A name holds no blank and no control character, so that it may be printed.
//! - Never opens a file: reads and writes what it is given.
#![deny(missing_docs, unsafe_op_in_unsafe_fn)]

mod blocks;
pub mod encode;
mod error;
mod format;
mod names;
mod reader;
mod record;

pub use blocks::{Block, Blocks, Records};
pub use error::{Damage, Error, Refused};
pub use format::{EVENTS_MAX, HEADER_SIZE, NAME_MAX, RECORD_MAX, STRING_MAX, VERSION};
pub use reader::{Analysis, Reader, run};
pub use record::{Argument, Arguments, Dropped, Event, Kind, Record};
