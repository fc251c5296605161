//! What an expression comes to for one event.

use super::expr::{Expr, Table};
use super::number::Number;
use crate::kernel::bytes::{u32_at, word_at};
use crate::kernel::format::{Field, Kind, extend};
use std::borrow::Cow;
use std::fmt::Write;

/// The longest text that one expression makes, in bytes: the kernel's own buffer holds as many.
const LONGEST: usize = 8192;

/// What an expression comes to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Value<'a> {
    Number(Number),
    /// An array or a string: its elements are of `size` bytes.
    Bytes {
        bytes: Cow<'a, [u8]>,
        size: usize,
        signed: bool,
    },
}

impl<'a> Value<'a> {
    pub(super) fn number(self) -> Option<Number> {
        match self {
            Self::Number(number) => Some(number),
            Self::Bytes { .. } => None,
        }
    }

    pub(super) fn bytes(self) -> Option<Cow<'a, [u8]>> {
        match self {
            Self::Bytes { bytes, .. } => Some(bytes),
            Self::Number(_) => None,
        }
    }

    fn text(text: String) -> Self {
        Self::Bytes { bytes: Cow::Owned(text.into_bytes()), size: 1, signed: true }
    }

    fn borrowed(bytes: &'a [u8]) -> Self {
        Self::Bytes { bytes: Cow::Borrowed(bytes), size: 1, signed: true }
    }
}

/// An expression that has no field in it.
pub(super) fn constant(expr: &Expr) -> Option<Number> {
    eval(expr, &[], &[])?.number()
}

/// `None` if the event is too short for it, or it makes no sense (a division by zero, the length of a
/// number).
pub(super) fn eval<'a>(expr: &'a Expr, fields: &'a [Field], event: &'a [u8]) -> Option<Value<'a>> {
    let of = |expr: &'a Expr| eval(expr, fields, event);
    let number = |expr: &'a Expr| of(expr)?.number();
    let truth = |truth: bool| Value::Number(Number::int(i64::from(truth)));
    match expr {
        Expr::Number(number) => Some(Value::Number(*number)),
        Expr::Str(bytes) => Some(Value::borrowed(bytes)),
        Expr::Field(index) => field(fields.get(*index)?, event),
        Expr::Length(index) => {
            let len = fields.get(*index)?.bytes(event)?.len();
            Some(Value::Number(Number::int(i64::try_from(len).ok()?)))
        }
        Expr::Bitmask(index) => bitmask(fields.get(*index)?.bytes(event)?).map(Value::text),
        Expr::Unary(operator, value) => number(value)?.unary(*operator).map(Value::Number),
        Expr::Chain(first, others) => {
            let mut left = of(first)?;
            for (operator, right) in others {
                left = match *operator {
                    "&&" => truth(is_true(&left) && is_true(&of(right)?)),
                    "||" => truth(is_true(&left) || is_true(&of(right)?)),
                    operator => Value::Number(left.number()?.binary(operator, number(right)?)?),
                };
            }
            Some(left)
        }
        Expr::Either(parts) => {
            let [condition, then, otherwise] = &**parts;
            of(if is_true(&of(condition)?) { then } else { otherwise })
        }
        Expr::Cast(to, value) => match of(value)? {
            Value::Number(number) => Some(Value::Number(number.cast(*to))),
            bytes @ Value::Bytes { .. } => Some(bytes),
        },
        Expr::Index(array, index) => {
            let Value::Bytes { bytes, size, signed } = of(array)? else { return None };
            let at = number(index)?.index()?.checked_mul(size)?;
            let word = word_at(&bytes, at, size)?;
            let word = if signed { extend(word, size) } else { word };
            Some(Value::Number(Number::promoted(word, size, signed)))
        }
        Expr::Symbolic(value, table) => Some(symbolic(number(value)?.as_long(), table)),
        Expr::Flags(value, between, table) => Some(Value::Bytes {
            bytes: flags(number(value)?.as_long(), between, table),
            size: 1,
            signed: true,
        }),
        Expr::Hex { bytes, length, blanks } => {
            let bytes = of(bytes)?.bytes()?;
            hex(bytes.get(..number(length)?.index()?)?, *blanks).map(Value::text)
        }
        Expr::Array(parts) => {
            let [elements, count, size] = &**parts;
            let bytes = of(elements)?.bytes()?;
            array(&bytes, number(count)?.index()?, number(size)?.index()?).map(Value::text)
        }
    }
}

fn is_true(value: &Value<'_>) -> bool {
    match value {
        Value::Number(number) => number.truth(),
        Value::Bytes { .. } => true, // an address
    }
}

fn field<'a>(field: &Field, event: &'a [u8]) -> Option<Value<'a>> {
    if field.kind == Kind::Scalar {
        let word = field.word(event)?;
        return Some(Value::Number(Number::promoted(word, field.place.size, field.signed)));
    }
    let bytes = Cow::Borrowed(field.bytes(event)?);
    Some(Value::Bytes { bytes, size: field.element, signed: field.signed })
}

/// The name of a value, or the value.
fn symbolic(value: u64, table: &Table) -> Value<'_> {
    match table.iter().find(|(known, _)| *known == value) {
        Some((_, name)) => Value::borrowed(name),
        None => Value::text(format!("{value:#x}")),
    }
}

/// The names of the bits that are set, and what has no name.
fn flags<'a>(value: u64, between: &[u8], table: &'a Table) -> Cow<'a, [u8]> {
    let mut rest = value;
    let mut text = Vec::new();
    let mut add = |part: &[u8]| {
        if !text.is_empty() {
            text.extend_from_slice(between);
        }
        text.extend_from_slice(part);
    };
    for (mask, name) in table {
        if rest == 0 {
            break;
        }
        if rest & mask == *mask {
            rest &= !mask;
            add(name);
        }
    }
    if rest != 0 {
        add(format!("{rest:#x}").as_bytes());
    }
    Cow::Owned(text)
}

fn hex(bytes: &[u8], blanks: bool) -> Option<String> {
    if bytes.len() > LONGEST / 3 {
        return None;
    }
    let mut text = String::new();
    for (index, byte) in bytes.iter().enumerate() {
        let blank = if blanks && index != 0 { " " } else { "" };
        write!(text, "{blank}{byte:02x}").ok()?;
    }
    Some(text)
}

fn array(bytes: &[u8], count: usize, size: usize) -> Option<String> {
    let mut text = String::from("{");
    for index in 0..count {
        let word = word_at(bytes, index.checked_mul(size)?, size)?;
        let comma = if index == 0 { "" } else { "," };
        write!(text, "{comma}{word:#x}").ok()?;
        if text.len() > LONGEST {
            return None;
        }
    }
    Some(text + "}")
}

/// Groups of 32 bits, the highest first.
fn bitmask(bytes: &[u8]) -> Option<String> {
    if bytes.is_empty() || !bytes.len().is_multiple_of(4) || bytes.len() > LONGEST / 4 {
        return None;
    }
    let groups: Option<Vec<String>> =
        (0..bytes.len()).step_by(4).rev().map(|at| Some(format!("{:08x}", u32_at(bytes, at)?))).collect();
    Some(groups?.join(","))
}
