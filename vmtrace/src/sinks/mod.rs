//! The built-in sinks, each a cargo feature: what joins a record to the crate that can write it.

#[cfg_attr(not(feature = "flight"), path = "without_flight.rs")]
pub(crate) mod flight;
#[cfg(feature = "ftrace")]
mod ftrace;
#[cfg(feature = "log")]
mod log;
#[cfg_attr(not(feature = "simple"), path = "without_simple.rs")]
pub(crate) mod simple;
#[cfg(feature = "syslog")]
mod syslog;
#[cfg(feature = "simple")]
mod trace_file;

use crate::foreign::Line;
use crate::message_option::LogStamp;
use crate::settings::Settings;
use crate::sink;
use crate::sink::Sink;
use std::path::Path;

/// A sink as it could or could not be had.
pub(crate) struct Opened {
    pub(crate) bit: usize,
    pub(crate) name: String,
    pub(crate) sink: Result<Box<dyn Sink>, String>,
}

/// The names that are ours, whether compiled in or not: a VMM's own sink has another.
pub(crate) const NAMES: [&str; 5] = ["log", "simple", "ftrace", "syslog", "flight"];

/// The bits and names of those that are compiled in, the usual default first.
pub(crate) const COMPILED: &[(usize, &str)] = &[
    #[cfg(feature = "log")]
    (sink::LOG, "log"),
    #[cfg(feature = "simple")]
    (sink::SIMPLE, "simple"),
    #[cfg(feature = "ftrace")]
    (sink::FTRACE, "ftrace"),
    #[cfg(feature = "syslog")]
    (sink::SYSLOG, "syslog"),
    #[cfg(feature = "flight")]
    (sink::FLIGHT, "flight"),
];

/// The names of the built-in sinks that the program has, the usual default first.
pub fn compiled() -> impl Iterator<Item = &'static str> {
    COMPILED.iter().map(|&(_, name)| name)
}

/// How the sinks are to be.
pub(crate) struct Wanted<'a> {
    pub(crate) log: LogSettings<'a>,
    /// The tracefs instance, in place of the top level.
    pub(crate) instance: Option<&'a Path>,
    /// The binary trace's file, and whether it is to be opened now.
    pub(crate) trace_file: Option<&'a Path>,
    pub(crate) is_trace_asked: bool,
    /// Whether there is to be a flight recorder.
    pub(crate) is_flight_asked: bool,
    pub(crate) settings: &'a Settings,
}

/// How the log is to be.
pub(crate) struct LogSettings<'a> {
    /// In place of standard error.
    pub(crate) file: Option<&'a Path>,
    /// Whether the file is emptied.
    pub(crate) empty: bool,
    /// What lines begin with.
    pub(crate) stamp: LogStamp,
    /// Whether each thread has a file.
    pub(crate) file_a_thread: bool,
}

/// Opens each sink that is compiled in.
pub(crate) fn open(wanted: &Wanted<'_>) -> Vec<Opened> {
    let _ = wanted; // a program may be built without any
    vec![
        #[cfg(feature = "log")]
        log::open(&wanted.log),
        #[cfg(feature = "simple")]
        simple::open(wanted.trace_file, wanted.is_trace_asked),
        #[cfg(feature = "ftrace")]
        ftrace::open(wanted.instance),
        #[cfg(feature = "syslog")]
        syslog::open(wanted.settings),
        #[cfg(feature = "flight")]
        flight::open(wanted),
    ]
}

/// Writes a line of C's own making.
#[cfg_attr(not(feature = "log"), allow(clippy::needless_pass_by_value))] // with it the line is written into
pub(crate) fn log_line(line: Line<'_>) {
    #[cfg(feature = "log")]
    log::write_made(line);
    #[cfg(not(feature = "log"))]
    let _ = line;
}

/// Writes an entry of C's own making.
pub(crate) fn marker(text: &[u8]) {
    #[cfg(feature = "ftrace")]
    ftrace::write_text(text);
    #[cfg(not(feature = "ftrace"))]
    let _ = text;
}

/// Has the log go on in another file. Gives back the sink if there was none so far.
pub(crate) fn set_log_file(path: &Path) -> Result<Option<Box<dyn Sink>>, String> {
    #[cfg(feature = "log")]
    return if flight::is_at(path) {
        Err(format!("Error opening logfile {}: {}", path.display(), flight::TAKEN))
    } else {
        log::set_file(path)
    };
    #[cfg(not(feature = "log"))]
    return Err(format!("Error opening logfile {}: this program was built without the log", path.display()));
}

/// Whether the log has a file a thread.
pub(crate) fn has_log_file_a_thread() -> bool {
    #[cfg(feature = "log")]
    return log::has_file_a_thread();
    #[cfg(not(feature = "log"))]
    return false;
}
