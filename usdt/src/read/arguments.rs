//! The arguments of a note: `-4@%eax 8@-16(%rbp)`.

use super::probe::{Argument, Kind, Machine, Place};
use super::{aarch64, x86};
use core::ops::Range;
use std::string::ToString as _;
use std::vec::Vec;

/// How many arguments a probe may have here; sys/sdt.h makes 12 at most.
pub(super) const MOST: usize = 64;

/// How long one may be spelled. What is longer is no place, but [`Place::Other`].
const SPELLING_MAX: usize = 1024;

/// The arguments, or `None` where they are more than [`MOST`].
pub(super) fn parse(text: &str, machine: Machine) -> Option<Vec<Argument>> {
    let words = words(text);
    (words.len() <= MOST).then(|| words.into_iter().map(|word| argument(word, machine)).collect())
}

/// Takes the text apart at blanks that are not within brackets (`[sp, 8]`). Where the first word has a size, one without
/// belongs to the word before (`-4@DWORD PTR [rbp-8]`). One more than [`MOST`] is taken at most.
fn words(text: &str) -> Vec<&str> {
    let mut words: Vec<Range<usize>> = Vec::new();
    let (mut begin, mut depth, mut sized) = (None, 0_u32, false);
    for (at, byte) in text.bytes().chain([b' ']).enumerate() {
        match byte {
            b'[' | b'(' => depth += 1,
            b']' | b')' => depth = depth.saturating_sub(1),
            _ => {}
        }
        let is_between = byte.is_ascii_whitespace() && (depth == 0 || at == text.len());
        match begin {
            Some(from) if is_between => {
                begin = None;
                let is_sized = typed(&text[from..at]).is_some();
                match words.last_mut().filter(|_| sized && !is_sized) {
                    Some(before) => before.end = at,
                    None => words.push(from..at),
                }
                if words.len() > MOST {
                    break;
                }
                sized |= is_sized && words.len() == 1;
            }
            None if !is_between => begin = Some(at),
            _ => {}
        }
    }
    words.into_iter().map(|word| &text[word]).collect()
}

fn argument(spelling: &str, machine: Machine) -> Argument {
    let word = match machine {
        Machine::X86 => 4,
        _ => 8,
    };
    let (size, kind, operand) = typed(spelling).unwrap_or((word, Kind::Unsigned, spelling));
    let place = match machine {
        _ if spelling.len() > SPELLING_MAX => None,
        Machine::X86_64 | Machine::X86 => x86::place(operand),
        Machine::Aarch64 => aarch64::place(operand),
        Machine::Other(_) => None,
    };
    let place = match place {
        Some(Place::Constant(value)) => Place::Constant(extended(value, size, kind)),
        place => place.unwrap_or(Place::Other),
    };
    Argument { size, kind, place, spelling: spelling.to_string() }
}

/// What stands before the `@`: a minus where there is a sign, the size, an `f` where it is a floating-point number.
fn typed(spelling: &str) -> Option<(u8, Kind, &str)> {
    let (typed, operand) = spelling.split_once('@')?;
    let (signed, typed) = typed.strip_prefix('-').map_or((false, typed), |typed| (true, typed));
    let (float, size) = typed.strip_suffix('f').map_or((false, typed), |size| (true, size));
    let kind = match (float, signed) {
        (true, _) => Kind::Float,
        (false, true) => Kind::Signed,
        (false, false) => Kind::Unsigned,
    };
    let is_size = !size.is_empty() && size.bytes().all(|byte| byte.is_ascii_digit());
    Some((size.parse().ok().filter(|size| is_size && *size > 0)?, kind, operand))
}

/// The value's low `size` bytes: gcc prints an `unsigned char` of 200 as -56.
fn extended(value: i64, size: u8, kind: Kind) -> i64 {
    let unused = 64 - u32::from(size.min(8)) * 8;
    match kind {
        Kind::Signed => value << unused >> unused,
        Kind::Unsigned | Kind::Float => (value.cast_unsigned() << unused >> unused).cast_signed(),
    }
}
