//! The conversions of the kernel's own `printf` (Documentation/core-api/printk-formats.rst).
//!
//! It is C's but for `%#x` of 0, which the kernel prints as `0x0`, and for what follows `%p`.

use super::eval::Value;
use crate::kernel::bytes::until_nul;
use printf::{Conversion, Length, Spec, Text};
use std::fmt::Write;

/// A conversion, and how many arguments its `*` take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Asked {
    spec: Spec,
    pub(super) width_given: bool,
    pub(super) precision_given: bool,
    pointer: Pointer,
}

/// What the letters after `%p` ask for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Pointer {
    /// No `%p` at all.
    None,
    /// `%p`, `%px`, `%pK`. The kernel hashes the first unless `hash-ptr` is off; the bytes hold the address.
    Address,
    /// `%pS` and its family: the recording has no symbols, so the address.
    Symbol,
    /// `%*ph`, with what stands between two bytes.
    Hex(&'static str),
    /// `%pM`
    Mac,
    /// `%pI4`
    Inet,
    /// `%pU`
    Uuid,
}

/// Takes the conversion after a `%` off the front of a format; `None` if it is none of the known.
pub(super) fn take(format: &[u8]) -> Option<(Asked, &[u8])> {
    let mut rest = format;
    let mut spec = Spec::new(Conversion::Signed);
    while let Some((flag, after)) = rest.split_first() {
        match flag {
            b'-' => spec.left = true,
            b'+' => spec.plus = true,
            b' ' => spec.space = true,
            b'#' => spec.alternate = true,
            b'0' => spec.zero = true,
            _ => break,
        }
        rest = after;
    }
    let (width, width_given, after) = count(rest)?;
    spec.width = width;
    rest = after;
    let mut precision_given = false;
    if let Some(after) = rest.strip_prefix(b".") {
        let (precision, given, after) = count(after)?;
        spec.precision = Some(precision);
        precision_given = given;
        rest = after;
    }
    let lengths: [(&[u8], Length); 8] = [
        (b"hh", Length::Bits8),
        (b"h", Length::Bits16),
        (b"ll", Length::Bits64),
        (b"l", Length::Bits64),
        (b"L", Length::Bits64),
        (b"z", Length::Bits64),
        (b"t", Length::Bits64),
        (b"j", Length::Bits64),
    ];
    if let Some((spelled, length)) = lengths.into_iter().find(|(spelled, _)| rest.starts_with(spelled)) {
        spec.length = length;
        rest = &rest[spelled.len()..];
    }
    let (letter, mut rest) = rest.split_first()?;
    spec.conversion = match letter {
        b'd' | b'i' => Conversion::Signed,
        b'u' => Conversion::Unsigned,
        b'o' => Conversion::Octal,
        b'x' => Conversion::Hex,
        b'X' => Conversion::HexUpper,
        b'c' => Conversion::Char,
        b's' => Conversion::Str,
        b'p' => Conversion::Pointer,
        _ => return None,
    };
    let mut pointer = Pointer::None;
    if spec.conversion == Conversion::Pointer {
        (pointer, rest) = family(rest)?;
    }
    Some((Asked { spec, width_given, precision_given, pointer }, rest))
}

/// The letters that follow a `%p`: the kernel takes all letters and digits there for its own.
fn family(rest: &[u8]) -> Option<(Pointer, &[u8])> {
    let end = rest.iter().position(|byte| !byte.is_ascii_alphanumeric()).unwrap_or(rest.len());
    let (letters, after) = rest.split_at(end);
    let pointer = match letters {
        b"" | b"x" | b"K" => Pointer::Address,
        b"S" | b"s" | b"SR" | b"F" | b"f" | b"B" | b"Sb" | b"SRb" | b"Bb" => Pointer::Symbol,
        b"h" => Pointer::Hex(" "),
        b"hC" => Pointer::Hex(":"),
        b"hD" => Pointer::Hex("-"),
        b"hN" => Pointer::Hex(""),
        b"M" => Pointer::Mac,
        b"I4" | b"i4" => Pointer::Inet,
        b"U" | b"Ub" => Pointer::Uuid,
        _ => return None,
    };
    Some((pointer, after))
}

/// Digits, or a `*`.
fn count(format: &[u8]) -> Option<(u32, bool, &[u8])> {
    if let Some(rest) = format.strip_prefix(b"*") {
        return Some((0, true, rest));
    }
    let end = format.iter().position(|byte| !byte.is_ascii_digit()).unwrap_or(format.len());
    let digits = std::str::from_utf8(&format[..end]).ok()?;
    let count = if digits.is_empty() { 0 } else { digits.parse().ok()? };
    Some((count, false, &format[end..]))
}

