//! A record of a hit, as the program lays it out, and what it says.

use super::hit::{Text, Value};
use super::registers;
use crate::TEXT_MAX;
use crate::read::{Argument, Kind, Memory, Part, Place};
use std::vec::Vec;

/// Which attachment the record is of.
pub(super) const ATTACHMENT: i16 = 0;
/// CLOCK_MONOTONIC, in nanoseconds.
pub(super) const TIME: i16 = 8;
/// The process's id in the high half, the thread's in the low half.
pub(super) const THREAD: i16 = 16;
/// A bit for each argument whose memory could not be read, and from bit 16 on for each string.
pub(super) const FAULTS: i16 = 24;
/// The values, 8 bytes each; then for each string 8 bytes with its length and room for its bytes.
const VALUES: i16 = 32;

/// How many bytes of a string the kernel copies, its NUL among them: enough to see that it is longer than what is shown.
pub(super) const TEXT_ROOM: usize = (TEXT_MAX + 2).next_multiple_of(8);

/// How many arguments are read at most: what C's `sys/sdt.h` has.
const ARGUMENTS_MAX: usize = 12;

/// Where things lie in the records of an attachment.
pub(super) struct Layout {
    attachment: u32,
    arguments: Vec<Argument>,
    /// By argument: where its string is, if it is one.
    strings: Vec<Option<i16>>,
    size: i16,
}

impl Layout {
    /// Of the arguments, those at the places `strings` are pointers to strings.
    pub(super) fn new(attachment: u32, arguments: &[Argument], strings: &[usize]) -> Self {
        let arguments = &arguments[..arguments.len().min(ARGUMENTS_MAX)];
        let mut size = value_at(arguments.len());
        let mut place = |(index, argument): (usize, &Argument)| {
            let is_string = strings.contains(&index) && is_told(argument) && argument.kind != Kind::Float;
            is_string.then(|| {
                let place = size;
                size += 8 + i16::try_from(TEXT_ROOM).unwrap_or_default();
                place
            })
        };
        let strings = arguments.iter().enumerate().map(&mut place).collect();
        Self { attachment, arguments: arguments.to_vec(), strings, size }
    }

    pub(super) fn attachment(&self) -> u32 {
        self.attachment
    }

    pub(super) fn arguments(&self) -> &[Argument] {
        &self.arguments
    }

    pub(super) fn size(&self) -> i16 {
        self.size
    }

    pub(super) fn string(&self, index: usize) -> Option<i16> {
        self.strings.get(index).copied().flatten()
    }

    /// What a record says of the arguments. `None` if it is none of this layout.
    pub(super) fn values(&self, record: &[u8]) -> Option<Vec<Value>> {
        let faults = word(record, FAULTS)?;
        let value = |(index, argument): (usize, &Argument)| {
            let raw = word(record, value_at(index))?;
            let value = if faults >> index & 1 == 0 { value(argument, raw) } else { Value::Unreadable };
            Some(match (self.string(index), value) {
                (_, value @ (Value::Unreadable | Value::Unknown)) | (None, value) => value,
                (Some(at), value) => string(record, at, value.bits())?,
            })
        };
        self.arguments.iter().enumerate().map(value).collect()
    }
}

/// Where the value of an argument lies.
pub(super) fn value_at(index: usize) -> i16 {
    VALUES + 8 * i16::try_from(index.min(ARGUMENTS_MAX)).unwrap_or_default()
}

/// The 8 bytes at a place of a record.
pub(super) fn word(record: &[u8], at: i16) -> Option<u64> {
    let bytes = record.get(usize::try_from(at).ok()?..)?.first_chunk()?;
    Some(u64::from_ne_bytes(*bytes))
}

/// Whether an argument's place and size are such that its value can be told.
pub(super) fn is_told(argument: &Argument) -> bool {
    let is_place = match &argument.place {
        Place::Constant(_) => true,
        Place::Register(Part { register, shift, width }) => {
            registers::offset(*register).is_some()
                && *width > 0
                && u32::from(*shift) + 8 * u32::from(*width) <= u64::BITS
        }
        Place::Address { symbol, .. } => symbol.address.is_some(),
        Place::Memory(Memory { base, index, symbol, segment, .. }) => {
            let mut registers = [*base, index.map(|index| index.register)].into_iter().flatten();
            segment.is_none()
                && symbol.as_ref().is_none_or(|symbol| symbol.address.is_some())
                && registers.all(|register| registers::offset(register).is_some())
        }
        Place::Other => false,
    };
    let sizes: &[u8] = if argument.kind == Kind::Float { &[4, 8] } else { &[1, 2, 4, 8] };
    is_place && sizes.contains(&argument.size) && sizes.contains(&size(argument))
}

/// The bytes of an argument that are at its place.
pub(super) fn size(argument: &Argument) -> u8 {
    match argument.place {
        Place::Register(part) => argument.size.min(part.width),
        _ => argument.size,
    }
}

