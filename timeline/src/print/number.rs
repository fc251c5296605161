//! Numbers as C has them: of four or eight bytes, signed or not, by the usual conversions (C11, 6.3.1).

use crate::kernel::format::{extend, size_of_type};

/// A number after C's integer promotion. The bits are extended to 64 by its sign.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Number {
    bits: u64,
    long: bool,
    signed: bool,
}

/// A C type that a cast names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct CType {
    size: usize,
    signed: bool,
    truth: bool,
}

impl CType {
    pub(super) const POINTER: Self = Self { size: 8, signed: false, truth: false };

    /// The type of these words; `None` if they name none that is known.
    pub(super) fn spelled(words: &[&str]) -> Option<Self> {
        let size = size_of_type(&words.join(" "))?;
        let signed = !words.contains(&"unsigned")
            && words.iter().any(|word| {
                let signed_name = ["s", "__s", "int"].iter().any(|prefix| {
                    word.strip_prefix(prefix)
                        .is_some_and(|rest| rest.starts_with(|digit: char| digit.is_ascii_digit()))
                });
                let names =
                    ["char", "short", "int", "long", "signed", "pid_t", "ssize_t", "loff_t", "ktime_t"];
                signed_name || names.contains(word)
            });
        Some(Self { size, signed, truth: words.contains(&"bool") })
    }

    pub(super) fn size_of(self) -> Number {
        Number { bits: self.size as u64, long: true, signed: false }
    }
}

impl Number {
    /// An `int`.
    pub(super) fn int(value: i64) -> Self {
        Self { bits: extend(value.cast_unsigned(), 4), long: false, signed: true }
    }

    /// An integer constant (C11, 6.4.4.1).
    pub(super) fn literal(value: u64, unsigned: bool, long: bool, decimal: bool) -> Self {
        let (int, uint, slong) = (value >> 31 == 0, value >> 32 == 0, value >> 63 == 0);
        let may_be_unsigned = unsigned || !decimal;
        let (long, signed) = if !long && !unsigned && int {
            (false, true)
        } else if !long && may_be_unsigned && uint {
            (false, false)
        } else {
            (true, !unsigned && slong)
        };
        Self::new(value, long, signed)
    }

    /// What a field of `size` bytes becomes when it is used.
    pub(super) fn promoted(word: u64, size: usize, signed: bool) -> Self {
        match size {
            1 | 2 => Self::new(word, false, true),
            4 => Self::new(word, false, signed),
            _ => Self::new(word, true, signed),
        }
    }

    fn new(bits: u64, long: bool, signed: bool) -> Self {
        let bits = match (long, signed) {
            (true, _) => bits,
            (false, true) => extend(bits, 4),
            (false, false) => bits & u64::from(u32::MAX),
        };
        Self { bits, long, signed }
    }

    /// The bits, extended by the type's sign: what a conversion of `printf` takes its part of.
    pub(super) const fn bits(self) -> u64 {
        self.bits
    }

    /// Converted to `unsigned long`.
    pub(super) const fn as_long(self) -> u64 {
        self.bits
    }

    /// As a length or an index; `None` below zero.
    pub(super) fn index(self) -> Option<usize> {
        if self.signed {
            usize::try_from(self.bits.cast_signed()).ok()
        } else {
            usize::try_from(self.bits).ok()
        }
    }

    pub(super) const fn truth(self) -> bool {
        self.bits != 0
    }

    pub(super) fn cast(self, to: CType) -> Self {
        if to.truth {
            return Self::int(i64::from(self.truth()));
        }
        let kept = match to.size {
            8 => self.bits,
            size if to.signed => extend(self.bits, size),
            size => self.bits & ((1 << (size * 8)) - 1),
        };
        Self::promoted(kept, to.size, to.signed)
    }

    pub(super) fn unary(self, operator: char) -> Option<Self> {
        let Self { bits, long, signed } = self;
        Some(match operator {
            '+' => self,
            '-' => Self::new(bits.wrapping_neg(), long, signed),
            '~' => Self::new(!bits, long, signed),
            '!' => Self::int(i64::from(!self.truth())),
            _ => return None,
        })
    }

    /// `None` of a division by zero and of an operator that evaluates only one side (`&&`, `||`).
    pub(super) fn binary(self, operator: &str, other: Self) -> Option<Self> {
        if let "<<" | ">>" = operator {
            return Some(self.shifted(operator == "<<", other));
        }
        // the usual arithmetic conversions
        let long = self.long || other.long;
        let signed = match (self.long, other.long) {
            (true, false) => self.signed,
            (false, true) => other.signed,
            _ => self.signed && other.signed,
        };
        let (a, b) = (Self::new(self.bits, long, signed).bits, Self::new(other.bits, long, signed).bits);
        let (sa, sb) = (a.cast_signed(), b.cast_signed());
        let order = if signed { sa.cmp(&sb) } else { a.cmp(&b) };
        let truth = |truth: bool| Some(Self::int(i64::from(truth)));
        let bits = match operator {
            "==" => return truth(order.is_eq()),
            "!=" => return truth(order.is_ne()),
            "<" => return truth(order.is_lt()),
            "<=" => return truth(order.is_le()),
            ">" => return truth(order.is_gt()),
            ">=" => return truth(order.is_ge()),
            "+" => a.wrapping_add(b),
            "-" => a.wrapping_sub(b),
            "*" => a.wrapping_mul(b),
            "/" | "%" if b == 0 => return None,
            "/" if signed => sa.wrapping_div(sb).cast_unsigned(),
            "%" if signed => sa.wrapping_rem(sb).cast_unsigned(),
            "/" => a / b,
            "%" => a % b,
            "&" => a & b,
            "|" => a | b,
            "^" => a ^ b,
            _ => return None,
        };
        Some(Self::new(bits, long, signed))
    }

    /// The type is that of the left side; as the machine does, the count is taken by its low bits.
    fn shifted(self, left: bool, by: Self) -> Self {
        let Self { bits, long, signed } = self;
        #[allow(clippy::cast_possible_truncation)] // at most 63
        let by = (by.bits & if long { 63 } else { 31 }) as u32;
        let bits = match (left, signed) {
            (true, _) => bits << by,
            (false, true) => (bits.cast_signed() >> by).cast_unsigned(),
            (false, false) => bits >> by,
        };
        Self::new(bits, long, signed)
    }
}
