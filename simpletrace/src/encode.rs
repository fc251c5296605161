//! Writing: bytes onto a `Vec`, which the caller hands to a file.
//!
//! A file is a [`header`], then records in any number: a [`mapping`] before the first [`event`] of its id, and
//! [`dropped`] where events are missing. All numbers are little-endian, whatever the machine.

use crate::error::Refused;
use crate::format::{
    DROPPED_ID, EVENT_HEAD, HEADER_ID, MAGIC, NAME_MAX, RECORD_MAX, STRING_MAX, TYPE_EVENT, TYPE_MAPPING,
    VERSION, is_name,
};

/// Begins a file: 24 bytes.
pub fn header(out: &mut Vec<u8>) {
    words(out, [HEADER_ID, MAGIC, VERSION]);
}

/// Names an event: 20 bytes and the name.
///
/// # Errors
/// [`Refused::Name`] if it is empty, longer than [`NAME_MAX`], or has a byte that is not printable ASCII; [`Refused::Id`] if
/// `id` is one of the two that the format has for itself. Nothing is written then.
pub fn mapping(out: &mut Vec<u8>, id: u64, name: &str) -> Result<(), Refused> {
    check_id(id)?;
    let length = u32::try_from(name.len()).ok().filter(|_| is_name(name.as_bytes()));
    let length = length.ok_or_else(|| Refused::Name { name: name.chars().take(NAME_MAX).collect() })?;
    words(out, [TYPE_MAPPING, id]);
    out.extend_from_slice(&length.to_le_bytes());
    out.extend_from_slice(name.as_bytes());
    Ok(())
}

/// An event: 32 bytes and the arguments.
///
/// `time` is in nanoseconds of CLOCK_MONOTONIC, `thread` the kernel's number of the thread (QEMU keeps the process's number
/// there). `arguments` are in the file's encoding already: see [`word`] and [`string`].
///
/// # Errors
/// [`Refused::Length`] if the record would be longer than [`RECORD_MAX`], [`Refused::Id`] as [`mapping`]. Nothing is written
/// then.
#[inline]
pub fn event(out: &mut Vec<u8>, id: u64, time: u64, thread: u32, arguments: &[u8]) -> Result<(), Refused> {
    check_id(id)?;
    record(out, id, time, thread, arguments)
}

/// Tells that `count` events are missing here, which happened by `time` on `thread` (QEMU: anywhere in the process):
/// 40 bytes.
pub fn dropped(out: &mut Vec<u8>, time: u64, thread: u32, count: u64) {
    // eight bytes are not too long
    _ = record(out, DROPPED_ID, time, thread, &count.to_le_bytes());
}

/// Adds a number or an address to an event's arguments: 8 bytes. What is shorter in C is extended to 64 bits, by its sign if
/// it has one.
#[inline]
pub fn word(arguments: &mut Vec<u8>, value: u64) {
    arguments.extend_from_slice(&value.to_le_bytes());
}

/// Adds a string to an event's arguments: 4 bytes of its length, and its bytes without a NUL, cut behind [`STRING_MAX`] of
/// them. C's null pointer is written as an empty string.
#[inline]
pub fn string(arguments: &mut Vec<u8>, bytes: &[u8]) {
    let bytes = &bytes[..bytes.len().min(STRING_MAX)];
    #[allow(clippy::cast_possible_truncation)] // at most STRING_MAX
    arguments.extend_from_slice(&(bytes.len() as u32).to_le_bytes());
    arguments.extend_from_slice(bytes);
}

#[inline]
fn record(out: &mut Vec<u8>, id: u64, time: u64, thread: u32, arguments: &[u8]) -> Result<(), Refused> {
    let length = EVENT_HEAD.saturating_add(arguments.len());
    if length > RECORD_MAX {
        return Err(Refused::Length { length });
    }
    #[allow(clippy::cast_possible_truncation)] // at most RECORD_MAX
    let length = length as u32;
    let mut head = [0; 8 + EVENT_HEAD];
    head[..8].copy_from_slice(&TYPE_EVENT.to_le_bytes());
    head[8..16].copy_from_slice(&id.to_le_bytes());
    head[16..24].copy_from_slice(&time.to_le_bytes());
    head[24..28].copy_from_slice(&length.to_le_bytes());
    head[28..].copy_from_slice(&thread.to_le_bytes());
    out.reserve(head.len() + arguments.len());
    out.extend_from_slice(&head);
    out.extend_from_slice(arguments);
    Ok(())
}

fn check_id(id: u64) -> Result<(), Refused> {
    if id >= DROPPED_ID { Err(Refused::Id { id }) } else { Ok(()) }
}

fn words<const N: usize>(out: &mut Vec<u8>, words: [u64; N]) {
    for word in words {
        out.extend_from_slice(&word.to_le_bytes());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_format_cannot_hold_is_refused_and_leaves_nothing() {
        let mut out = Vec::new();
        for name in ["", "a b", "a\n", "é", &"x".repeat(NAME_MAX + 1)] {
            assert!(matches!(mapping(&mut out, 1, name), Err(Refused::Name { .. })), "{name}");
        }
        for id in [HEADER_ID, DROPPED_ID] {
            assert_eq!(mapping(&mut out, id, "a"), Err(Refused::Id { id }));
            assert_eq!(event(&mut out, id, 0, 0, &[]), Err(Refused::Id { id }));
        }
        let most = vec![0; RECORD_MAX - EVENT_HEAD + 1];
        assert_eq!(event(&mut out, 1, 0, 0, &most), Err(Refused::Length { length: RECORD_MAX + 1 }));
        assert!(out.is_empty());
        event(&mut out, 1, 0, 0, &most[1..]).unwrap();
        assert_eq!(out.len(), 8 + RECORD_MAX);
    }

    #[test]
    fn a_long_string_is_cut() {
        let mut out = Vec::new();
        string(&mut out, &[b'x'; STRING_MAX + 1]);
        assert_eq!((out.len(), &out[..4]), (4 + STRING_MAX, &[0, 2, 0, 0][..]));
    }
}
