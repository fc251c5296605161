//! The text of an event as C's `printf` has it, in what SystemTap's `printf` can do.

use crate::conversion::{self, Operand};
use crate::frame::Frame;
use crate::names::{Name, Names};
use crate::reading;
use trace_events::{Amount, Conversion, Event, Part};

/// From the reading of the strings to the last argument, without the closing parenthesis.
pub(crate) fn print(out: &mut String, event: &Event, names: &Names<'_>, frame: Frame) {
    let mut operands = Operands(names.all().iter());
    for conversion in event.format.conversions() {
        let given = operands.of(conversion);
        if let Some(name) = given.string(conversion).filter(|_| !given.is_unread()) {
            reading::string(out, name, false);
        }
    }
    frame.push_head(out, &event.name);
    let mut operands = Operands(names.all().iter());
    let mut args = String::new();
    for part in &event.format.parts {
        match part {
            Part::Literal(bytes) => {
                if literal(out, bytes) {
                    break;
                }
            }
            Part::Conversion(conversion) => {
                let given = operands.of(conversion);
                if given.is_unread() {
                    out.push('?');
                } else {
                    conversion::push(out, &mut args, conversion, &given);
                }
            }
        }
    }
    frame.push_middle(out);
    out.push_str(&args);
}

/// Hands out arguments as `printf` does.
struct Operands<'a>(std::slice::Iter<'a, Name<'a>>);

impl<'a> Operands<'a> {
    fn of(&mut self, conversion: &Conversion) -> Operand<'a> {
        let mut amount = |amount| if amount == Amount::Argument { self.0.next() } else { None };
        let (width, precision) = (amount(conversion.width), amount(conversion.precision));
        Operand { width, precision, value: self.0.next() }
    }
}

/// Text that stands for itself, as a part of a format in quotes. Gives back whether `printf` ends here, which it does at
/// a NUL.
fn literal(out: &mut String, bytes: &[u8]) -> bool {
    let end = bytes.iter().position(|&byte| byte == 0);
    for chunk in bytes[..end.unwrap_or(bytes.len())].utf8_chunks() {
        let mut rest = chunk.valid();
        while let Some(at) =
            rest.bytes().position(|byte| byte.is_ascii_control() || matches!(byte, b'"' | b'\\' | b'%'))
        {
            out.push_str(&rest[..at]);
            match rest.as_bytes()[at] {
                b'%' => out.push_str("%%"),
                b'"' => out.push_str("\\\""),
                b'\\' => out.push_str("\\\\"),
                b'\t' => out.push_str("\\t"),
                byte => octal(out, byte),
            }
            rest = &rest[at + 1..];
        }
        out.push_str(rest);
        chunk.invalid().iter().for_each(|&byte| octal(out, byte));
    }
    end.is_some()
}

/// Three digits, so that a digit that follows is not taken for a part of it.
fn octal(out: &mut String, byte: u8) {
    out.push('\\');
    for shift in [6, 3, 0] {
        out.push(char::from(b'0' + (byte >> shift & 7)));
    }
}
