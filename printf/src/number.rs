//! Integers: digits, then sign, prefix and padding around them.

use crate::{Conversion, Length, Spec, Text};
use core::mem::MaybeUninit;

/// 64 bits have 22 octal digits.
const MOST_DIGITS: usize = 22;

/// In what digits a number is written.
#[derive(Clone, Copy)]
pub(crate) enum Base {
    Decimal,
    Octal,
    Hex,
    HexUpper,
}

impl Base {
    /// How many digits a number has; zero has one.
    #[inline]
    fn len(self, value: u64) -> usize {
        let bits = 64 - (value | 1).leading_zeros();
        let digits = match self {
            Self::Decimal => value.checked_ilog10().unwrap_or(0) + 1,
            Self::Octal => bits.div_ceil(3),
            Self::Hex | Self::HexUpper => bits.div_ceil(4),
        };
        digits as usize
    }

    /// Fills a place that is as long as the number, from the last digit to the first.
    #[inline]
    fn fill(self, place: &mut [MaybeUninit<u8>], mut value: u64) {
        for slot in place.iter_mut().rev() {
            // the digit is below 16 in every arm
            #[allow(clippy::cast_possible_truncation)]
            let digit = match self {
                Self::Decimal => {
                    let digit = b'0' + (value % 10) as u8;
                    value /= 10;
                    digit
                }
                Self::Octal => {
                    let digit = b'0' + (value & 7) as u8;
                    value >>= 3;
                    digit
                }
                Self::Hex | Self::HexUpper => {
                    let letters = if matches!(self, Self::Hex) { b'a' - 10 } else { b'A' - 10 };
                    let digit = (value & 15) as u8;
                    value >>= 4;
                    digit + if digit < 10 { b'0' } else { letters }
                }
            };
            slot.write(digit);
        }
    }
}

/// Writes the digits of a number and nothing else.
#[inline]
pub(crate) fn digits(text: &mut Text<'_>, value: u64, base: Base) {
    let len = base.len(value);
    if let Some(place) = text.claim(len) {
        // straight to where they belong: digits that are copied once more cost a stalled load
        base.fill(place, value);
    } else {
        digits_cut(text, value, base, len);
    }
}

#[cold]
fn digits_cut(text: &mut Text<'_>, value: u64, base: Base, len: usize) {
    let mut place = [MaybeUninit::uninit(); MOST_DIGITS];
    let place = &mut place[..len.min(MOST_DIGITS)];
    base.fill(place, value);
    let written: *const [MaybeUninit<u8>] = place;
    // SAFETY: `fill` writes every byte of the place; MaybeUninit<u8> has u8's layout.
    text.push(unsafe { &*(written as *const [u8]) });
}

/// Writes `bits` as `spec` says. `sign` allows `+` and blank where C does not (glibc's `%p`).
pub(crate) fn write(text: &mut Text<'_>, bits: u64, spec: &Spec, sign: bool) {
    let (magnitude, negative) = magnitude(bits, spec);
    let base = match spec.conversion {
        Conversion::Hex => Base::Hex,
        Conversion::HexUpper => Base::HexUpper,
        Conversion::Octal => Base::Octal,
        _ => Base::Decimal,
    };
    // No digits at all for a zero of precision 0.
    let silent = magnitude == 0 && spec.precision == Some(0);
    let len = if silent { 0 } else { base.len(magnitude) };

    let signed = sign || spec.conversion == Conversion::Signed;
    let sign: &[u8] = match (negative, signed && spec.plus, signed && spec.space) {
        (true, _, _) => b"-",
        (_, true, _) => b"+",
        (_, _, true) => b" ",
        _ => b"",
    };
    let prefix: &[u8] = match spec.conversion {
        Conversion::Hex if spec.alternate && magnitude != 0 => b"0x",
        Conversion::HexUpper if spec.alternate && magnitude != 0 => b"0X",
        _ => b"",
    };
    let least = if silent { 0 } else { spec.precision.unwrap_or(1) as usize };
    let mut zeros = least.saturating_sub(len);
    // `#` raises the precision of an octal until its first digit is 0
    if spec.conversion == Conversion::Octal && spec.alternate && zeros == 0 && (magnitude != 0 || silent) {
        zeros = 1;
    }
    let padding = (spec.width as usize).saturating_sub(sign.len() + prefix.len() + zeros + len);
    if spec.zero && !spec.left && spec.precision.is_none() {
        zeros += padding;
    } else if !spec.left {
        text.pad(b' ', padding);
    }
    text.push(sign);
    text.push(prefix);
    text.pad(b'0', zeros);
    if !silent {
        digits(text, magnitude, base);
    }
    if spec.left {
        text.pad(b' ', padding);
    }
}

/// The part of the argument that its length lets count, and whether it is below zero.
#[allow(clippy::cast_possible_truncation, clippy::cast_possible_wrap)] // what a length modifier means
fn magnitude(bits: u64, spec: &Spec) -> (u64, bool) {
    if spec.conversion == Conversion::Signed {
        let value = match spec.length {
            Length::Bits8 => i64::from(bits as i8),
            Length::Bits16 => i64::from(bits as i16),
            Length::Bits32 => i64::from(bits as i32),
            Length::Bits64 => bits as i64,
        };
        (value.unsigned_abs(), value < 0)
    } else {
        let value = match spec.length {
            Length::Bits8 => u64::from(bits as u8),
            Length::Bits16 => u64::from(bits as u16),
            Length::Bits32 => u64::from(bits as u32),
            Length::Bits64 => bits,
        };
        (value, false)
    }
}
