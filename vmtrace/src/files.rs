//! The files of sinks, which change while the program runs: the log, the binary trace, what the flight recorder holds.

use crate::control::{Tracing, unknown};
use crate::error::Error;
use crate::sinks;
use crate::{queue, sink};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// How long a change of files waits for what is queued for the file before.
const PATIENCE: Duration = Duration::from_secs(1);

/// The binary trace's file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TraceFile {
    /// Its name.
    pub path: PathBuf,
    /// Whether it is open, so that events may go there.
    pub is_on: bool,
}

impl Tracing {
    /// Has a forked child that goes on as the VMM, a daemon say, have all that its parent had: a writer, so that sinks are
    /// queued again, and a trace file and a flight recorder of its own, where the name that was given has the process's number in
    /// it (`%d`). Until then the child's log and system's log take events at once, and `simple` and `flight` lose
    /// and count theirs. In a process that has a writer this does nothing.
    ///
    /// # Errors
    /// [`Error::Writer`], [`Error::TraceFile`], [`Error::Dump`]: the child has what could be had.
    pub fn forked(self) -> Result<(), Error> {
        let _held = self.lock();
        if queue::has_writer() {
            return Ok(());
        }
        queue::set_up_again().map_err(Error::Writer)?;
        queue::begin_again(sinks::flight::forked().map_err(Error::Dump)?);
        sinks::simple::forked().map_err(Error::TraceFile)
    }

    /// Has the log go on in another file, which is made or emptied, as QEMU's `logfile` does: one `%d` in its name stands
    /// for the process's number. A line that is being written goes to the one file or the other, whole; one that was
    /// queued before goes to the one before. If the log could not be had so far, now it can; events that were meant for it
    /// are to be switched on again.
    ///
    /// # Errors
    /// [`Error::LogFile`] in QEMU's words, and the log stays where it was; [`Error::UnknownSink`] if the program was built
    /// without the sink `log`.
    pub fn set_log_file(self, path: &Path) -> Result<(), Error> {
        _ = queue::drain(PATIENCE);
        let mut missing = self.lock();
        let Some(&(bit, _)) = sinks::COMPILED.iter().find(|&&(_, name)| name == "log") else {
            return Err(unknown("log", &missing, "logfile"));
        };
        if let Some(sink) = sinks::set_log_file(path).map_err(Error::LogFile)? {
            sink::install(bit, sink);
            missing.retain(|missing| missing.bit != bit);
        }
        Ok(())
    }

    /// Waits until all that was queued before is where it belongs, at most so long. False if it is not: the time is over,
    /// or the process was forked and has no writer.
    ///
    /// A signal handler may call this, such as one that is there for crashes: see [`crate::Setup::drain_at_crash`].
    #[must_use]
    pub fn drain(self, most: Duration) -> bool {
        queue::drain(most)
    }
}

impl Tracing {
    /// The binary trace's file.
    ///
    /// # Errors
    /// [`Error::UnknownSink`] if the program was built without the sink `simple`.
    pub fn trace_file(self) -> Result<TraceFile, Error> {
        self.trace_file_changes(|| Ok(()))
    }

    /// Opens the binary trace's file, which is made or emptied, or closes it, as QEMU's `trace-file on|off` does. What was
    /// queued before is in it.
    ///
    /// # Errors
    /// [`Error::TraceFile`] if it cannot be made, and [`Error::UnknownSink`] as [`Tracing::trace_file`].
    pub fn switch_trace_file(self, on: bool) -> Result<TraceFile, Error> {
        _ = queue::drain(PATIENCE);
        self.trace_file_changes(|| sinks::simple::switch(on))
    }

    /// Names the binary trace's file, as QEMU's `trace-file set` does: one `%d` in it stands for the process's number. If the
    /// one before is open, it is closed, and the trace goes on in the new one.
    ///
    /// # Errors
    /// [`Error::TraceFile`] if it cannot be made, and the trace stays where it was; [`Error::UnknownSink`] as
    /// [`Tracing::trace_file`].
    pub fn set_trace_file(self, path: &Path) -> Result<TraceFile, Error> {
        if path.as_os_str().is_empty() {
            return Err(Error::TraceFile("the trace file's name is empty".to_owned()));
        }
        _ = queue::drain(PATIENCE);
        self.trace_file_changes(|| sinks::simple::set(path))
    }

    /// Writes what the flight recorder holds, up to now, as a binary trace of QEMU's form, while it goes on. Gives back how
    /// many records that are.
    ///
    /// # Errors
    /// [`Error::Dump`]: there is no recorder, or the file cannot be written.
    pub fn dump(self, path: &Path) -> Result<u64, Error> {
        sinks::flight::dump(path).map_err(Error::Dump)
    }

    fn trace_file_changes(self, change: impl FnOnce() -> Result<(), String>) -> Result<TraceFile, Error> {
        let mut missing = self.lock();
        let Some(&(bit, _)) = sinks::COMPILED.iter().find(|&&(_, name)| name == "simple") else {
            return Err(unknown("simple", &missing, "trace-file"));
        };
        change().map_err(Error::TraceFile)?;
        let (path, is_on) = sinks::simple::status();
        if is_on && missing.iter().any(|missing| missing.bit == bit) {
            // it could not be had so far
            sink::install(bit, sinks::simple::sink());
            missing.retain(|missing| missing.bit != bit);
        }
        Ok(TraceFile { path, is_on })
    }
}
