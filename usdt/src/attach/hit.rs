//! What is told of a hit.

use crate::TEXT_MAX;
use std::fmt;
use std::vec::Vec;

/// A probe was hit.
#[derive(Clone, Debug, PartialEq)]
pub struct Hit {
    /// Of which attachment: [`Attachment::id`](super::Attachment::id).
    pub attachment: u32,
    /// When, by CLOCK_MONOTONIC in nanoseconds.
    pub time: u64,
    /// The process, as the listener's pid namespace numbers it; 0 for one that is not of it.
    pub pid: u32,
    /// The thread, likewise.
    pub tid: u32,
    /// The probe's arguments, in order.
    pub values: Vec<Value>,
}

/// An argument's value at a hit.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// An integer without a sign, or an address.
    Unsigned(u64),
    /// An integer with a sign.
    Signed(i64),
    /// A number with a fraction, in a general register or in memory.
    Float(f64),
    /// A string, where one was asked for.
    Text(Text),
    /// The null pointer, where a string was asked for.
    Null,
    /// An address that cannot be read, or is not in memory now, where a string was asked for.
    Fault(u64),
    /// The value's own place in memory cannot be read, or is not in memory now.
    Unreadable,
    /// The note has the value where the kernel shows nothing of it (a vector register, a thread's own memory, a symbol that
    /// was stripped), or in a form or size that is not known here.
    Unknown,
}

/// A string of the process's.
#[derive(Clone, PartialEq, Eq)]
pub struct Text {
    /// Up to its NUL, at most [`TEXT_MAX`] of them.
    pub bytes: Vec<u8>,
    /// Whether it goes on.
    pub is_cut: bool,
}

impl Text {
    /// Of what was read up to the NUL, or more than is shown.
    pub(super) fn new(bytes: &[u8]) -> Self {
        let shown = &bytes[..bytes.len().min(TEXT_MAX)];
        Self { bytes: shown.to_vec(), is_cut: shown.len() < bytes.len() }
    }
}

/// As a byte string: what a hostile process says is escaped.
impl fmt::Debug for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "b\"{}\"{}", self.bytes.escape_ascii(), if self.is_cut { "…" } else { "" })
    }
}

impl Value {
    /// An integer's 64 bits.
    pub(super) fn bits(&self) -> u64 {
        match self {
            Self::Unsigned(value) => *value,
            Self::Signed(value) => value.cast_unsigned(),
            _ => 0,
        }
    }
}
