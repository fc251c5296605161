//! Why a log cannot be had.

use std::io;
use std::path::PathBuf;

/// Why a log cannot be had. The texts are QEMU's where it has one, since its clients look for them.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The file, or the folder of a file a thread, cannot be opened.
    #[error("Error opening logfile {}: {}", path.display(), reason(source))]
    Open {
        /// The file.
        path: PathBuf,
        /// What open(2) says.
        source: io::Error,
    },
    /// The file's name holds a `%` other than one `%d`.
    #[error("Bad logfile template: {}", .0.display())]
    Template(PathBuf),
    /// A file a thread is wanted, and the name has no `%d` for the thread's number.
    #[error("Filename template with '%d' required for 'tid'")]
    NoThread,
    /// There is a file a thread, which stays so.
    #[error("Cannot change log filename after setting 'tid'")]
    PerThread,
    /// Standard error is closed.
    #[error("duplicate standard error: {0}")]
    Stderr(io::Error),
    /// The file cannot take the place of the one before.
    #[error("Error switching to logfile {}: {}", path.display(), reason(source))]
    Switch {
        /// The file.
        path: PathBuf,
        /// What dup3(2) says.
        source: io::Error,
    },
}

/// What strerror(3) says, as C's programs print it.
fn reason(error: &io::Error) -> String {
    let said = error.to_string();
    let number = error.raw_os_error().map(|errno| format!(" (os error {errno})"));
    number.and_then(|number| said.strip_suffix(&number).map(str::to_owned)).unwrap_or(said)
}
