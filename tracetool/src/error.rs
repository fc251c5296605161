//! Why something could not be made.

use std::fmt;
use std::io;
use std::path::PathBuf;
use trace_events::Diagnostic;

/// Why something could not be made. Its `Debug` is its `Display`, since that is what a `build.rs` prints that returns it
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
    /// Two events would give one name: that which tells whether the other is on.
    #[error("{file}:{line}: the event `{name}` has the name that tells whether `{other}` is on: rename it")]
    NameTaken {
        /// The file.
        file: String,
        /// The line.
        line: u32,
        /// The event.
        name: String,
        /// The other event.
        other: String,
    },
    /// Two events differ only in small and capital letters.
    #[error("{file}:{line}: the event `{name}` is `{other}` in capitals, as C's macros have them: rename it")]
    NameInCapitals {
        /// The file.
        file: String,
        /// The line.
        line: u32,
        /// The event.
        name: String,
        /// The other event.
        other: String,
    },
    /// An event has the name of one of QEMU's own functions, or of a macro.
    #[error("{file}:{line}: the event `{name}` has a name that C or the tracing itself needs: rename it")]
    NameOwned {
        /// The file.
        file: String,
        /// The line.
        line: u32,
        /// The event.
        name: String,
    },
    /// The group's name cannot be a file's.
    #[error(
        "`{0}` cannot be the name of a group: it becomes part of file names; use letters, digits, `_` and `-`"
    )]
    Group(String),
    /// No group was named.
    #[error("name the group: Build::new().events(..).group(\"NAME\")")]
    NoGroup,
    /// There is no place to write to.
    #[error("OUT_DIR is not set: call compile() from a build.rs, or name the folder with out_dir()")]
    NoOutDir,
    /// There is no such backend.
    #[error("unknown backend `{0}`: nop, dtrace, ftrace, log, simple, syslog, ust and vmtrace are known")]
    UnknownBackend(String),
    /// QEMU's tracetool does not have this backend.
    #[error("the backend `{0}` is not one of QEMU's: leave --bug-compatible out")]
    NotQemus(&'static str),
    /// Two backends cannot be in one group.
    #[error(
        "the backends `vmtrace` and `{0}` have no group in common: events of vmtrace go to its sink `{0}` when they are sent \
         there at run time (-trace NAME,sink={0}); leave `{0}` out"
    )]
    IsASink(&'static str),
    /// There is no such format.
    #[error("unknown format `{0}`: --help lists those that are known")]
    UnknownFormat(String),
    /// The output is one of the inputs.
    #[error("{0} is an input: name another output, or replace it with --force")]
    OutputIsInput(PathBuf),
    /// The output holds what no tracetool made.
    #[error("{0} was not made by tracetool: name another output, or replace it with --force")]
    NotOurs(PathBuf),
    /// A place is none that a file can be read from or written to: a folder, a pipe, a device.
    #[error("{0} is not a regular file")]
    NotAFile(PathBuf),
    /// A tree is none.
    #[error("{0} is not a folder")]
    NotAFolder(PathBuf),
    /// A file of a size that no such file has.
    #[error("{path} has more than {most} bytes")]
    TooLong {
        /// The file.
        path: PathBuf,
        /// The most that it may have.
        most: u64,
    },
    /// A folder of a tree has a name that no group can have.
    #[error("the name of the folder {0} is not UTF-8")]
    NotUtf8(PathBuf),
    /// A tree's list of folders, or a list of jobs, is wrong.
    #[error("{file}:{line}: {message}")]
    List {
        /// The file.
        file: String,
        /// The line.
        line: u32,
        /// What is wrong.
        message: String,
    },
    /// A file was named as a tree's list and has none.
    #[error("{path} has no list of folders: it sets no variable {variable}")]
    NoList {
        /// The file.
        path: PathBuf,
        /// What would be the list.
        variable: &'static str,
    },
    /// A tree has no events.
    #[error(
        "{0} has no events: no trace-events in its top folder, no list of folders in meson.build or Makefile.objs"
    )]
    NoEvents(PathBuf),
    /// A folder holds events, and no list names it.
    #[error("{0} is in a folder that no list names: nothing is made of it")]
    Unlisted(PathBuf),
    /// The folder for outputs is one that holds sources.
    #[error("{0} is a folder of the source tree: name another for the outputs, or write there with --force")]
    AmongSources(PathBuf),
    /// Files of events outside of a tree's folders, in the layout that puts all outputs into the events' folder.
    #[error("events that are in no folder of the tree have no place in the layout in-place")]
    NoPlace,
    /// Two jobs have one output, or one has that of the stamp or the depfile.
    #[error("{0} would be written twice: name another output")]
    SameOutput(PathBuf),
    /// vmtrace's runtime for Rust does not have this sink.
    #[error(
        "the backend `{0}` is none of the sinks that Rust's events have: dtrace, ftrace, log, simple and syslog are"
    )]
    NoSink(&'static str),
    /// It is a part of names in C and in scripts.
    #[error("`{0}` cannot be the provider of USDT probes: use letters, digits and `_`, no digit first")]
    Provider(String),
    /// There is no such rule.
    #[error("there is no rule `{0}`: `tracetool check --list` names them all")]
    NoSuchRule(String),
    /// The rule is no lint.
    #[error("`{0}` is no lint: no right code can be made of what breaks it, so it cannot be switched")]
    NoLint(String),
    /// A script was asked for without what it needs.
    #[error("the format {format} needs {what}")]
    Missing {
        /// The format.
        format: &'static str,
        /// What it needs, as an option.
        what: &'static str,
    },
    /// A SystemTap script could not be made.
    #[error(transparent)]
    Script(#[from] stap_gen::Error),
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // below the word that `main` puts before it
        write!(f, "\n{self}")
    }
}

fn told(errors: &[Diagnostic]) -> String {
    errors.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n\n")
}
