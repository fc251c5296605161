//! Why there can be no way to the system log at all. A daemon that is away is no such reason.

use std::io;
use std::path::PathBuf;

/// Why the system log cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The identifier would be read as something else.
    #[error(
        "syslog identifier {0:?}: give one of 1 to 128 bytes without blanks, control characters, brackets and colons"
    )]
    Ident(String),
    /// The path is no socket's.
    #[error("syslog socket {}: {source}: give a path of at most 107 bytes without NUL", path.display())]
    Path {
        /// The path.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// The kernel gives no socket or no memory.
    #[error("syslog: {call}: {source}")]
    Kernel {
        /// What was tried.
        call: &'static str,
        /// What came of it.
        source: io::Error,
    },
}
