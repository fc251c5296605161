//! The backends: where the events of a group may go.

/// A backend, as QEMU names them. For Rust each is a sink of the crate `vmtrace` and a cargo feature of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Backend {
    /// Nothing is compiled.
    Nop,
    /// Standard error or the log file.
    Log,
    /// The kernel's `trace_marker`.
    Ftrace,
}

impl Backend {
    /// Every backend.
    pub const ALL: [Self; 3] = [Self::Nop, Self::Log, Self::Ftrace];

    /// The name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Nop => "nop",
            Self::Log => "log",
            Self::Ftrace => "ftrace",
        }
    }
}
