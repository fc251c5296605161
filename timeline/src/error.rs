//! Why a recording could not be lined up.

use crate::simple;
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
    /// A trace of QEMU's binary format cannot be read, or not further.
    #[error(transparent)]
    Trace(#[from] simpletrace::Error),
    /// A flight recorder's file cannot be read, or not further.
    #[error(transparent)]
    Flight(#[from] ring::Error),
    /// simpletrace.py shows no event that is not declared as it was written, so neither does its text.
    #[error(
        "{event} (at byte {at}): {why}; simpletrace.py ends here as well, and the text without --qemu shows it raw"
    )]
    NotForQemu {
        /// The event.
        event: String,
        /// Where its record begins, in bytes from the trace's beginning.
        at: u64,
        /// What is wrong.
        why: simple::Trouble,
    },
    /// A histogram of something that is not there.
    #[error("there is no histogram of {asked}: {why}")]
    Histogram {
        /// What was asked for.
        asked: String,
        /// Why there is none.
        why: String,
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
