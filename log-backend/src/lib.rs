//! Writes a line to standard error, the log file or a file a thread, QEMU's way: `TID@SECONDS.MICROSECONDS:` (or ISO 8601, or
//! nothing, see [`Form`]) and the line, in one `write`; or many lines at once, for a thread that writes those of others.
//!
//! ```
//! # fn main() -> Result<(), log_backend::Error> {
//! # let path = std::env::temp_dir().join(format!("log-backend-doctest-{}", std::process::id()));
//! let log = log_backend::Log::to_file(&path)?;
//! log.write_line(15868, b"migrate_set_state_user new state setup");
//!
//! let text = std::fs::read_to_string(&path).unwrap();
//! assert!(text.starts_with("15868@") && text.ends_with(":migrate_set_state_user new state setup\n"));
//! assert_eq!(log.lost().lines, 0);
//! # std::fs::remove_file(&path).ok();
//! # Ok(())
//! # }
//! ```
//!
//! # Invariants
//!
//! - One line is one `write(2)` of at most [`LINE_MAX`] bytes, to a file that is opened O_APPEND, or a pipe: lines of
//!   several threads and processes never mix. A [`Batch`] writes many at once, and mixes them no more. Every descriptor is
//!   O_CLOEXEC. A line that could be written in part only (a full disk) is ended before the next.
//! - No allocation, no lock, and errno as it was: a line may be written from a signal handler, which needs 8 KiB of stack.
//! - A line that could not be written whole is counted, with the reason, never silently gone; the log tells of it when it
//!   takes lines again.
//! - Never kills: not by SIGPIPE nor by SIGXFSZ, whatever the process does about them, and that is never changed.
//! - Switching files never closes the descriptor that another thread is writing to.
//! - Lines of one thread stand in their order. Those of several stand in the order of their writes, which is not always that
//!   of their stamps: a thread may be held up between the two. Whoever merges them sorts by stamp.
#![deny(missing_docs, unsafe_op_in_unsafe_fn)]

mod batch;
mod error;
mod log;
mod loss;
mod open;
mod others;
mod place;
mod put;
mod stamp;
mod target;
mod threads;

pub use batch::Batch;
pub use error::Error;
pub use log::{FRAME_MAX, LINE_MAX, Log};
pub use loss::Lost;
pub use stamp::Form;
pub use threads::THREAD_FILES;