/// What an argument is, from the 8 bytes that the program found at its place.
fn value(argument: &Argument, raw: u64) -> Value {
    if !is_told(argument) {
        return Value::Unknown;
    }
    let raw = match argument.place {
        Place::Constant(constant) => constant.cast_unsigned(),
        Place::Register(part) => raw >> part.shift,
        _ => raw,
    };
    let size = size(argument);
    let unused = u64::BITS - 8 * u32::from(size);
    match argument.kind {
        Kind::Unsigned => Value::Unsigned(raw << unused >> unused),
        Kind::Signed => Value::Signed((raw << unused).cast_signed() >> unused),
        #[allow(clippy::cast_possible_truncation)] // its low half is the number
        Kind::Float if size == 4 => Value::Float(f32::from_bits(raw as u32).into()),
        Kind::Float => Value::Float(f64::from_bits(raw)),
    }
}

/// What the program found at an address.
fn string(record: &[u8], at: i16, address: u64) -> Option<Value> {
    if address == 0 {
        return Some(Value::Null);
    }
    let Ok(length) = usize::try_from(word(record, at)?.cast_signed()) else {
        return Some(Value::Fault(address));
    };
    let begin = usize::try_from(at).ok()? + 8;
    let bytes = record.get(begin..begin + length.saturating_sub(1))?;
    Some(Value::Text(Text::new(bytes)))
}

#[cfg(all(test, target_arch = "x86_64"))]
mod tests {
    use super::*;
    use crate::read::{Machine, Register, Segment, Symbol};
    use std::string::String;

    fn argument(size: u8, kind: Kind, place: Place) -> Argument {
        Argument { size, kind, place, spelling: String::new() }
    }

    fn part(register: Register, shift: u8, width: u8) -> Place {
        Place::Register(Part { register, shift, width })
    }

    #[test]
    fn what_a_register_holds() {
        use Kind::{Float, Signed, Unsigned};
        let raw = 0x8877_6655_4433_F2F1;
        let cases = [
            (1, Unsigned, 0, 1, Value::Unsigned(0xF1)),
            (1, Unsigned, 8, 1, Value::Unsigned(0xF2)),
            (1, Signed, 8, 1, Value::Signed(0xF2 - 0x100)),
            (2, Signed, 0, 2, Value::Signed(0xF2F1 - 0x1_0000)),
            (4, Signed, 0, 4, Value::Signed(0x4433_F2F1)),
            (8, Unsigned, 0, 8, Value::Unsigned(raw)),
            (8, Signed, 0, 8, Value::Signed(raw.cast_signed())),
            // the note has the whole register, and the value is its lower part
            (1, Signed, 0, 8, Value::Signed(0xF1 - 0x100)),
            // the part is extended
            (8, Signed, 8, 1, Value::Signed(0xF2 - 0x100)),
            (8, Unsigned, 0, 4, Value::Unsigned(0x4433_F2F1)),
            (8, Float, 0, 8, Value::Float(f64::from_bits(raw))),
            (4, Float, 0, 8, Value::Float(f32::from_bits(0x4433_F2F1).into())),
            (2, Float, 0, 8, Value::Unknown),
            // a long double, and what no compiler makes
            (16, Float, 0, 8, Value::Unknown),
            (3, Unsigned, 0, 8, Value::Unknown),
            (0, Unsigned, 0, 0, Value::Unknown),
            (1, Unsigned, 60, 1, Value::Unknown),
            (1, Unsigned, 255, 255, Value::Unknown),
        ];
        for (size, kind, shift, width, expected) in cases {
            let place = part(Register::Rbx, shift, width);
            assert_eq!(value(&argument(size, kind, place), raw), expected, "{size} {kind:?} {shift} {width}");
        }
        assert!(registers::MACHINES.contains(&Machine::X86_64));
    }

    #[test]
    fn what_no_register_tells() {
        let symbol = |address| Symbol { name: String::new(), address, low12: false };
        let places = [
            part(Register::Xmm(3), 0, 16),
            part(Register::X(3), 0, 8),
            Place::Other,
            Place::Address { symbol: symbol(None), displacement: 0 },
            Place::Memory(Memory { segment: Some(Segment::Fs), ..Memory::default() }),
            Place::Memory(Memory { symbol: Some(symbol(None)), ..Memory::default() }),
            Place::Memory(Memory { base: Some(Register::Xmm(0)), ..Memory::default() }),
        ];
        for place in places {
            let told = value(&argument(8, Kind::Unsigned, place.clone()), 7);
            assert_eq!(told, Value::Unknown, "{place:?}");
        }
    }

    #[test]
    fn records_of_any_length() {
        let arguments = [
            argument(8, Kind::Unsigned, part(Register::Rdi, 0, 8)),
            argument(1, Kind::Unsigned, Place::Other),
        ];
        let layout = Layout::new(0, &arguments, &[0]);
        let size = usize::try_from(layout.size()).unwrap();
        // as long as it is, and no string in it is longer
        let mut record = std::vec![1; size];
        record[24..32].fill(0);
        assert_eq!(layout.values(&record), None);
        let length = usize::try_from(layout.string(0).unwrap()).unwrap();
        record[length..length + 8].copy_from_slice(&5_u64.to_ne_bytes());
        let text = Value::Text(Text { bytes: std::vec![1; 4], is_cut: false });
        assert_eq!(layout.values(&record), Some(std::vec![text, Value::Unknown]));
        for length in 0..size - TEXT_ROOM {
            assert_eq!(layout.values(&record[..length]), None);
        }
    }
}
