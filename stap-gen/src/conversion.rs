//! One conversion of C in SystemTap's `printf`.
//!
//! SystemTap's numbers have 64 bits and its conversions no lengths, so a value is cut to C's length before. It takes one
//! flag besides `0`, a width and a precision. What it does otherwise than C is avoided by choosing, at run time, among
//! conversions that both do alike: `%#x` of zero (`0x0` instead of `0`), a precision of 0, `0` beside a precision, and a
//! width or precision below zero that an argument gives.

use crate::names::Name;
use crate::number;
use crate::reading;
use crate::value::{Quantity, Value};
use printf::Conversion as Kind;
use trace_events::{Amount, Conversion};

/// The arguments that a conversion takes.
#[derive(Clone, Copy)]
pub(crate) struct Operand<'a> {
    pub(crate) width: Option<&'a Name<'a>>,
    pub(crate) precision: Option<&'a Name<'a>>,
    pub(crate) value: Option<&'a Name<'a>>,
}

impl<'a> Operand<'a> {
    /// Whether one of them cannot be read.
    pub(crate) fn is_unread(&self) -> bool {
        [self.width, self.precision, self.value].into_iter().flatten().any(|name| name.unread)
    }

    /// The argument whose characters are printed.
    pub(crate) fn string(&self, conversion: &Conversion) -> Option<&'a Name<'a>> {
        self.value.filter(|name| conversion.spec.conversion == Kind::Str && name.ctype.is_string())
    }
}

/// Appends a conversion to the format and what it prints to the arguments.
pub(crate) fn push(format: &mut String, args: &mut String, conversion: &Conversion, given: &Operand<'_>) {
    if conversion.spec.conversion == Kind::Char && conversion.width == Amount::Argument {
        return character(format, args, conversion, given);
    }
    match Text::of(conversion, given) {
        Text::Print(print) => print.push(format, args),
        choice @ Text::Choice { .. } => {
            format.push_str("%s");
            args.push_str(", ");
            choice.push(args);
        }
    }
}

/// `%*c`, which may print a NUL, and that no expression of SystemTap's can hold: blanks stand around a bare `%c`, as many
/// as two widths say, of which those below zero count for nothing.
fn character(format: &mut String, args: &mut String, conversion: &Conversion, given: &Operand<'_>) {
    let width = Value::int(given.width);
    let blanks = |format: &mut String, args: &mut String, width: Quantity<'_>| {
        format.push_str("%*s");
        args.push_str(", ");
        width.push(args);
        args.push_str(" - 1, \"\"");
    };
    if !conversion.spec.left {
        blanks(format, args, Quantity::Just(width));
    }
    format.push_str("%c");
    args.push_str(", ");
    Value::of(given.value, &conversion.spec).push(args);
    let behind = if conversion.spec.left { Quantity::Magnitude(width) } else { Quantity::Minus(width) };
    blanks(format, args, behind);
}

