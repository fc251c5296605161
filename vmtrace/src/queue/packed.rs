//! A record as it lies in a ring: the event's number, what its arguments are, and the arguments as QEMU's binary trace
//! has them (eight bytes a number, a length of four bytes and the bytes of a string), so that a file takes them as they are.

use crate::event::Event;
use crate::registry;
use printf::Value;
use ring::Room;

/// The most bytes of a string in a queue, as QEMU's binary trace has it (`MAX_TRACE_STRLEN`). What is cut ends in `…`.
pub(crate) const STRING_MAX: usize = 512;

/// The most arguments of an event: each has a bit in the head's masks.
const ARGUMENTS_MAX: usize = 16;

/// Event, mask of strings, mask of null pointers.
const HEAD: usize = 8;

const MARK: &[u8] = "…".as_bytes();

/// What a record is to hold.
#[derive(Clone, Copy)]
pub(crate) enum Arguments<'a> {
    Values(&'a [Value<'a>]),
    /// They lie as in the ring already, and nobody knows what they are.
    Packed(&'a [u8]),
}

/// The bits of an argument's mask in the head that are a length where the arguments came packed.
const PACKED_MAX: usize = u16::MAX as usize;

/// How many bytes a record takes at most.
#[inline]
pub(crate) fn len(arguments: Arguments<'_>) -> usize {
    match arguments {
        Arguments::Values(values) => len_of_values(values),
        Arguments::Packed(bytes) => HEAD + bytes.len(),
    }
}

#[inline]
fn len_of_values(values: &[Value<'_>]) -> usize {
    let arguments = values.iter().take(ARGUMENTS_MAX).map(|value| match value {
        Value::Word(_) => 8,
        Value::Str(string) => 4 + string.map_or(0, |bytes| bytes.len().min(STRING_MAX)),
    });
    HEAD + arguments.sum::<usize>()
}

/// Writes a record, [`len`] bytes at most.
#[inline]
pub(crate) fn write(event: &Event, arguments: Arguments<'_>, room: &mut Room<'_>) {
    match arguments {
        Arguments::Values(values) => write_values(event, values, room),
        Arguments::Packed(bytes) => {
            let len = bytes.len().min(PACKED_MAX);
            room.put_u64(u64::from(event.number()) | (len as u64) << 48);
            room.put(&bytes[..len]);
        }
    }
}

#[inline]
fn write_values(event: &Event, values: &[Value<'_>], room: &mut Room<'_>) {
    let (mut strings, mut nulls) = (0_u16, 0_u16);
    for (index, value) in values.iter().take(ARGUMENTS_MAX).enumerate() {
        if let Value::Str(string) = value {
            strings |= 1 << index;
            nulls |= u16::from(string.is_none()) << index;
        }
    }
    let head = u64::from(event.number()) | u64::from(strings) << 32 | u64::from(nulls) << 48;
    // what was asked for has room
    room.put_u64(head);
    for value in values.iter().take(ARGUMENTS_MAX) {
        match *value {
            Value::Word(word) => _ = room.put_u64(word),
            Value::Str(string) => write_string(string.unwrap_or_default(), room),
        }
    }
}

#[inline]
#[allow(clippy::cast_possible_truncation)] // a string has STRING_MAX bytes at most
fn write_string(bytes: &[u8], room: &mut Room<'_>) {
    if bytes.len() <= STRING_MAX {
        room.put_u32(bytes.len() as u32);
        room.put(bytes);
    } else {
        let kept = &bytes[..border(bytes, STRING_MAX - MARK.len())];
        room.put_u32((kept.len() + MARK.len()) as u32);
        room.put(kept);
        room.put(MARK);
    }
}

/// The end of the last whole character before `end`; bytes that are not UTF-8 are cut anywhere.
fn border(bytes: &[u8], end: usize) -> usize {
    (end - 3..=end).rev().find(|&at| bytes[at] & 0xc0 != 0x80).unwrap_or(end)
}

/// A record that was read again.
pub(crate) struct Packed<'a> {
    /// The arguments as they lie there.
    pub(crate) arguments: &'a [u8],
    values: [Value<'a>; ARGUMENTS_MAX],
    count: usize,
}

impl<'a> Packed<'a> {
    /// Takes a record apart. `None` if it is no record of an event's.
    pub(crate) fn read(record: &'a [u8]) -> Option<(&'static Event, Self)> {
        let (head, arguments) = record.split_first_chunk::<HEAD>()?;
        let head = u64::from_le_bytes(*head);
        let event = registry::event(u32::try_from(head & u64::from(u32::MAX)).ok()?)?;
        let (strings, nulls) = (head >> 32, head >> 48);
        let mut values = [Value::Word(0); ARGUMENTS_MAX];
        if event.switch().is_some() {
            let arguments = arguments.get(..usize::try_from(nulls).ok()?)?;
            return Some((event, Self { arguments, values, count: 0 }));
        }
        let count = event.args().len();
        let mut rest = arguments;
        for (index, value) in values.get_mut(..count)?.iter_mut().enumerate() {
            *value = if strings & 1 << index == 0 {
                let (word, behind) = rest.split_first_chunk::<8>()?;
                rest = behind;
                Value::Word(u64::from_le_bytes(*word))
            } else {
                let (len, behind) = rest.split_first_chunk::<4>()?;
                let (bytes, behind) = behind.split_at_checked(u32::from_le_bytes(*len) as usize)?;
                rest = behind;
                Value::Str((nulls & 1 << index == 0).then_some(bytes))
            };
        }
        // a record ends on a border of eight bytes
        let arguments = &arguments[..arguments.len() - rest.len()];
        Some((event, Self { arguments, values, count }))
    }

    pub(crate) fn values(&self) -> &[Value<'a>] {
        &self.values[..self.count]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cut_ends_on_a_characters_border() {
        for (text, expected) in
            [("é".repeat(300), 508), ("x".repeat(600), 509), ("\u{1f600}".repeat(200), 508)]
        {
            assert_eq!(border(text.as_bytes(), STRING_MAX - MARK.len()), expected);
        }
        assert_eq!(border(&[0x80; 600], STRING_MAX - MARK.len()), 509);
    }
}
