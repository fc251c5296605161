//! A format string, taken apart, and what it prints.

use crate::modifier::Modifier;
use printf::{Spec, Text, Value};

/// The format of an event.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Format {
    /// As the file has it: literals with their quotes and escapes, macros, and the blanks between them.
    pub source: String,
    /// What it means.
    pub parts: Vec<Part>,
}

/// A piece of a format.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Part {
    /// Bytes that stand for themselves, escapes resolved, `%%` made `%`.
    Literal(Vec<u8>),
    /// A conversion.
    Conversion(Conversion),
}

/// A conversion as the format spells it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Conversion {
    /// Flags, length and kind; width and precision where they are fixed.
    pub spec: Spec,
    /// The least number of bytes.
    pub width: Amount,
    /// The digits of a number, the bytes of a string.
    pub precision: Amount,
    /// As the file has it: `%08x`, `%0*" PRIx64`.
    pub source: String,
    /// The bytes of the line that it takes, for pointing at it.
    pub(crate) place: (usize, usize),
    /// The length as spelled.
    pub(crate) modifier: Modifier,
}

/// A width or a precision.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Amount {
    /// Not given.
    None,
    /// Given as a number.
    Fixed(u32),
    /// `*`: an argument of its own, an `int`.
    Argument,
}

impl Conversion {
    /// How many arguments it takes: one, and one more for each `*`.
    #[must_use]
    pub fn arguments(&self) -> usize {
        1 + usize::from(self.width == Amount::Argument) + usize::from(self.precision == Amount::Argument)
    }

    /// Without quotes and blanks, for a message: `%08PRIx64`.
    pub(crate) fn spelling(&self) -> String {
        // blanks without quotes are the flag
        if self.source.contains('"') { self.source.replace(['"', ' '], "") } else { self.source.clone() }
    }

    /// The letter of its kind: one of `duoxXcsp`.
    #[must_use]
    pub fn letter(&self) -> char {
        match self.spec.conversion {
            printf::Conversion::Signed => 'd',
            printf::Conversion::Unsigned => 'u',
            printf::Conversion::Octal => 'o',
            printf::Conversion::Hex => 'x',
            printf::Conversion::HexUpper => 'X',
            printf::Conversion::Char => 'c',
            printf::Conversion::Str => 's',
            printf::Conversion::Pointer => 'p',
        }
    }
}

impl Format {
    /// The conversions, in order.
    pub fn conversions(&self) -> impl Iterator<Item = &Conversion> {
        self.parts.iter().filter_map(|part| match part {
            Part::Conversion(conversion) => Some(conversion),
            Part::Literal(_) => None,
        })
    }

    /// Prints what `printf` would: the interpreter for readers, which have no generated code. A value that is not
    /// there prints as zero, and as C's null pointer.
    pub fn render(&self, values: &[Value<'_>], text: &mut Text<'_>) {
        let mut values = values.iter();
        for part in &self.parts {
            match part {
                Part::Literal(bytes) => text.literal(bytes),
                Part::Conversion(conversion) => {
                    let mut next = || values.next().unwrap_or(&Value::Word(0));
                    let mut spec = conversion.spec;
                    if conversion.width == Amount::Argument {
                        spec = spec.with_width(int(next()));
                    }
                    if conversion.precision == Amount::Argument {
                        spec = spec.with_precision(int(next()));
                    }
                    text.value(next(), &spec);
                }
            }
        }
    }
}

/// C's `int` of an argument.
#[allow(clippy::cast_possible_truncation)] // that is what an `int` argument is
fn int(value: &Value<'_>) -> i32 {
    value.word() as i32
}
