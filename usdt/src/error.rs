//! What cannot be done.

use std::io;
use std::path::PathBuf;

/// Why a file's or a process's probes cannot be read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The file, or what /proc says of the process.
    #[error("{}: {call}: {source}{}", path.display(), fix(source))]
    Io {
        /// What was read.
        path: PathBuf,
        /// How.
        call: &'static str,
        /// What came of it.
        source: io::Error,
    },
    /// There is no such process, or it has ended.
    #[error("there is no process {pid}")]
    NoProcess {
        /// Its number.
        pid: u32,
    },
    /// A file that a process has mapped.
    #[error(
        "{}: process {pid} has mapped it, and its path leads to another file by now, or to none: open below /proc/{pid}/map_files: \
         {source}: be root, or have CAP_CHECKPOINT_RESTORE",
        path.display()
    )]
    Hidden {
        /// The process.
        pid: u32,
        /// The file's path, as the process had it.
        path: PathBuf,
        /// Why the kernel does not open it.
        source: io::Error,
    },
    /// It is no regular file.
    #[error("{} is no regular file: give the program or the shared library", path.display())]
    NotAFile {
        /// It.
        path: PathBuf,
    },
    /// What is in it.
    #[error("{}: {fault}", path.display())]
    Elf {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        fault: Fault,
    },
    /// A probe cannot be attached to.
    #[cfg(feature = "attach")]
    #[error("{}: probe {probe}: {why}", path.display())]
    Attach {
        /// The file.
        path: PathBuf,
        /// Provider and name, with a colon between.
        probe: std::string::String,
        /// What is in the way.
        why: crate::Refused,
    },
    /// The kernel does not give what listening takes.
    #[cfg(feature = "attach")]
    #[error("listening to probes: {why}")]
    Listen {
        /// What is in the way.
        why: crate::Refused,
    },
}

fn fix(source: &io::Error) -> &'static str {
    match source.kind() {
        io::ErrorKind::PermissionDenied => ": run it as the owner, or as root",
        _ => "",
    }
}

/// What is wrong with a file.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Fault {
    /// It begins otherwise than an ELF file does.
    #[error("no ELF file: probes are in programs and shared libraries")]
    NotElf,
    /// It is an object file, or a core dump.
    #[error(
        "its ELF type is {0}, and probes have places in programs (2) and shared libraries (3): link it first"
    )]
    NotLinked(u16),
    /// It has its program's sections without their bytes.
    #[error(
        "a file of debugging information, without code: give the program or the library that it belongs to"
    )]
    NoCode,
    /// Its length cannot be found out.
    #[error("its length cannot be found out")]
    Unreadable,
    /// A table or a section is not where the file says.
    #[error("damaged: {0}")]
    Container(object::read::Error),
    /// A note ends early.
    #[error("damaged: the note at byte {at} of its section {why}")]
    Note {
        /// Where it begins.
        at: usize,
        /// What is wrong.
        why: &'static str,
    },
    /// More than anyone makes.
    #[error("it has {what}: no more than {most} are read")]
    TooMuch {
        /// Of what.
        what: &'static str,
        /// The bound.
        most: u64,
    },
}
