//! Operands as the assembler for x86 has them, in AT&T's way: `$5`, `%eax`, `-20(%rbp)`, `g+4(%rip)`, `(%rax,%rbx,4)`.

use super::expression::sum;
use super::probe::{Extend, Index, Memory, Part, Place, Segment};
use super::register::Register;

/// The place that an operand names.
pub(super) fn place(operand: &str) -> Option<Place> {
    if let Some(constant) = operand.strip_prefix('$') {
        let sum = sum(constant).filter(|_| !constant.is_empty())?;
        return Some(match sum.symbol {
            None => Place::Constant(sum.number),
            Some(symbol) => Place::Address { symbol, displacement: sum.number },
        });
    }
    if let Some(part) = operand.strip_prefix('%').and_then(part) {
        return Some(Place::Register(part));
    }
    let (segment, operand) = match operand.split_at_checked(4) {
        Some(("%fs:", operand)) => (Some(Segment::Fs), operand),
        Some(("%gs:", operand)) => (Some(Segment::Gs), operand),
        // All other segments begin at 0.
        Some(("%ds:" | "%es:" | "%ss:" | "%cs:", operand)) => (None, operand),
        _ => (None, operand),
    };
    memory(operand).map(|memory| Place::Memory(Memory { segment, ..memory }))
}

fn memory(operand: &str) -> Option<Memory> {
    let (displacement, registers) = match operand.split_once('(') {
        Some((displacement, registers)) => (displacement, Some(registers.strip_suffix(')')?)),
        None => (operand, None),
    };
    let displacement = sum(displacement).filter(|_| !operand.is_empty())?;
    let mut memory =
        Memory { displacement: displacement.number, symbol: displacement.symbol, ..Memory::default() };
    let mut words = registers.into_iter().flat_map(|registers| registers.split(','));
    memory.base = register_or_nothing(words.next())?;
    let index = register_or_nothing(words.next())?;
    let scale = match words.next() {
        None | Some("" | "1") => 1,
        Some("2") => 2,
        Some("4") => 4,
        Some("8") => 8,
        Some(_) => return None,
    };
    if words.next().is_some() || registers == Some("") {
        return None;
    }
    memory.index = index.map(|register| Index { register, scale, extend: Extend::Whole });
    // Of a symbol the assembler makes its distance from the instruction: what is meant is the symbol.
    if memory.base == Some(Register::Rip) && memory.symbol.is_some() {
        memory.base = None;
    }
    Some(memory)
}

/// A whole register of an address, which may be left out (`(,%rax,4)`).
#[allow(clippy::option_option)] // left out, or wrong
fn register_or_nothing(word: Option<&str>) -> Option<Option<Register>> {
    let Some(word) = word.filter(|word| !word.is_empty()) else { return Some(None) };
    let part = part(word.strip_prefix('%')?)?;
    // Those of 32 bits are 32-bit x86's.
    let is_general = !matches!(part.register, Register::Xmm(_));
    (part.width >= 4 && is_general).then_some(Some(part.register))
}

/// A register by its name without the per cent sign.
fn part(name: &str) -> Option<Part> {
    use Register::{Rax, Rbp, Rbx, Rcx, Rdi, Rdx, Rip, Rsi, Rsp, Xmm};
    let low = |register, width| Some(Part { register, shift: 0, width });
    let high = |register| Some(Part { register, shift: 8, width: 1 });
    match name {
        "ah" => return high(Rax),
        "bh" => return high(Rbx),
        "ch" => return high(Rcx),
        "dh" => return high(Rdx),
        "al" => return low(Rax, 1),
        "bl" => return low(Rbx, 1),
        "cl" => return low(Rcx, 1),
        "dl" => return low(Rdx, 1),
        "sil" => return low(Rsi, 1),
        "dil" => return low(Rdi, 1),
        "bpl" => return low(Rbp, 1),
        "spl" => return low(Rsp, 1),
        _ => {}
    }
    for (prefix, width) in [("xmm", 16), ("ymm", 32), ("zmm", 64)] {
        if let Some(number) = name.strip_prefix(prefix) {
            return low(Xmm(numbered(number, 31)?), width);
        }
    }
    let (width, rest) = match name.split_at_checked(1)? {
        ("r", rest) if rest.starts_with(|first: char| first.is_ascii_digit()) => return newer(rest),
        ("r", rest) => (8, rest),
        ("e", rest) => (4, rest),
        _ => (2, name),
    };
    let register = match rest {
        "ax" => Rax,
        "bx" => Rbx,
        "cx" => Rcx,
        "dx" => Rdx,
        "si" => Rsi,
        "di" => Rdi,
        "bp" => Rbp,
        "sp" => Rsp,
        "ip" => Rip,
        _ => return None,
    };
    low(register, width)
}

/// `r8` to `r15`: the number, and what part.
fn newer(rest: &str) -> Option<Part> {
    use Register::{R8, R9, R10, R11, R12, R13, R14, R15};
    let (number, width) = match rest.as_bytes().last()? {
        b'd' => (&rest[..rest.len() - 1], 4),
        b'w' => (&rest[..rest.len() - 1], 2),
        b'b' | b'l' => (&rest[..rest.len() - 1], 1),
        _ => (rest, 8),
    };
    let all = [R8, R9, R10, R11, R12, R13, R14, R15];
    let register = *all.get(usize::from(numbered(number, 15)?.checked_sub(8)?))?;
    Some(Part { register, shift: 0, width })
}

/// A register's number, up to `last`.
fn numbered(digits: &str, last: u8) -> Option<u8> {
    let plain = digits == "0" || !digits.starts_with(['0', '+']);
    digits.parse().ok().filter(|number| plain && *number <= last)
}
