//! The manifest: everything about a recording that is not the bytes themselves.

use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// The version of the layout that this crate writes, and the newest that it reads.
pub const VERSION: u32 = 1;

/// `manifest.json`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    /// The layout's version, [`VERSION`].
    pub version: u32,
    /// The command as it was run.
    pub command: Command,
    /// The machine that it ran on.
    pub host: Host,
    /// The kernel's side; `None` where there was no tracefs to be had.
    pub kernel: Option<Kernel>,
    /// Why there is no kernel side, in words for the operator.
    pub kernel_missing: Option<String>,
    /// The VMM's log files, within the folder.
    pub logs: Vec<LogFile>,
    /// Readings of the wall clock against the monotonic one, from first to last.
    pub clocks: Vec<ClockPair>,
    /// How it ended; `None` if whoever keeps the recording was killed first.
    pub end: Option<End>,
    /// What the recorder had to tell the operator: what it added to the command, what it could not keep.
    #[serde(default)]
    pub notices: Vec<String>,
}

impl Default for Manifest {
    fn default() -> Self {
        Self {
            version: VERSION,
            command: Command::default(),
            host: Host::default(),
            kernel: None,
            kernel_missing: None,
            logs: Vec::new(),
            clocks: Vec::new(),
            end: None,
            notices: Vec::new(),
        }
    }
}

/// The command that was recorded.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Command {
    /// Program and arguments, as run.
    pub argv: Vec<String>,
    /// Those of the arguments that the recorder added, such as `-msg timestamp=on`.
    pub added: Vec<String>,
    /// The process, once it was started.
    pub pid: Option<u32>,
}

/// The machine.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Host {
    /// `uname -r`.
    pub release: String,
    /// `uname -m`.
    pub machine: String,
    /// Bytes in a page.
    pub page_size: u32,
}

/// What was asked of the kernel and what it gave.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Kernel {
    /// The clock of the instance, as written to `trace_clock`: `mono`.
    pub clock: String,
    /// The size of each cpu's ring, in KiB.
    pub buffer_kb: u64,
    /// The events that were asked for.
    pub events: Vec<EventChoice>,
    /// Each cpu's pages.
    pub cpus: Vec<CpuRing>,
}

/// An event that was asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct EventChoice {
    /// `kvm` of `kvm:kvm_exit`.
    pub system: String,
    /// `kvm_exit` of `kvm:kvm_exit`.
    pub name: String,
    /// The kernel's filter on it, if there is one.
    pub filter: Option<String>,
    /// Why it could not be switched on; `None`: it was on.
    pub refused: Option<String>,
}

/// One cpu's pages. The losses are those that the kernel counted by the end, `per_cpu/cpuN/stats`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CpuRing {
    /// The cpu's number; its pages are in `kernel/cpuN.raw`.
    pub cpu: u32,
    /// Events that newer ones overwrote before they were read (`overrun`).
    pub overrun: u64,
    /// Events that found no room (`dropped events`).
    pub dropped: u64,
}

/// A log file of the VMM's.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogFile {
    /// Within the recording's folder; for [`LogForm::QemuPerThread`] the part before the thread's number.
    pub path: PathBuf,
    /// How its lines look.
    pub form: LogForm,
}

/// How the lines of a log look, and on which clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum LogForm {
    /// `TID@SECONDS.MICROSECONDS:name text`, wall clock: QEMU up to 10.1 with `-msg timestamp=on`; vmtrace's own.
    Qemu,
    /// `YYYY-MM-DDTHH:MM:SS.uuuuuuZ name text`, wall clock, one file a thread, named `PATH` + TID: QEMU from 10.2
    /// with `-msg timestamp=on -d tid -D PATH%d`.
    QemuPerThread,
}

/// The wall clock (CLOCK_REALTIME) read between two readings of the monotonic one (CLOCK_MONOTONIC), nanoseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClockPair {
    /// CLOCK_MONOTONIC just before.
    pub mono_before: u64,
    /// CLOCK_REALTIME.
    pub wall: u64,
    /// CLOCK_MONOTONIC just after.
    pub mono_after: u64,
}

/// How a recording ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct End {
    /// What became of the command.
    pub exit: Exit,
    /// Bytes of the kernel's pages that were kept.
    pub kernel_bytes: u64,
}

/// What became of the command.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Exit {
    /// It exited, with this status.
    Status(i32),
    /// It was ended by this signal.
    Signal(i32),
    /// Recording ended before the command did.
    Running,
}
