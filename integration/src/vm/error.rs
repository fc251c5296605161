//! What keeps a VM from running, or from telling how it went.

use std::io;
use std::path::PathBuf;
use std::time::Duration;

/// Why there is no [`Outcome`](super::Outcome).
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The machine lacks something that the VM is made of. A test is skipped for this one.
    #[error("{what} ({fix})")]
    Missing {
        /// What was looked for, and where.
        what: String,
        /// The command that brings it.
        fix: &'static str,
    },

    /// A kernel is not one that can be booted here.
    #[error("{}: {why}", path.display())]
    Kernel {
        /// The kernel's file.
        path: PathBuf,
        /// What is wrong with it.
        why: String,
    },

    /// A call failed.
    #[error("{}: {call}: {source}", path.display())]
    Io {
        /// What it was called on.
        path: PathBuf,
        /// The call.
        call: &'static str,
        /// Its error.
        source: io::Error,
    },

    /// The script left no status: the guest panicked, was shut down, or never came to it.
    #[error(
        "the VM ended ({qemu}) and the script left no status.\n-- its output ended in:\n{output}\n\
         -- QEMU told:\n{told}\n-- the serial port ended in:\n{serial}"
    )]
    NoStatus {
        /// QEMU's status, which is 0 after a panic as well.
        qemu: std::process::ExitStatus,
        /// The end of what the script had printed.
        output: String,
        /// What QEMU printed.
        told: String,
        /// The end of the serial log.
        serial: String,
    },

    /// The script did not end in time, and the VM was killed.
    #[error(
        "the VM was ended after {after:?}.\n-- the script's output ended in:\n{output}\n\
         -- the serial port ended in:\n{serial}"
    )]
    Hung {
        /// The time that it had.
        after: Duration,
        /// The end of what the script had printed.
        output: String,
        /// The end of the serial log.
        serial: String,
    },
}

impl Error {
    /// For `map_err`: a call on a path.
    pub(super) fn io(path: impl Into<PathBuf>, call: &'static str) -> impl FnOnce(io::Error) -> Self {
        let path = path.into();
        move |source| Self::Io { path, call, source }
    }
}
