//! What a VMM is told when its user's wish cannot be met.

use crate::sink::Unavailable;
use std::fmt;
use std::io;
use std::path::PathBuf;

/// Why tracing could not be set up or switched. Its `Debug` is its `Display`, since that is what is printed when `main`
/// returns it.
#[derive(thiserror::Error)]
pub enum Error {
    /// A part of an option is wrong.
    #[error("{option}: {why}")]
    Option {
        /// The whole option, as `-trace kvm_*`.
        option: String,
        /// Which part, and what is wrong with it.
        why: String,
    },
    /// An events file cannot be read.
    #[error("-trace events={path}: {source}")]
    EventsFile {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// No event has the name.
    #[error("{whence}: there is no trace event `{name}`{}", advice(whence))]
    NoEvent {
        /// The name.
        name: String,
        /// The option, or file and line.
        whence: String,
    },
    /// No event's name matches the pattern.
    #[error("{whence}: no trace event matches `{pattern}`{}", advice(whence))]
    NoMatch {
        /// The pattern.
        pattern: String,
        /// The option, or file and line.
        whence: String,
    },
    /// Events have such a name, but nothing was compiled for them.
    #[error(
        "{whence}: `{pattern}` matches only events that are declared `disable`, or built without backends: {names}"
    )]
    NotCompiled {
        /// The name or pattern.
        pattern: String,
        /// The events, or the first few of them.
        names: String,
        /// The option, or file and line.
        whence: String,
    },
    /// The events were generated without the sinks that they should go to.
    #[error("{whence}: the events that match `{pattern}` were built for other backends than {sinks}")]
    NotBuiltFor {
        /// The name or pattern.
        pattern: String,
        /// The sinks.
        sinks: String,
        /// The option, or file and line.
        whence: String,
    },
    /// There is no sink of that name in this program.
    #[error("{whence}: there is no trace sink `{name}` in this program, which has: {known}")]
    UnknownSink {
        /// The name.
        name: String,
        /// The names that there are.
        known: String,
        /// The option.
        whence: String,
    },
    /// The sink is compiled in, but cannot be had here.
    #[error(transparent)]
    Unavailable(#[from] Unavailable),
    /// The log's file cannot be had. The text is QEMU's.
    #[error("{0}")]
    LogFile(String),
    /// The binary trace's file cannot be had.
    #[error("{0}")]
    TraceFile(String),
    /// What the flight recorder holds cannot be written.
    #[error("dump: {0}")]
    Dump(String),
    /// The writer's thread cannot be started.
    #[error("the thread that empties the queues cannot be started: {0}")]
    Writer(String),
    /// There is no such log item.
    #[error(
        "{whence}: there is no log item `{item}`: there are trace:PATTERN, for trace events, tid and none"
    )]
    LogItem {
        /// The item.
        item: String,
        /// The option.
        whence: String,
    },
    /// The program has no sink at all.
    #[error(
        "this program was built without any trace sink: enable a feature of the crate `vmtrace`, or add a Sink"
    )]
    NoSink,
    /// No group was named, so there are no events.
    #[error("{whence}: this program has named no group of events: call vmtrace::Setup::group")]
    NoGroup {
        /// The option, or file and line.
        whence: String,
    },
    /// A sink of the VMM's own has a name that `sink=NAME` cannot say.
    #[error("a trace sink cannot be named `{0}`: `sink=NAME` wants a name without commas")]
    SinkName(String),
    /// Groups that have registered themselves cannot be had; a second `init` goes on without them.
    #[error("{0}")]
    Groups(String),
    /// Two sinks have one name.
    #[error("there are two trace sinks of the name `{0}`")]
    DuplicateSink(String),
    /// The state word has no bit left.
    #[error("there is no room for the trace sink `{0}`: a program may add 23 of its own")]
    TooManySinks(String),
    /// `init` was called a second time.
    #[error("tracing is set up already: a program calls vmtrace's init once")]
    AlreadySetUp,
}

/// Where the names are to be found, for who has named events in an option or a file.
fn advice(whence: &str) -> &'static str {
    if whence.starts_with('-') || whence.contains(':') { " (-trace help lists them)" } else { "" }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
