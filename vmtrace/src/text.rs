//! The text of an event whose format comes as data: C's, which brings no code to print it.

use printf::{Conversion, Length, Spec, Text, Value};

/// A part of an event's format.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// Bytes that stand for themselves.
    Literal(&'static [u8]),
    /// A conversion of the next argument.
    Conversion {
        /// Which.
        spec: Spec,
        /// Whether the argument before it is the width.
        width: bool,
        /// Whether the argument before it is the precision.
        precision: bool,
    },
}

/// A part as it is printed: what is frequent has a step of its own.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Step {
    Plain(&'static [u8]),
    Literal(&'static [u8]),
    Str,
    Pointer,
    Signed32,
    Signed64,
    Unsigned32,
    Unsigned64,
    Hex32,
    Hex64,
    General { spec: Spec, width: bool, precision: bool },
}

impl Step {
    pub(crate) fn new(part: &Part) -> Self {
        let (spec, width, precision) = match *part {
            Part::Literal(bytes) if is_plain(bytes) => return Self::Plain(bytes),
            Part::Literal(bytes) => return Self::Literal(bytes),
            Part::Conversion { spec, width, precision } => (spec, width, precision),
        };
        let is_bare = Spec { length: spec.length, ..Spec::new(spec.conversion) } == spec;
        if !is_bare || width || precision {
            return Self::General { spec, width, precision };
        }
        match (spec.conversion, spec.length) {
            (Conversion::Str, _) => Self::Str,
            (Conversion::Pointer, _) => Self::Pointer,
            (Conversion::Signed, Length::Bits32) => Self::Signed32,
            (Conversion::Signed, Length::Bits64) => Self::Signed64,
            (Conversion::Unsigned, Length::Bits32) => Self::Unsigned32,
            (Conversion::Unsigned, Length::Bits64) => Self::Unsigned64,
            (Conversion::Hex, Length::Bits32) => Self::Hex32,
            (Conversion::Hex, Length::Bits64) => Self::Hex64,
            _ => Self::General { spec, width, precision },
        }
    }
}

/// Whether no byte would be escaped.
pub(crate) fn is_plain(bytes: &[u8]) -> bool {
    bytes.iter().all(|byte| !byte.is_ascii_control())
}

/// Whether it is the address of an argument that is printed: of a string, C has then handed over no more.
#[cfg(feature = "flight")]
pub(crate) fn has_address(steps: &[Step], index: usize) -> bool {
    let mut next = 0;
    steps.iter().any(|step| {
        let (amounts, is_address) = match *step {
            Step::Plain(_) | Step::Literal(_) => return false,
            Step::General { spec, width, precision } => {
                (usize::from(width) + usize::from(precision), spec.conversion == Conversion::Pointer)
            }
            _ => (0, matches!(step, Step::Pointer)),
        };
        next += amounts + 1;
        is_address && next - 1 == index
    })
}

/// Prints. Conversions without an argument print nothing.
#[allow(clippy::cast_possible_truncation)] // an int is the low half of its word
#[allow(clippy::cast_possible_wrap)]
pub(crate) fn render(steps: &[Step], values: &[Value<'_>], text: &mut Text<'_>) {
    let mut values = values.iter();
    for step in steps {
        match step {
            Step::Plain(bytes) => {
                text.unescaped(bytes);
                continue;
            }
            Step::Literal(bytes) => {
                text.literal(bytes);
                continue;
            }
            _ => {}
        }
        let mut next = || values.next();
        let Some(mut value) = next() else { return };
        match *step {
            Step::Plain(_) | Step::Literal(_) => {}
            Step::Str => text.str(value.str()),
            Step::Pointer => text.pointer(value.word()),
            Step::Signed32 => text.signed(i64::from(value.word() as i32)),
            Step::Signed64 => text.signed(value.word() as i64),
            Step::Unsigned32 => text.unsigned(u64::from(value.word() as u32)),
            Step::Unsigned64 => text.unsigned(value.word()),
            Step::Hex32 => text.hex(u64::from(value.word() as u32)),
            Step::Hex64 => text.hex(value.word()),
            Step::General { mut spec, width, precision } => {
                if width {
                    spec = spec.with_width(value.word() as i32);
                    let Some(behind) = next() else { return };
                    value = behind;
                }
                if precision {
                    spec = spec.with_precision(value.word() as i32);
                    let Some(behind) = next() else { return };
                    value = behind;
                }
                text.value(value, &spec);
            }
        }
    }
}
