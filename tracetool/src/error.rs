//! Why a group could not be made.

use std::fmt;
use std::io;
use std::path::PathBuf;
use trace_events::{Diagnostic, Severity};

/// Why a group could not be made. Its `Debug` is its `Display`, since that is what a `build.rs` prints that returns it
/// from `main`.
#[derive(thiserror::Error)]
pub enum Error {
    /// A `trace-events` file cannot be read, or the output not written.
    #[error("{call} {path}: {source}")]
    Io {
        /// What was tried.
        call: &'static str,
        /// On what.
        path: PathBuf,
        /// What came of it.
        source: io::Error,
    },
    /// The declarations are wrong: all that is, each with its place.
    #[error("{}", told(.0))]
    Declarations(Vec<Diagnostic>),
    /// Two events would give one function: `NAME` and `NAME_enabled`.
    #[error(
        "{file}:{line}: the event `{name}_enabled` would have the function that tells whether `{name}` is on: rename it"
    )]
    NameTaken {
        /// The file.
        file: String,
        /// The line of `NAME_enabled`.
        line: u32,
        /// The other event.
        name: String,
    },
    /// The group's name cannot be a file's.
    #[error("`{0}` cannot be the name of a group: use letters, digits, `_` and `-`")]
    Group(String),
    /// No group was named.
    #[error("name the group: Build::new().events(..).group(\"NAME\")")]
    NoGroup,
    /// There is no place to write to.
    #[error("OUT_DIR is not set: call compile() from a build.rs, or name the folder with out_dir()")]
    NoOutDir,
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // below the word that `main` puts before it
        write!(f, "\n{self}")
    }
}

fn told(diagnostics: &[Diagnostic]) -> String {
    let errors = diagnostics.iter().filter(|diagnostic| diagnostic.severity == Severity::Error);
    errors.map(ToString::to_string).collect::<Vec<_>>().join("\n\n")
}
