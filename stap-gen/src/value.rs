//! The operands of a conversion as SystemTap's expressions.

use crate::names::Name;
use crate::number;
use printf::{Conversion as Kind, Length, Spec};
use trace_events::{Base, CType};

/// What a conversion prints, or a `*` takes.
#[derive(Clone, Copy)]
pub(crate) enum Value<'a> {
    /// An argument.
    Name(&'a Name<'a>),
    /// The low bits of an argument, as a number without a sign.
    Low(&'a Name<'a>, u32),
    /// The low bits of an argument, the uppermost of which is the sign.
    LowSigned(&'a Name<'a>, u32),
    /// The characters at an argument.
    Characters(&'a Name<'a>),
    /// A number or a string in quotes.
    Literal(&'static str),
}

impl<'a> Value<'a> {
    /// An argument as a conversion of numbers sees it: C prints the low bits that the length says, SystemTap all 64, into
    /// which `$argN` was extended. An argument that is not there is zero.
    pub(crate) fn of(name: Option<&'a Name<'a>>, spec: &Spec) -> Self {
        let length = match (spec.conversion, spec.length) {
            (Kind::Char | Kind::Str | Kind::Pointer, _) | (_, Length::Bits64) => 64,
            (_, Length::Bits8) => 8,
            (_, Length::Bits16) => 16,
            (_, Length::Bits32) => 32,
        };
        Self::cut(name, length, spec.conversion == Kind::Signed)
    }

    /// An argument as a `*` sees it, which is an `int`.
    pub(crate) fn int(name: Option<&'a Name<'a>>) -> Self {
        Self::cut(name, 32, true)
    }

    fn cut(name: Option<&'a Name<'a>>, length: u32, signed: bool) -> Self {
        let Some(name) = name else {
            return Self::Literal("0");
        };
        let bits = bits(name.ctype);
        let fits = match (name.ctype.is_signed(), signed) {
            _ if length == 64 => true,
            (true, true) | (false, false) => bits <= length,
            (false, true) => bits < length,
            (true, false) => false,
        };
        match (fits, signed) {
            (true, _) => Self::Name(name),
            (false, true) => Self::LowSigned(name, length),
            (false, false) => Self::Low(name, length),
        }
    }

    pub(crate) fn push(&self, out: &mut String) {
        match self {
            Self::Name(name) => name.push(out),
            Self::Characters(name) => name.push_string(out),
            Self::Literal(text) => out.push_str(text),
            Self::Low(name, bits) => {
                out.push('(');
                name.push(out);
                out.push_str(match bits {
                    8 => " & 0xff)",
                    16 => " & 0xffff)",
                    _ => " & 0xffffffff)",
                });
            }
            Self::LowSigned(name, bits) => {
                let shift = 64 - *bits as usize;
                out.push_str("((");
                name.push(out);
                out.push_str(" << ");
                number::push(out, shift);
                out.push_str(") >> ");
                number::push(out, shift);
                out.push(')');
            }
        }
    }
}

/// How many bits of `$argN` may be other than its sign.
pub(crate) fn bits(ctype: &CType) -> u32 {
    match ctype.base() {
        _ if ctype.promoted_bits() != Some(32) => 64,
        Base::Bool | Base::Char | Base::SignedChar | Base::UnsignedChar | Base::Int8 | Base::Uint8 => 8,
        Base::Short | Base::UnsignedShort | Base::Int16 | Base::Uint16 => 16,
        _ => 32,
    }
}

/// A width or a precision.
#[derive(Clone, Copy)]
pub(crate) enum Quantity<'a> {
    /// Not given.
    None,
    /// Given as a number.
    Fixed(u32),
    /// Given by an argument, of whose sign nothing is known yet.
    Given(Value<'a>),
    /// Given by an argument that is not below zero.
    Just(Value<'a>),
    /// The negative of an argument that is below zero.
    Minus(Value<'a>),
    /// An argument without its sign.
    Magnitude(Value<'a>),
    /// So many less than an argument.
    Less(Value<'a>, u32),
    /// A precision of a string: an argument, or all of the string if that is below zero.
    OrAll(Value<'a>),
}

impl Quantity<'_> {
    /// As it stands in a conversion, with its argument.
    pub(crate) fn push_conversion(&self, format: &mut String, args: &mut String) {
        match self {
            Self::None => {}
            Self::Fixed(_) => self.push(format),
            _ => {
                format.push('*');
                args.push_str(", ");
                self.push(args);
            }
        }
    }

    /// As an expression.
    pub(crate) fn push(&self, out: &mut String) {
        match self {
            Self::None => {}
            Self::Fixed(fixed) => number::push(out, *fixed as usize),
            Self::Given(value) | Self::Just(value) => value.push(out),
            Self::Minus(value) => {
                out.push('-');
                value.push(out);
            }
            Self::Magnitude(value) => {
                out.push('(');
                value.push(out);
                out.push_str(" < 0 ? -");
                value.push(out);
                out.push_str(" : ");
                value.push(out);
                out.push(')');
            }
            Self::Less(value, less) => {
                value.push(out);
                out.push_str(" - ");
                number::push(out, *less as usize);
            }
            Self::OrAll(value) => {
                out.push('(');
                value.push(out);
                out.push_str(" < 0 ? 512 : ");
                value.push(out);
                out.push(')');
            }
        }
    }
}
