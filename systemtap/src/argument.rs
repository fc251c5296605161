//! Which of a note's arguments SystemTap can read.
//!
//! `stap` 4.8 takes no script at all that reads one whose operand it does not know, and tells of it as of missing debug
//! information. What it knows was found by asking it (pass 2), spelling by spelling: it is less than what an assembler takes.

use stap_gen::Number;
use usdt::{Argument, Extend, Kind, Memory, Place, Register};

/// How an argument is read: `None` where `stap` would refuse it, or read something else.
///
/// Symbols are left out, though `stap` finds those of a program that was not stripped: whether it does would depend on what
/// lies in the folders for debug information of whoever runs the script.
pub(crate) fn number(argument: &Argument) -> Option<Number> {
    let signed = match argument.kind {
        Kind::Signed => true,
        Kind::Unsigned => false,
        Kind::Float => return None,
    };
    let operand =
        argument.spelling.split_once('@').map_or(argument.spelling.as_str(), |(_, operand)| operand);
    let known = match &argument.place {
        Place::Constant(_) => is_decimal(operand.strip_prefix('$').unwrap_or(operand)),
        // `%r8l` is a name that the assembler alone has
        Place::Register(part) => is_general(part.register) && !is_other_name(operand),
        Place::Memory(memory) => is_plain(memory) && is_plainly_spelled(operand),
        Place::Address { .. } | Place::Other => false,
    };
    (known && matches!(argument.size, 1 | 2 | 4 | 8)).then_some(Number { bytes: argument.size, signed })
}

fn is_general(register: Register) -> bool {
    !matches!(register, Register::Rip | Register::Xmm(_) | Register::V(_))
}

fn is_other_name(register: &str) -> bool {
    let number = register.strip_prefix("%r").and_then(|rest| rest.strip_suffix('l'));
    number.is_some_and(|number| number.bytes().all(|byte| byte.is_ascii_digit()))
}

fn is_plain(memory: &Memory) -> bool {
    memory.symbol.is_none()
        && memory.segment.is_none()
        && memory.base.is_some_and(is_general)
        && memory.index.is_none_or(|index| index.extend == Extend::Whole && is_general(index.register))
}

/// `-20(%rbp)`, `-4-16(%rax,%rbx,4)`, `[sp, 8]`: no hexadecimal or octal, no blanks beyond aarch64's one, no segment.
fn is_plainly_spelled(operand: &str) -> bool {
    if let Some(inside) = operand.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
        return match inside.split_once(", ") {
            Some((register, offset)) => is_name(register) && is_decimal(offset),
            None => is_name(inside),
        };
    }
    let Some((sum, registers)) = operand.split_once('(') else { return false };
    let Some(registers) = registers.strip_suffix(')') else { return false };
    let is_word =
        |word: &str| matches!(word, "1" | "2" | "4" | "8") || word.strip_prefix('%').is_some_and(is_name);
    registers.split(',').all(is_word) && is_sum(sum)
}

fn is_name(register: &str) -> bool {
    !register.is_empty() && register.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit())
}

/// Nothing, or up to three numbers, as C's notes have it of a member of what lies on the stack.
fn is_sum(sum: &str) -> bool {
    let numbers = sum.strip_prefix(['-', '+']).unwrap_or(sum);
    sum.is_empty() || (numbers.split(['-', '+']).all(is_decimal) && numbers.split(['-', '+']).count() <= 3)
}

/// A number that is the same to all: a 0 in front makes it octal to an assembler.
fn is_decimal(number: &str) -> bool {
    let digits = number.strip_prefix('-').unwrap_or(number);
    let octal = digits.len() > 1 && digits.starts_with('0');
    !digits.is_empty() && !octal && digits.len() <= 20 && digits.bytes().all(|byte| byte.is_ascii_digit())
}
