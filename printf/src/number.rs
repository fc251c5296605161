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

    /// Fills a place that is as long as the number.
    #[inline]
    #[allow(clippy::cast_possible_truncation)] // a digit is below 16
    fn fill(self, place: &mut [MaybeUninit<u8>], mut value: u64) {
        let letters = match self {
            Self::Decimal => return fill_decimal(place, value),
            Self::Octal | Self::Hex => b'a' - 10,
            Self::HexUpper => b'A' - 10,
        };
        let (mask, shift) = if matches!(self, Self::Octal) { (7, 3) } else { (15, 4) };
        for slot in place.iter_mut().rev() {
            let digit = (value & mask) as u8;
            value >>= shift;
            slot.write(digit + if digit < 10 { b'0' } else { letters });
        }
    }
}

/// Two digits a division: each division waits for the one before.
#[inline]
#[allow(clippy::cast_possible_truncation)] // what is left after a remainder of 10^8 or 100 fits
fn fill_decimal(place: &mut [MaybeUninit<u8>], mut value: u64) {
    const PAIRS: &[u8; 200] = b"0001020304050607080910111213141516171819\
        2021222324252627282930313233343536373839\
        4041424344454647484950515253545556575859\
        6061626364656667686970717273747576777879\
        8081828384858687888990919293949596979899";
    let write = |pair: &mut [MaybeUninit<u8>; 2], low: &mut u32| {
        let at = (*low % 100) as usize * 2;
        *low /= 100;
        pair[0].write(PAIRS[at]);
        pair[1].write(PAIRS[at + 1]);
    };
    // divisions of 32 bits cost half of those of 64
    let (rest, eights) = place.as_rchunks_mut::<8>();
    for eight in eights.iter_mut().rev() {
        let mut low = (value % 100_000_000) as u32;
        value /= 100_000_000;
        eight.as_chunks_mut::<2>().0.iter_mut().rev().for_each(|pair| write(pair, &mut low));
    }
    let mut low = value as u32;
    let (first, pairs) = rest.as_rchunks_mut::<2>();
    pairs.iter_mut().rev().for_each(|pair| write(pair, &mut low));
    if let [first] = first {
        first.write(b'0' + (low % 10) as u8);
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
    let framed =
        sign || spec.plus || spec.space || spec.alternate || spec.width > 0 || spec.precision.is_some();
    if !framed {
        if negative {
            text.plain(b"-");
        }
        return digits(text, magnitude, base);
    }
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
