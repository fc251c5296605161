//! Why rings cannot be had, or a recording not be read.

use std::io;
use std::path::PathBuf;

/// Why rings cannot be had, or a recording not be read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The sizes asked for are out of bounds.
    #[error("{0}")]
    Options(String),
    /// The system gives no such memory.
    #[error("{call}: {source}")]
    Memory {
        /// The call that failed, and what may help.
        call: &'static str,
        /// What the system says.
        source: io::Error,
    },
    /// A file cannot be made or read.
    #[error("{}: {call}: {source}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// The call that failed.
        call: &'static str,
        /// What the system says.
        source: io::Error,
    },
    /// What is at the path is not a plain file.
    #[error("{}: is there and is not a plain file: name another path", path.display())]
    NotAFile {
        /// The path.
        path: PathBuf,
    },
    /// The file is no recording, or its header is damaged.
    #[error("{}: {why}", path.display())]
    NotARecording {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        why: String,
    },
    /// A recording's ring is damaged. What was whole before has been given.
    #[error("{}: ring {ring}, at byte {offset} of the file: {why}", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// The ring's number in the file.
        ring: usize,
        /// Where in the file.
        offset: u64,
        /// What is wrong.
        why: &'static str,
    },
}