impl Asked {
    /// Writes what becomes of a value; `None` if it is not of the kind that the conversion takes.
    pub(super) fn write(
        &self,
        text: &mut Text<'_>,
        value: Value<'_>,
        width: Option<i32>,
        precision: Option<i32>,
    ) -> Option<()> {
        let mut spec = self.spec;
        if let Some(width) = width {
            spec = spec.with_width(width);
        }
        if let Some(precision) = precision {
            spec = spec.with_precision(precision);
        }
        match (self.pointer, spec.conversion) {
            (Pointer::None, Conversion::Str) => text.string(Some(until_nul(&value.bytes()?)), &spec),
            (Pointer::None, _) => integer(text, value.number()?.bits(), &spec),
            (Pointer::Address, _) => {
                let wide = Spec { zero: true, width: 16, ..Spec::long(Conversion::Hex) };
                text.integer(value.number()?.bits(), &wide);
            }
            (Pointer::Symbol, _) => {
                let plain = Spec { alternate: true, ..Spec::long(Conversion::Hex) };
                integer(text, value.number()?.bits(), &plain);
            }
            (Pointer::Hex(between), _) => {
                // printk-formats.rst: up to 64 bytes
                let count = usize::try_from(spec.width).ok()?.clamp(1, 64);
                text.literal(spelled(value.bytes()?.get(..count)?, between).as_bytes());
            }
            (Pointer::Mac, _) => text.literal(spelled(value.bytes()?.get(..6)?, ":").as_bytes()),
            (Pointer::Inet, _) => {
                let parts: Vec<_> = value.bytes()?.get(..4)?.iter().map(u8::to_string).collect();
                text.literal(parts.join(".").as_bytes());
            }
            (Pointer::Uuid, _) => {
                let bytes = value.bytes()?;
                for (index, part) in [0..4, 4..6, 6..8, 8..10, 10..16].into_iter().enumerate() {
                    text.literal(if index == 0 { b"" } else { b"-" });
                    text.literal(spelled(bytes.get(part)?, "").as_bytes());
                }
            }
        }
        Some(())
    }
}

fn spelled(bytes: &[u8], between: &str) -> String {
    let mut text = String::with_capacity(bytes.len() * 3);
    for (index, byte) in bytes.iter().enumerate() {
        let between = if index == 0 { "" } else { between };
        // writing to a String cannot fail
        let _ = write!(text, "{between}{byte:02x}");
    }
    text
}

fn integer(text: &mut Text<'_>, bits: u64, spec: &Spec) {
    let counted = match spec.length {
        Length::Bits8 => bits & 0xff,
        Length::Bits16 => bits & 0xffff,
        Length::Bits32 => bits & 0xffff_ffff,
        Length::Bits64 => bits,
    };
    let hex = matches!(spec.conversion, Conversion::Hex | Conversion::HexUpper);
    if !(hex && spec.alternate && counted == 0) {
        return text.integer(bits, spec);
    }
    let prefix: &[u8] = if spec.conversion == Conversion::Hex { b"0x" } else { b"0X" };
    let bare = Spec { alternate: false, width: spec.width.saturating_sub(2), ..*spec };
    if !spec.left && !spec.zero {
        // the blanks stand before the prefix
        let digits = spec.precision.unwrap_or(1).max(1);
        let blanks = spec.width.saturating_sub(digits.saturating_add(2));
        text.string(Some(b""), &Spec { width: blanks, ..Spec::new(Conversion::Str) });
        text.literal(prefix);
        return text.integer(0, &Spec { width: 0, ..bare });
    }
    text.literal(prefix);
    text.integer(0, &bare);
}

#[cfg(test)]
mod tests {
    use super::super::number::Number;
    use super::*;
    use std::borrow::Cow;
    use std::mem::MaybeUninit;

    fn printed(format: &str, value: Value<'_>) -> Option<String> {
        let (asked, rest) = take(format.strip_prefix('%')?.as_bytes())?;
        let mut room = [MaybeUninit::uninit(); 256];
        let mut text = Text::new(&mut room);
        asked.write(&mut text, value, asked.width_given.then_some(6), asked.precision_given.then_some(3))?;
        text.literal(rest);
        Some(String::from_utf8_lossy(text.as_bytes()).into_owned())
    }

    #[test]
    fn the_kernels_own() {
        let long = |value: u64| Value::Number(Number::promoted(value, 8, false));
        let table: &[(&str, Value<'_>, Option<&str>)] = &[
            ("%d", Value::Number(Number::int(-5)), Some("-5")),
            ("%#x", long(0), Some("0x0")),
            ("%#6x", long(0), Some("   0x0")),
            ("%-#6x|", long(0), Some("0x0   |")),
            ("%#08llx", long(0), Some("0x000000")),
            ("%#016lx", long(0xab), Some("0x000000000000ab")),
            ("%Lu", long(u64::MAX), Some("18446744073709551615")),
            ("%0x", long(0x1_0000_0001), Some("1")),
            ("%p!", long(0xff), Some("00000000000000ff!")),
            ("%pS", long(0xff), Some("0xff")),
            ("%ps()", long(0xff), Some("0xff()")),
            ("%pI4", bytes(&[127, 0, 0, 1]), Some("127.0.0.1")),
            ("%pM", bytes(&[1, 2, 3, 4, 5, 255]), Some("01:02:03:04:05:ff")),
            ("%pM", bytes(&[1, 2, 3, 4, 5]), None),
            ("%*phC", bytes(&[1, 2, 3, 4, 5, 6, 7]), Some("01:02:03:04:05:06")),
            ("%3ph", bytes(&[1, 2, 3, 4]), Some("01 02 03")),
            ("%3phN", bytes(&[1, 2]), None),
            ("%pU", bytes(&[0; 16]), Some("00000000-0000-0000-0000-000000000000")),
            ("%.*s", bytes(b"abcdef\0"), Some("abc")),
            ("%-4s|", bytes(b"ab\0zz"), Some("ab  |")),
            ("%s", long(1), None),
            ("%d", bytes(b"1"), None),
            ("%pISpc", bytes(b"1"), None),
            ("%n", long(1), None),
            ("%", long(1), None),
            ("%99999999999d", long(1), None),
        ];
        for (format, value, want) in table {
            assert_eq!(printed(format, value.clone()).as_deref(), *want, "{format}");
        }
    }

    fn bytes(bytes: &[u8]) -> Value<'_> {
        Value::Bytes { bytes: Cow::Borrowed(bytes), size: 1, signed: false }
    }
}
