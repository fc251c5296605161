//! The formats: what can be made of a group.

use crate::Error;

/// A format, as QEMU names them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Format {
    /// C: the events' objects and their registration.
    C,
    /// The probes' declarations for `dtrace`.
    D,
    /// C: the functions that a VMM calls.
    H,
    /// SystemTap: probes that print what the backend `log` would.
    LogStap,
    /// Rust, in the form that QEMU's Rust devices use. (For a VMM in Rust there is [`crate::Build`].)
    Rs,
    /// SystemTap: probes that print QEMU's binary format.
    SimpletraceStap,
    /// SystemTap: probes that give the arguments their names.
    Stap,
    /// C of QEMU 5: what translation calls for `tcg` events.
    TcgH,
    /// C of QEMU 5: the helpers that translated code calls.
    TcgHelperC,
    /// C of QEMU 5: the declarations of these helpers.
    TcgHelperH,
    /// C of QEMU 5: what generates the calls of these helpers.
    TcgHelperWrapperH,
    /// C: the provider for LTTng.
    UstEventsC,
    /// C: the tracepoints for LTTng.
    UstEventsH,
}

impl Format {
    /// Every format, in the order of their names.
    pub const ALL: [Self; 13] = [
        Self::C,
        Self::D,
        Self::H,
        Self::LogStap,
        Self::Rs,
        Self::SimpletraceStap,
        Self::Stap,
        Self::TcgH,
        Self::TcgHelperC,
        Self::TcgHelperH,
        Self::TcgHelperWrapperH,
        Self::UstEventsC,
        Self::UstEventsH,
    ];

    /// The name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::C => "c",
            Self::D => "d",
            Self::H => "h",
            Self::LogStap => "log-stap",
            Self::Rs => "rs",
            Self::SimpletraceStap => "simpletrace-stap",
            Self::Stap => "stap",
            Self::TcgH => "tcg-h",
            Self::TcgHelperC => "tcg-helper-c",
            Self::TcgHelperH => "tcg-helper-h",
            Self::TcgHelperWrapperH => "tcg-helper-wrapper-h",
            Self::UstEventsC => "ust-events-c",
            Self::UstEventsH => "ust-events-h",
        }
    }

    /// What it is, in a line of `--help`.
    #[must_use]
    pub const fn about(self) -> &'static str {
        match self {
            Self::C => "C: the events and their registration",
            Self::D => "the probes' declarations for dtrace",
            Self::H => "C: the functions trace_NAME",
            Self::LogStap => "SystemTap: probes that print log lines",
            Self::Rs => "Rust, as QEMU's Rust devices use it",
            Self::SimpletraceStap => "SystemTap: probes that print QEMU's binary format",
            Self::Stap => "SystemTap: probes with named arguments",
            Self::TcgH => "QEMU 5: what translation calls for tcg events",
            Self::TcgHelperC => "QEMU 5: helpers that translated code calls",
            Self::TcgHelperH => "QEMU 5: their declarations",
            Self::TcgHelperWrapperH => "QEMU 5: what generates calls of them",
            Self::UstEventsC => "C: the provider for LTTng",
            Self::UstEventsH => "C: the tracepoints for LTTng",
        }
    }

    /// Finds a format by its name.
    ///
    /// # Errors
    /// [`Error::UnknownFormat`]
    pub fn from_name(name: &str) -> Result<Self, Error> {
        Self::ALL
            .into_iter()
            .find(|format| format.name() == name)
            .ok_or_else(|| Error::UnknownFormat(name.to_owned()))
    }

    /// Whether it is made of QEMU 5's `tcg` events.
    #[must_use]
    pub const fn is_tcg(self) -> bool {
        matches!(self, Self::TcgH | Self::TcgHelperC | Self::TcgHelperH | Self::TcgHelperWrapperH)
    }

    /// Whether it is a SystemTap script.
    #[must_use]
    pub const fn is_script(self) -> bool {
        matches!(self, Self::Stap | Self::LogStap | Self::SimpletraceStap)
    }
}
