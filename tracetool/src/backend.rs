//! The backends: where the events of a group may go.

use crate::Error;

/// A backend, as QEMU names them. For vmtrace's Rust each is a sink of the crate `vmtrace` and a cargo feature of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Backend {
    /// Nothing is compiled.
    Nop,
    /// USDT probes, by way of `dtrace -h` and `dtrace -G`.
    Dtrace,
    /// The kernel's `trace_marker`.
    Ftrace,
    /// Standard error or the log file.
    Log,
    /// QEMU's binary file.
    Simple,
    /// The system log.
    Syslog,
    /// LTTng.
    Ust,
    /// vmtrace's own runtime in C: each event goes to the sinks that are chosen at run time, as Rust's do. (Rust's events are of
    /// this kind without it.)
    Vmtrace,
}

impl Backend {
    /// Every backend, in the order in which `--list-backends` has them.
    pub const ALL: [Self; 8] = [
        Self::Nop,
        Self::Dtrace,
        Self::Ftrace,
        Self::Log,
        Self::Simple,
        Self::Syslog,
        Self::Ust,
        Self::Vmtrace,
    ];

    /// The name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Nop => "nop",
            Self::Dtrace => "dtrace",
            Self::Ftrace => "ftrace",
            Self::Log => "log",
            Self::Simple => "simple",
            Self::Syslog => "syslog",
            Self::Ust => "ust",
            Self::Vmtrace => "vmtrace",
        }
    }

    /// What it is, in a line of `--help`.
    #[must_use]
    pub const fn about(self) -> &'static str {
        match self {
            Self::Nop => "nothing: the events are compiled out",
            Self::Dtrace => "USDT probes, for SystemTap, bpftrace, perf and DTrace",
            Self::Ftrace => "the kernel's trace_marker",
            Self::Log => "standard error or the log file",
            Self::Simple => "QEMU's binary trace file",
            Self::Syslog => "the system log",
            Self::Ust => "LTTng's user space tracing",
            Self::Vmtrace => "whichever of vmtrace's sinks are chosen at run time",
        }
    }

    /// Whether QEMU's tracetool has it.
    #[must_use]
    pub const fn is_qemus(self) -> bool {
        !matches!(self, Self::Vmtrace)
    }

    /// Finds a backend by its name.
    ///
    /// # Errors
    /// [`Error::UnknownBackend`]
    pub fn from_name(name: &str) -> Result<Self, Error> {
        Self::ALL
            .into_iter()
            .find(|backend| backend.name() == name)
            .ok_or_else(|| Error::UnknownBackend(name.to_owned()))
    }
}
