//! The built-in sinks, each a cargo feature: what joins a record to the crate that can write it.

#[cfg(feature = "ftrace")]
mod ftrace;
#[cfg(feature = "log")]
mod log;

#[cfg(any(feature = "log", feature = "ftrace"))]
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
pub(crate) const NAMES: [&str; 4] = ["log", "simple", "ftrace", "syslog"];

/// The bits and names of those that are compiled in, the usual default first.
pub(crate) const COMPILED: &[(usize, &str)] = &[
    #[cfg(feature = "log")]
    (sink::LOG, "log"),
    #[cfg(feature = "ftrace")]
    (sink::FTRACE, "ftrace"),
];

/// How the log is to be.
#[cfg_attr(not(feature = "log"), allow(dead_code))] // arguments say it in any case
pub(crate) struct LogSettings<'a> {
    /// In place of standard error.
    pub(crate) file: Option<&'a Path>,
    /// Whether the file is emptied.
    pub(crate) empty: bool,
    /// Whether lines have a stamp.
    pub(crate) stamp: bool,
}

/// Opens each sink that is compiled in.
pub(crate) fn open(log: &LogSettings<'_>, instance: Option<&Path>) -> Vec<Opened> {
    let _ = (log, instance); // a program may be built without the one or the other
    vec![
        #[cfg(feature = "log")]
        log::open(log),
        #[cfg(feature = "ftrace")]
        ftrace::open(instance),
    ]
}

/// Has the log go on in another file. Gives back the sink if there was none so far.
pub(crate) fn set_log_file(path: &Path) -> Result<Option<Box<dyn Sink>>, String> {
    #[cfg(feature = "log")]
    return log::set_file(path);
    #[cfg(not(feature = "log"))]
    return Err(format!("Error opening logfile {}: this program was built without the log", path.display()));
}
