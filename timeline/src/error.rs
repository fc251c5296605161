//! Why a recording could not be lined up.

use std::io;
use std::path::{Path, PathBuf};

/// Why a recording could not be lined up or told of.
///
/// Damage within the kernel's pages or a log is none of these: it is an item of the timeline, with its place.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The folder or its manifest.
    #[error(transparent)]
    Recording(#[from] recording::Error),
    /// A system call on a file of the recording failed.
    #[error("{call} {path}: {source}")]
    Io {
        /// What was tried.
        call: &'static str,
        /// On what.
        path: PathBuf,
        /// What came of it.
        source: io::Error,
    },
    /// A part of the recording is no regular file in the folder: a recording from elsewhere may point
    /// anywhere.
    #[error("{path} is not a regular file within the recording: record again, or take the link away")]
    Strange {
        /// The file.
        path: PathBuf,
    },
    /// A description that the kernel gave is not as Documentation/trace/ftrace.rst has it.
    #[error("{path}: {why}: it is not as tracefs writes it, so record again")]
    Description {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        why: &'static str,
    },
    /// The kernel's stamps are on a clock that nothing else can be laid beside.
    #[error("the kernel's events are on the clock `{found}`: record on `mono`, which is what is lined up")]
    Clock {
        /// The clock's name in `trace_clock`.
        found: String,
    },
    /// A report of a time that ends before it begins.
    #[error(
        "nothing is from {from} s to {to} s after the recording's start: the end is before the beginning"
    )]
    Backwards {
        /// Seconds after the recording's start, as given.
        from: String,
        /// As `from`.
        to: String,
    },
    /// The report could not be written.
    #[error("write the report: {source}")]
    Write {
        /// What came of it; `BrokenPipe` where the reader had enough.
        #[source]
        source: io::Error,
    },
}

impl Error {
    pub(crate) fn io<'a>(call: &'static str, path: &'a Path) -> impl Fn(io::Error) -> Self + 'a {
        move |source| Self::Io { call, path: path.to_path_buf(), source }
    }

    pub(crate) fn write(source: io::Error) -> Self {
        Self::Write { source }
    }
}
