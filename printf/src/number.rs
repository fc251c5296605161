//! Integers: digits, then sign, prefix and padding around them.

use crate::{Conversion, Length, Spec, Text};
use core::mem::MaybeUninit;

/// 64 bits have 22 octal digits; two more for `0x`, or one for a sign.
const ROOM: usize = 24;

/// Digits, written from the last to the first.
pub(crate) struct Digits {
    room: [MaybeUninit<u8>; ROOM],
    start: usize,
}

impl Digits {
    pub(crate) const fn new() -> Self {
        Self { room: [MaybeUninit::uninit(); ROOM], start: ROOM }
    }

    pub(crate) fn as_bytes(&self) -> &[u8] {
        let written: *const [MaybeUninit<u8>] = &raw const self.room[self.start..];
        // SAFETY: `put` initialises `room[start..]` as it moves `start` down.
        unsafe { &*(written as *const [u8]) }
    }

    /// Puts a byte before the others.
    #[inline]
    pub(crate) fn put(&mut self, byte: u8) {
        // No value of 64 bits has more digits than there is room for; a byte too many would be dropped, not written.
        if let Some(start) = self.start.checked_sub(1) {
            self.room[start] = MaybeUninit::new(byte);
            self.start = start;
        }
    }

    pub(crate) fn decimal(&mut self, mut value: u64) {
        const PAIRS: &[u8; 200] = b"0001020304050607080910111213141516171819\
            2021222324252627282930313233343536373839\
            4041424344454647484950515253545556575859\
            6061626364656667686970717273747576777879\
            8081828384858687888990919293949596979899";
        while value >= 100 {
            let pair = usize::try_from(value % 100).unwrap_or(0) * 2;
            value /= 100;
            self.put(PAIRS[pair + 1]);
            self.put(PAIRS[pair]);
        }
        let pair = usize::try_from(value).unwrap_or(0) * 2;
        self.put(PAIRS[pair + 1]);
        if value >= 10 {
            self.put(PAIRS[pair]);
        }
    }

    pub(crate) fn hex(&mut self, value: u64, upper: bool) {
        let digits: &[u8; 16] = if upper { b"0123456789ABCDEF" } else { b"0123456789abcdef" };
        self.power_of_two(value, 4, digits);
    }

    fn octal(&mut self, value: u64) {
        self.power_of_two(value, 3, b"01234567");
    }

    fn power_of_two<const N: usize>(&mut self, mut value: u64, shift: u32, digits: &[u8; N]) {
        loop {
            self.put(digits[usize::try_from(value).unwrap_or(usize::MAX) & (N - 1)]);
            value >>= shift;
            if value == 0 {
                return;
            }
        }
    }
}

/// Writes `bits` as `spec` says. `sign` allows `+` and blank where C does not (glibc's `%p`).
pub(crate) fn write(text: &mut Text<'_>, bits: u64, spec: &Spec, sign: bool) {
    let (magnitude, negative) = magnitude(bits, spec);
    let mut digits = Digits::new();
    // No digits at all for a zero of precision 0.
    if magnitude != 0 || spec.precision != Some(0) {
        match spec.conversion {
            Conversion::Hex => digits.hex(magnitude, false),
            Conversion::HexUpper => digits.hex(magnitude, true),
            Conversion::Octal => digits.octal(magnitude),
            _ => digits.decimal(magnitude),
        }
    }
    let digits = digits.as_bytes();

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
    let mut zeros = (spec.precision.unwrap_or(1) as usize).saturating_sub(digits.len());
    if spec.conversion == Conversion::Octal && spec.alternate && zeros == 0 && digits.first() != Some(&b'0') {
        zeros = 1; // `#` raises the precision of an octal until its first digit is 0
    }
    if spec.precision == Some(0)
        && magnitude == 0
        && !(spec.conversion == Conversion::Octal && spec.alternate)
    {
        zeros = 0;
    }
    let taken = sign.len() + prefix.len() + zeros + digits.len();
    let padding = (spec.width as usize).saturating_sub(taken);
    if spec.zero && !spec.left && spec.precision.is_none() {
        zeros += padding;
    } else if !spec.left {
        text.pad(b' ', padding);
    }
    text.push(sign);
    text.push(prefix);
    text.pad(b'0', zeros);
    text.push(digits);
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
