//! The built-in sinks, each a cargo feature: what joins a record to the crate that can write it.

#[cfg(feature = "ftrace")]
mod ftrace;
#[cfg(feature = "log")]
mod log;

use crate::setup::Opened;
use std::path::Path;

/// The names that are ours, whether compiled in or not: a VMM's own sink has another.
pub(crate) const NAMES: [&str; 4] = ["log", "simple", "ftrace", "syslog"];

/// Opens each sink that is compiled in, the usual default first.
pub(crate) fn open(log_file: Option<&Path>, instance: Option<&Path>) -> Vec<Opened> {
    let mut opened = Vec::new();
    let _ = (log_file, instance); // a program may be built without the one or the other
    #[cfg(feature = "log")]
    opened.push(log::open(log_file));
    #[cfg(feature = "ftrace")]
    opened.push(ftrace::open(instance));
    opened
}
