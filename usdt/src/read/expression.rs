//! What an assembler adds up: `g+16`, `-20`, `8+.LC0`.

use super::probe::Symbol;
use std::string::ToString as _;

/// A sum of numbers, and of a symbol at most.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Sum {
    pub(super) symbol: Option<Symbol>,
    pub(super) number: i64,
}

/// Reads a sum; nothing adds up to nothing.
pub(super) fn sum(text: &str) -> Option<Sum> {
    let mut sum = Sum::default();
    let mut rest = text;
    while !rest.is_empty() {
        let (minus, term) = match rest.as_bytes()[0] {
            b'-' => (true, &rest[1..]),
            // Between terms stands a sign.
            b'+' if rest.len() < text.len() => (false, &rest[1..]),
            _ if rest.len() == text.len() => (false, rest),
            _ => return None,
        };
        let end = term.find(['+', '-']).unwrap_or(term.len());
        let (term, after) = term.split_at(end);
        match number(term) {
            Some(number) if minus => sum.number = sum.number.wrapping_sub(number),
            Some(number) => sum.number = sum.number.wrapping_add(number),
            None if !minus && sum.symbol.is_none() && is_symbol(term) => {
                sum.symbol = Some(Symbol { name: term.to_string(), address: None, low12: false });
            }
            None => return None,
        }
        rest = after;
    }
    Some(sum)
}

/// A number without a sign, in C's bases. One of 64 bits wraps.
fn number(text: &str) -> Option<i64> {
    let (digits, base) = match text.as_bytes() {
        [b'0', b'x' | b'X', ..] => (&text[2..], 16),
        [b'0', _, ..] => (&text[1..], 8),
        _ => (text, 10),
    };
    let is_digit = digits.bytes().next().is_some_and(|byte| byte.is_ascii_hexdigit());
    u64::from_str_radix(digits, base).ok().filter(|_| is_digit).map(u64::cast_signed)
}

/// Whether it is a name as assemblers have them; `@` is before a modifier of x86's, or a version.
fn is_symbol(text: &str) -> bool {
    let is_of_name = |byte: u8| {
        byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b'$' | b'@') || !byte.is_ascii()
    };
    text.bytes().all(is_of_name) && text.bytes().next().is_some_and(|byte| !byte.is_ascii_digit())
}