/// What is printed: one conversion, or one of two, decided at run time.
enum Text<'a> {
    Print(Print<'a>),
    Choice { condition: Condition<'a>, yes: Box<Text<'a>>, no: Box<Text<'a>> },
}

enum Condition<'a> {
    IsNegative(Value<'a>),
    IsNotZero(Value<'a>),
    /// The value is not zero, or the precision is not.
    EitherIsNotZero(Value<'a>, Value<'a>),
    /// The value has as many octal digits, at least.
    HasOctalDigits(Value<'a>, Quantity<'a>),
}

/// A conversion that SystemTap prints as C does.
#[derive(Clone, Copy)]
struct Print<'a> {
    left: bool,
    sign: Option<char>,
    alternate: bool,
    zero: bool,
    width: Quantity<'a>,
    precision: Quantity<'a>,
    letter: char,
    value: Value<'a>,
}

impl<'a> Text<'a> {
    fn of(conversion: &Conversion, given: &Operand<'a>) -> Self {
        let spec = &conversion.spec;
        let quantity = |amount, name| match amount {
            Amount::None => Quantity::None,
            Amount::Fixed(fixed) => Quantity::Fixed(fixed),
            Amount::Argument => Quantity::Given(Value::int(name)),
        };
        let mut print = Print {
            left: spec.left,
            sign: None,
            alternate: false,
            zero: false,
            width: quantity(conversion.width, given.width),
            precision: quantity(conversion.precision, given.precision),
            letter: letter(conversion),
            value: Value::of(given.value, spec),
        };
        match spec.conversion {
            Kind::Str => {
                print.value =
                    given.string(conversion).map_or(Value::Literal(reading::NULL), Value::Characters);
                print.precision = match print.precision {
                    Quantity::Given(precision) => Quantity::OrAll(precision),
                    fixed => fixed,
                };
            }
            Kind::Char => print.precision = Quantity::None,
            kind => {
                print.zero = spec.zero;
                print.alternate = spec.alternate && matches!(kind, Kind::Octal | Kind::Hex | Kind::HexUpper);
                if kind == Kind::Signed {
                    print.sign = if spec.plus { Some('+') } else { spec.space.then_some(' ') };
                }
            }
        }
        print.settle_width()
    }

    fn choice(condition: Condition<'a>, yes: Text<'a>, no: Text<'a>) -> Self {
        Self::Choice { condition, yes: Box::new(yes), no: Box::new(no) }
    }

    /// As an expression that is a string.
    fn push(&self, out: &mut String) {
        match self {
            Self::Print(print) => print.push_string(out),
            Self::Choice { condition, yes, no } => {
                out.push('(');
                condition.push(out);
                out.push_str(" ? ");
                yes.push(out);
                out.push_str(" : ");
                no.push(out);
                out.push(')');
            }
        }
    }
}

impl<'a> Print<'a> {
    /// C takes a width below zero for `-` and a width; SystemTap for none.
    fn settle_width(mut self) -> Text<'a> {
        match self.width {
            Quantity::Given(width) if !self.left => {
                let minus = Self { left: true, width: Quantity::Minus(width), ..self };
                let plus = Self { width: Quantity::Just(width), ..self };
                return Text::choice(
                    Condition::IsNegative(width),
                    minus.settle_precision(),
                    plus.settle_precision(),
                );
            }
            Quantity::Given(width) => self.width = Quantity::Magnitude(width),
            Quantity::None => self.left = false,
            _ => {}
        }
        self.settle_precision()
    }

    /// C takes a precision below zero for none, and ignores `0` beside one; SystemTap takes it for 0.
    fn settle_precision(mut self) -> Text<'a> {
        self.zero &= !self.left;
        match self.precision {
            Quantity::Given(precision) => {
                let without = Self { precision: Quantity::None, ..self };
                let with = Self { precision: Quantity::Just(precision), zero: false, ..self };
                return Text::choice(
                    Condition::IsNegative(precision),
                    without.settle_zero(),
                    with.settle_zero(),
                );
            }
            Quantity::Fixed(_) => self.zero = false,
            _ => {}
        }
        self.settle_zero()
    }

    /// Zero: C prints nothing of it with a precision of 0, no `0x`, and no second `0`.
    fn settle_zero(self) -> Text<'a> {
        let literal = |text| {
            let none = Quantity::None;
            Text::Print(Self {
                sign: None,
                alternate: false,
                zero: false,
                precision: none,
                letter: 's',
                value: Value::Literal(text),
                ..self
            })
        };
        let is_not_zero = Condition::IsNotZero(self.value);
        if matches!(self.letter, 's' | 'c' | 'p') {
            return Text::Print(self);
        }
        let nothing = || match self.sign {
            _ if self.alternate && self.letter == 'o' => literal("\"0\""),
            Some('+') => literal("\"+\""),
            Some(_) => literal("\" \""),
            None => literal("\"\""),
        };
        match self.precision {
            Quantity::Fixed(0) => {
                let rest = Self { precision: Quantity::None, ..self };
                Text::choice(is_not_zero, rest.settle_octal(), nothing())
            }
            Quantity::Just(precision) => {
                let condition = Condition::EitherIsNotZero(self.value, precision);
                Text::choice(condition, self.settle_hex(), nothing())
            }
            _ => self.settle_hex(),
        }
    }

    fn settle_hex(self) -> Text<'a> {
        if self.alternate && self.letter != 'o' {
            let plain = Self { alternate: false, ..self };
            return Text::choice(Condition::IsNotZero(self.value), Text::Print(self), Text::Print(plain));
        }
        self.settle_octal()
    }

    /// In C the `0` of `%#o` counts as a digit.
    fn settle_octal(self) -> Text<'a> {
        if !self.alternate || self.letter != 'o' {
            return Text::Print(self);
        }
        let plain = Self { alternate: false, ..self };
        let condition = match self.precision {
            Quantity::None => Condition::IsNotZero(self.value),
            digits => Condition::HasOctalDigits(self.value, digits),
        };
        Text::choice(condition, Text::Print(Self { precision: Quantity::None, ..self }), Text::Print(plain))
    }

    /// As a conversion and its arguments.
    fn push(&self, format: &mut String, args: &mut String) {
        if self.zero
            && let Some(precision) = self.zeros()
        {
            Self { zero: false, width: Quantity::None, precision, ..*self }.push(format, args);
            return;
        }
        format.push('%');
        if self.left && (self.sign.is_some() || self.alternate) {
            // two flags are one too many: the one inside, the other around it
            format.push('-');
            self.width.push_conversion(format, args);
            format.push('s');
            args.push_str(", ");
            Self { left: false, width: Quantity::None, ..*self }.push_string(args);
            return;
        }
        if self.left {
            format.push('-');
        } else if let Some(sign) = self.sign {
            format.push(sign);
        } else if self.alternate {
            format.push('#');
        }
        if self.zero {
            format.push('0');
        }
        self.width.push_conversion(format, args);
        if !matches!(self.precision, Quantity::None) {
            format.push('.');
            self.precision.push_conversion(format, args);
        }
        format.push(self.letter);
        args.push_str(", ");
        self.value.push(args);
    }

    /// The precision that makes the zeros of `0` beside another flag, where SystemTap takes the `0` for a digit of the
    /// width.
    fn zeros(&self) -> Option<Quantity<'a>> {
        let before_digits = match self.letter {
            'x' | 'X' if self.alternate => 2,
            _ if self.alternate || self.sign.is_some() => 1,
            _ => return None,
        };
        match self.width {
            Quantity::Just(width) => Some(Quantity::Less(width, before_digits)),
            Quantity::Fixed(width) => Some(Quantity::Fixed(width.saturating_sub(before_digits))),
            _ => None,
        }
    }

    /// As an expression that is a string.
    fn push_string(&self, out: &mut String) {
        if let (Value::Literal(text), Quantity::None) = (&self.value, &self.width) {
            out.push_str(text);
            return;
        }
        let mut args = String::new();
        out.push_str("sprintf(\"");
        self.push(out, &mut args);
        out.push('"');
        out.push_str(&args);
        out.push(')');
    }
}

