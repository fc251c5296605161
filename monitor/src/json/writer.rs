//! A value to text, as QEMU writes it: on one line, `, ` and `: ` between, and nothing but ASCII.

use super::{Json, Object};
use std::fmt::{self, Display, Formatter, Write};

impl Display for Json {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Null => f.write_str("null"),
            Self::Bool(value) => value.fmt(f),
            Self::Int(value) => value.fmt(f),
            Self::Uint(value) => value.fmt(f),
            Self::Float(value) => float(*value, f),
            Self::String(value) => string(value, f),
            Self::Array(values) => {
                f.write_char('[')?;
                for (index, value) in values.iter().enumerate() {
                    f.write_str(if index == 0 { "" } else { ", " })?;
                    value.fmt(f)?;
                }
                f.write_char(']')
            }
            Self::Object(object) => object.fmt(f),
        }
    }
}

impl Display for Object {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_char('{')?;
        for (index, (name, value)) in self.iter().enumerate() {
            f.write_str(if index == 0 { "" } else { ", " })?;
            string(name, f)?;
            f.write_str(": ")?;
            value.fmt(f)?;
        }
        f.write_char('}')
    }
}

/// The shortest text that reads back as the same number, where QEMU prints seventeen digits; with an exponent where C's `%.17g`
/// has one, so that `1e308` does not come back as three hundred digits.
fn float(value: f64, f: &mut Formatter<'_>) -> fmt::Result {
    if value == 0.0 || (1e-4..1e17).contains(&value.abs()) {
        return value.fmt(f);
    }
    let text = format!("{value:e}");
    let (digits, exponent) = text.split_once('e').unwrap_or((&text, "0"));
    let (sign, exponent) = exponent.strip_prefix('-').map_or(('+', exponent), |exponent| ('-', exponent));
    write!(f, "{digits}e{sign}{exponent:0>2}")
}

fn string(text: &str, f: &mut Formatter<'_>) -> fmt::Result {
    f.write_char('"')?;
    for character in text.chars() {
        match character {
            '"' => f.write_str("\\\"")?,
            '\\' => f.write_str("\\\\")?,
            '\u{8}' => f.write_str("\\b")?,
            '\u{c}' => f.write_str("\\f")?,
            '\n' => f.write_str("\\n")?,
            '\r' => f.write_str("\\r")?,
            '\t' => f.write_str("\\t")?,
            ' '..='~' => f.write_char(character)?,
            _ => {
                for unit in character.encode_utf16(&mut [0; 2]) {
                    write!(f, "\\u{unit:04X}")?;
                }
            }
        }
    }
    f.write_char('"')
}
