//! What a recording is: the folder that the recorder writes and the timeline reads.
//!
//! ```text
//! DIR/
//!   manifest.json        what was run, with which clocks, and what was lost ([`Manifest`])
//!   kernel/header_page   how a page of the ring is laid out, as tracefs tells it
//!   kernel/comms         thread names, as tracefs' saved_cmdlines tells them
//!   kernel/events/SYSTEM/EVENT/format   one for each event that can be in the pages
//!   kernel/cpu0.raw …    the pages of each cpu's ring, as trace_pipe_raw gave them
//!   log/…                the VMM's own log, where the VMM has no marker
//! ```
//!
//! The manifest is written when recording starts and replaced (written beside, then renamed) when it ends, so that
//! a recorder that is killed still leaves a recording that can be read: its [`Manifest::end`] is `None`.
//!
//! ```
//! use recording::{Command, Manifest, Recording};
//!
//! # fn main() -> Result<(), recording::Error> {
//! # let dir = std::env::temp_dir().join(format!("recording-doctest-{}", std::process::id()));
//! let made = Recording::create(&dir)?;
//! made.save(&Manifest { command: Command { argv: vec!["true".into()], ..Command::default() }, ..Manifest::default() })?;
//!
//! assert_eq!(Recording::open(&dir)?.load()?.command.argv, ["true"]);
//! # std::fs::remove_dir_all(&dir).ok();
//! # Ok(())
//! # }
//! ```
//!
//! # Invariants
//!
//! - Holds the kernel's bytes as the kernel gave them; nothing here interprets one.
//! - A manifest of a later [`VERSION`] is refused, never half read.
#![deny(missing_docs, unsafe_op_in_unsafe_fn)]

mod folder;
mod manifest;

pub use folder::{Error, Recording};
pub use manifest::{
    ClockPair, Command, CpuRing, End, EventChoice, Exit, Host, Kernel, LogFile, LogForm, Manifest, VERSION,
};
