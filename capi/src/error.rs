//! Why a call of C's failed.

/// What [`crate::vmtrace_error`] tells.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A pointer that must point somewhere does not.
    #[error("{what} is NULL")]
    Null {
        /// What it should be.
        what: &'static str,
    },
    /// A list names nothing.
    #[error("{what} is empty")]
    Empty {
        /// What it should name.
        what: &'static str,
    },
    /// A text has bytes that are no characters.
    #[error("{what} is not UTF-8: {text}")]
    NotUtf8 {
        /// What it is.
        what: &'static str,
        /// The text, with marks in the place of these bytes.
        text: String,
    },
    /// An option of the VMM was wrong, and it went on all the same.
    #[error("{0}")]
    Refused(String),
    /// An option that takes the name of a monitor's place was wrong, or the monitor cannot be had.
    #[error(transparent)]
    Monitor(#[from] monitor::Error),
    /// What the runtime says.
    #[error(transparent)]
    Tracing(#[from] vmtrace::Error),
    /// A group of events cannot be had.
    #[error("the trace events of the group `{group}` cannot be had: {why}")]
    Group {
        /// Its name.
        group: String,
        /// Why.
        why: String,
    },
    /// Nothing is set up yet.
    #[error("tracing is not set up: call vmtrace_init first")]
    NotSetUp,
    /// A fault of ours.
    #[error("a fault in libvmtrace: {0}")]
    Panicked(String),
}
