//! What a client is told of a command that failed.

use crate::Json;

/// QEMU's classes of errors. All but the first have a meaning that a program may act on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorClass {
    /// Whatever is none of the others.
    GenericError,
    /// There is no such command, or not now.
    CommandNotFound,
    /// A device cannot do it now.
    DeviceNotActive,
    /// There is no such device.
    DeviceNotFound,
    /// KVM lacks something.
    KvmMissingCap,
}

/// Why a command failed: a class, and words for a human.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{desc}")]
pub struct CommandError {
    /// For programs.
    pub class: ErrorClass,
    /// For humans, who see it in QMP's `desc`.
    pub desc: String,
}

impl ErrorClass {
    /// As QMP spells it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::GenericError => "GenericError",
            Self::CommandNotFound => "CommandNotFound",
            Self::DeviceNotActive => "DeviceNotActive",
            Self::DeviceNotFound => "DeviceNotFound",
            Self::KvmMissingCap => "KVMMissingCap",
        }
    }
}

impl CommandError {
    /// An error of no particular class.
    pub fn generic(desc: impl Into<String>) -> Self {
        Self { class: ErrorClass::GenericError, desc: desc.into() }
    }

    /// There is no such command.
    #[must_use]
    pub fn not_found(command: &str) -> Self {
        Self { class: ErrorClass::CommandNotFound, desc: format!("The command {command} has not been found") }
    }

    /// No event has this name, or none matches this pattern.
    pub(crate) fn unknown_event(pattern: &str) -> Self {
        Self::generic(if vmtrace::is_pattern(pattern) {
            format!("no trace event matches \"{pattern}\"")
        } else {
            format!("unknown event \"{pattern}\"")
        })
    }

    pub(super) fn to_json(&self) -> Json {
        Json::object([("class", self.class.as_str().into()), ("desc", self.desc.as_str().into())])
    }
}

impl From<vmtrace::Error> for CommandError {
    /// In QEMU's words where QEMU has any.
    fn from(error: vmtrace::Error) -> Self {
        match error {
            vmtrace::Error::NoEvent { name, .. } => Self::unknown_event(&name),
            vmtrace::Error::NoMatch { pattern, .. } => Self::unknown_event(&pattern),
            error => Self::generic(error.to_string()),
        }
    }
}
