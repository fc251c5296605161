//! Operands as the assembler for aarch64 has them: `5`, `x0`, `w0`, `[sp, 8]`, `[x0, w1, sxtw 2]`, `[x4, #:lo12:g]`.

use super::expression::sum;
use super::probe::{Extend, Index, Memory, Part, Place, Symbol};
use super::register::Register;

/// The place that an operand names.
pub(super) fn place(operand: &str) -> Option<Place> {
    if let Some(address) = operand.strip_prefix('[') {
        return memory(address.strip_suffix(']')?).map(Place::Memory);
    }
    match operand {
        // The register that reads as nothing.
        "xzr" | "wzr" => return Some(Place::Constant(0)),
        _ => {}
    }
    if let Some(part) = part(operand) {
        return Some(Place::Register(part));
    }
    number(operand).map(Place::Constant)
}

fn memory(address: &str) -> Option<Memory> {
    let mut words = address.split(',').map(str::trim);
    let (base, offset, extend) = (words.next()?, words.next(), words.next());
    let mut memory = Memory { base: Some(whole(base)?), ..Memory::default() };
    if words.next().is_some() {
        return None;
    }
    match (offset, extend) {
        (None, None) => {}
        (Some(offset), extend) if part(offset).is_some() => {
            memory.index = Some(index(part(offset)?, extend.unwrap_or("lsl 0"))?);
        }
        (Some(offset), None) => match offset.strip_prefix('#').unwrap_or(offset).strip_prefix(":lo12:") {
            Some(offset) => {
                let sum = sum(offset)?;
                memory.displacement = sum.number;
                memory.symbol = Some(Symbol { low12: true, ..sum.symbol? });
            }
            None => memory.displacement = number(offset)?,
        },
        _ => return None,
    }
    Some(memory)
}

/// An index from its register and what is made of that: `lsl 3`, `sxtw 2`, `uxtw`, `sxtx #3`.
fn index(part: Part, extend: &str) -> Option<Index> {
    let (how, by) = extend.split_once(' ').unwrap_or((extend, "0"));
    let by = number(by).filter(|by| (0..=4).contains(by))?;
    let extend = match (how, part.width) {
        ("lsl" | "sxtx" | "uxtx", 8) => Extend::Whole,
        ("uxtw", 4) => Extend::Unsigned32,
        ("sxtw", 4) => Extend::Signed32,
        _ => return None,
    };
    Some(Index { register: part.register, scale: 1 << by, extend })
}

fn number(text: &str) -> Option<i64> {
    let text = text.strip_prefix('#').unwrap_or(text);
    let sum = sum(text).filter(|_| !text.is_empty())?;
    sum.symbol.is_none().then_some(sum.number)
}

fn whole(name: &str) -> Option<Register> {
    part(name)
        .filter(|part| part.width == 8 && !matches!(part.register, Register::V(_)))
        .map(|part| part.register)
}

fn part(name: &str) -> Option<Part> {
    use Register::{Sp, V, X};
    let low = |register, width| Some(Part { register, shift: 0, width });
    match name {
        "sp" => return low(Sp, 8),
        "wsp" => return low(Sp, 4),
        "fp" => return low(X(29), 8),
        "lr" => return low(X(30), 8),
        _ => {}
    }
    let (bank, digits) = name.split_at_checked(1)?;
    let plain = digits == "0" || !digits.starts_with(['0', '+']);
    let number: u8 = digits.parse().ok().filter(|number| plain && *number <= 31)?;
    match bank {
        "x" if number <= 30 => low(X(number), 8),
        "w" if number <= 30 => low(X(number), 4),
        "v" | "q" => low(V(number), 16),
        "d" => low(V(number), 8),
        "s" => low(V(number), 4),
        "h" => low(V(number), 2),
        "b" => low(V(number), 1),
        _ => None,
    }
}
