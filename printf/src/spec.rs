//! A conversion specification as data: `%-08.3llx` taken apart.

use crate::Text;

/// One conversion: flags, width, precision, length and what it makes (printf(3)).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(clippy::struct_excessive_bools)] // the five flags of printf(3), each on or off
pub struct Spec {
    /// `-`: pad on the right.
    pub left: bool,
    /// `+`: a sign before positive numbers too.
    pub plus: bool,
    /// ` `: a blank where the sign would be.
    pub space: bool,
    /// `#`: `0x` before hexadecimal, `0` before octal.
    pub alternate: bool,
    /// `0`: pad with zeros.
    pub zero: bool,
    /// The least number of bytes.
    pub width: u32,
    /// The least number of digits of a number, the greatest number of bytes of a string.
    pub precision: Option<u32>,
    /// How much of the argument counts.
    pub length: Length,
    /// What becomes of it.
    pub conversion: Conversion,
}

/// What a conversion makes of its argument.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Conversion {
    /// `d`, `i`
    Signed,
    /// `u`
    Unsigned,
    /// `o`
    Octal,
    /// `x`
    Hex,
    /// `X`
    HexUpper,
    /// `c`
    Char,
    /// `s`
    Str,
    /// `p`
    Pointer,
}

/// How many bits of an integer argument a conversion looks at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Length {
    /// `hh`
    Bits8,
    /// `h`
    Bits16,
    /// None: an `int`.
    Bits32,
    /// `l`, `ll`, `z`, `t`, `j` where `long` has 64 bits.
    Bits64,
}

/// An argument. An integer is its bits, sign- or zero-extended from its C type as the C compiler would.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Value<'a> {
    /// An integer or a pointer.
    Word(u64),
    /// A string, without its NUL; `None` is C's null pointer.
    Str(Option<&'a [u8]>),
}

impl Spec {
    /// The bare conversion: no flags, no width, no precision, an `int`.
    #[must_use]
    pub const fn new(conversion: Conversion) -> Self {
        Self {
            left: false,
            plus: false,
            space: false,
            alternate: false,
            zero: false,
            width: 0,
            precision: None,
            length: Length::Bits32,
            conversion,
        }
    }

    /// The bare conversion of 64 bits, such as `%lx`.
    #[must_use]
    pub const fn long(conversion: Conversion) -> Self {
        Self { length: Length::Bits64, ..Self::new(conversion) }
    }

    /// Takes a width from an `int` argument, as `*` does: a negative one means `-` as well.
    #[must_use]
    pub const fn with_width(mut self, width: i32) -> Self {
        self.left |= width < 0;
        self.width = width.unsigned_abs();
        self
    }

    /// Takes a precision from an `int` argument, as `.*` does: a negative one means none.
    #[must_use]
    pub const fn with_precision(mut self, precision: i32) -> Self {
        self.precision = if precision < 0 { None } else { Some(precision.unsigned_abs()) };
        self
    }
}

impl<'a> Value<'a> {
    #[inline]
    /// The integer's bits; of a string its address, which is what `%p` prints of one.
    #[must_use]
    pub fn word(&self) -> u64 {
        match *self {
            Self::Word(bits) => bits,
            Self::Str(bytes) => bytes.map_or(0, |bytes| bytes.as_ptr().addr() as u64),
        }
    }

    /// The string; C's null pointer of an integer, which is none.
    #[must_use]
    pub fn str(&self) -> Option<&'a [u8]> {
        match *self {
            Self::Word(_) => None,
            Self::Str(bytes) => bytes,
        }
    }
}

impl Text<'_> {
    /// What `printf` makes of `value` under `spec`: the general road, for readers.
    pub fn value(&mut self, value: &Value<'_>, spec: &Spec) {
        match spec.conversion {
            Conversion::Str => self.string(value.str(), spec),
            _ => self.integer(value.word(), spec),
        }
    }
}
