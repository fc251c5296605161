//! Why nothing was recorded.

use std::ffi::OsString;
use std::io;
use std::path::PathBuf;

/// Why nothing was recorded.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// There is no command to run.
    #[error("no command to record: vmtrace record [OPTIONS] -- COMMAND [ARGUMENTS]")]
    NoCommand,
    /// The program is not there.
    #[error("{}: command not found", program.display())]
    NotFound {
        /// As it was given.
        program: OsString,
    },
    /// The program is there and cannot be run.
    #[error("{}: cannot be executed: {source}", path.display())]
    NotExecutable {
        /// What was found.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// An argument that no program can be given.
    #[error("{what} holds a NUL byte, which ends a string in C")]
    Nul {
        /// Which one.
        what: String,
    },
    /// `-e` with something that is no event.
    #[error(
        "{text}: {wrong}; an event is SYSTEM:EVENT or SYSTEM:EVENT/FILTER, such as kvm:kvm_pio or \
             'kvm:kvm_pio/port == 0x3f8'; `ls /sys/kernel/tracing/events` lists the systems"
    )]
    Event {
        /// What was given.
        text: String,
        /// What is wrong with it.
        wrong: String,
    },
    /// The folder's name cannot be handed to QEMU.
    #[error("QEMU's -D takes a % for a template's, so the recording cannot be kept in {}: name another folder with -o",
            dir.display())]
    FolderName {
        /// The folder.
        dir: PathBuf,
    },
    /// Part of recording is a process forked without an exec, which a program with threads cannot do safely.
    #[error(
        "this process has {count} threads; recording forks a process that goes on by itself, which only a \
             process with a single thread can do: call it before any thread is started"
    )]
    Threads {
        /// How many there are.
        count: usize,
    },
    /// The recording's folder could not be made.
    #[error(transparent)]
    Recording(#[from] recording::Error),
    /// The kernel's side could not be had as it was asked for.
    #[error(transparent)]
    Tracefs(#[from] ftrace::Error),
    /// The process that keeps the recording could not do its part.
    #[error("{0}")]
    Keeper(String),
    /// A system call failed.
    #[error("{call}: {source}")]
    System {
        /// What was tried, and on what.
        call: String,
        /// What came of it.
        source: io::Error,
    },
}

impl Error {
    /// The status that a shell's `exec` would end with: 127 for a program that is not there, 126 for one that cannot be
    /// run, 1 for everything else.
    #[must_use]
    pub fn status(&self) -> u8 {
        match self {
            Self::NotFound { .. } => 127,
            Self::NotExecutable { .. } => 126,
            _ => 1,
        }
    }

    /// For `map_err` after a system call.
    pub(crate) fn system<E: Into<io::Error>>(call: impl Into<String>) -> impl FnOnce(E) -> Self {
        let call = call.into();
        move |source| Self::System { call, source: source.into() }
    }
}