impl Condition<'_> {
    fn push(&self, out: &mut String) {
        match self {
            Self::IsNegative(value) => {
                value.push(out);
                out.push_str(" < 0");
            }
            Self::IsNotZero(value) => value.push(out),
            Self::EitherIsNotZero(value, precision) => {
                value.push(out);
                out.push_str(" || ");
                precision.push(out);
            }
            // a shift by 63 bits or less, which is all that SystemTap has
            Self::HasOctalDigits(value, Quantity::Fixed(digits)) => {
                if *digits > 22 {
                    out.push('0');
                } else {
                    value.push(out);
                    out.push_str(" >> ");
                    number::push(out, digits.saturating_sub(1) as usize * 3);
                }
            }
            Self::HasOctalDigits(value, digits) => {
                digits.push(out);
                out.push_str(" <= 1 || (");
                digits.push(out);
                out.push_str(" <= 22 && ");
                value.push(out);
                out.push_str(" >> (");
                digits.push(out);
                out.push_str(" - 1) * 3)");
            }
        }
    }
}

fn letter(conversion: &Conversion) -> char {
    match conversion.spec.conversion {
        Kind::Signed if conversion.source.ends_with('i') || conversion.source.contains("PRIi") => 'i',
        Kind::Signed => 'd',
        Kind::Unsigned => 'u',
        Kind::Octal => 'o',
        Kind::Hex => 'x',
        Kind::HexUpper => 'X',
        Kind::Char => 'c',
        Kind::Str => 's',
        Kind::Pointer => 'p',
    }
}
