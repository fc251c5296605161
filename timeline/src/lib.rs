//! Lines a recording's sources up on one clock: decoding of kept bytes, clocks, merge, reports.
//!
//! A recording (crate `recording`) holds the kernel's ring as the kernel gave it, the VMM's markers in it,
//! and the VMM's own log where it has no markers. A [`Timeline`] is all of it as one stream of [`Item`]s on
//! CLOCK_MONOTONIC, in an order in which each thread's causes come before their effects; a report tells it,
//! and its [`Summary`] says where the guest's time went.
//!
//! ```
//! use recording::{Manifest, Recording};
//! use timeline::{Options, Timeline};
//!
//! # fn main() -> Result<(), timeline::Error> {
//! # let dir = std::env::temp_dir().join(format!("timeline-doctest-{}", std::process::id()));
//! # let recording = Recording::create(&dir)?;
//! # let why = Some("there is no /dev/kvm".into());
//! # recording.save(&Manifest { kernel_missing: why, ..Manifest::default() })?;
//! let timeline = Timeline::open(&Recording::open(&dir)?)?;
//!
//! let mut items = timeline.items()?;
//! while let Some(item) = items.next()? {
//!     println!("{} {}: {}", item.placed - timeline.start(), item.event, item.text());
//! }
//!
//! let mut report = Vec::new();
//! timeline.report(&Options { limit: Some(100), ..Options::default() }, &mut report)?;
//! assert!(String::from_utf8_lossy(&report).contains("there is no kernel side: there is no /dev/kvm"));
//! # std::fs::remove_dir_all(&dir).ok();
//! # Ok(())
//! # }
//! ```
//!
//! # How it lines up
//!
//! - The ring's stamps are exact: kernel events and markers stand where they say, in the order of (stamp,
//!   cpu, position).
//! - A log's stamp is an interval: its microsecond of the wall clock, brought to CLOCK_MONOTONIC by the
//!   recording's readings of both clocks, widened by what these leave open. A line may stand anywhere in it.
//! - QEMU's `kvm_run_exit` line is matched to its own `kvm_userspace_exit`, of its thread and number; an exit
//!   need have no line. A thread that runs a guest prints only between an exit and its next KVM_RUN, so that
//!   is where its lines stand, in the log's order. Where that and the interval disagree, order wins, and the
//!   report says so.
//! - An event's text is what the kernel prints of it in `trace`, by interpreting its `print fmt`. Events
//!   whose `print fmt` needs what no recording has (enumerators, statements) are shown by their fields, as
//!   trace-cmd does; `%pS` shows the address, `%p` the address as with the option `hash-ptr` off.
//!
//! # Invariants
//!
//! - Never touches the kernel, writes no file, opens none but those of the recording's folder and a flight recorder's that it is
//!   given by name ([`simple::Flight`]).
//! - A recording may be hostile: nothing in it panics, and memory is a page a cpu, a window a log file, and
//!   some 60 bytes a log line or exit. Nothing that it says reaches a terminal as a control character.
//! - What cannot be read is told: as an item in its place ([`Source::Lost`], [`Source::Log`]), or as a
//!   [`Note`].
//! - An exit is never given another thread's line, nor a line two exits, nor two lines one.
#![deny(missing_docs, unsafe_op_in_unsafe_fn)]

mod clock;
mod error;
mod facts;
mod item;
mod items;
mod kernel;
mod log;
mod marker;
mod matching;
mod placing;
mod print;
mod report;
mod shown;
pub mod simple;
mod summary;
mod timeline;
mod within;

pub use clock::Interval;
pub use error::Error;
pub use item::{Item, Source};
pub use items::Items;
pub use report::{Form, Moment, Note, Options, Pattern, Unclear};
pub use summary::{Began, Ended, Filling, Named, Reason, Slow, Spread, Summary};
pub use timeline::Timeline;
