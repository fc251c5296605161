//! A text that lies in its room already, made fit for a line.

use crate::text::{are_plain, escape, is_control};

/// Makes `room[..len]` a text that stays on its line, as [`Text::escaping`](crate::Text::escaping) does, in its own place, and
/// gives back how long it is now: `most` bytes at most. What is longer is cut on a character's border, and ends in `…`.
///
/// The room bounds it as well.
pub fn escape_in_place(room: &mut [u8], len: usize, most: usize) -> usize {
    const MARK: &[u8] = "…".as_bytes();
    let most = most.min(room.len());
    let len = len.min(room.len());
    if len <= most && are_plain(&room[..len]) {
        return len;
    }
    let (kept, mut end) = match fits(&room[..len], most) {
        (kept, end) if kept == len => (kept, end),
        _ => {
            let (kept, _) = fits(&room[..len], most.saturating_sub(MARK.len()));
            // a continuation byte of UTF-8 begins no character; bytes that are not UTF-8 are cut anywhere
            let border = (kept.saturating_sub(3)..=kept).rev().find(|&at| room[at] & 0xc0 != 0x80);
            let kept = border.unwrap_or(kept);
            (kept, room[..kept].iter().map(|&byte| width(byte)).sum())
        }
    };
    let escaped = end;
    // from the end, so that no byte is written over before it was read
    for at in (0..kept).rev() {
        let byte = room[at];
        end -= width(byte);
        if end == at && !is_control(byte) {
            // and so is all before it
            break;
        }
        if is_control(byte) {
            let (escape, len) = escape(byte);
            room[end..end + len].copy_from_slice(&escape[..len]);
        } else {
            room[end] = byte;
        }
    }
    if kept == len {
        return escaped;
    }
    let marked = escaped + MARK.len();
    match room.get_mut(escaped..marked).filter(|_| marked <= most) {
        Some(place) => {
            place.copy_from_slice(MARK);
            marked
        }
        None => escaped,
    }
}

/// How many bytes come out of one.
fn width(byte: u8) -> usize {
    if is_control(byte) { escape(byte).1 } else { 1 }
}

/// How many of the bytes come out as `most` at most, and as how many.
fn fits(bytes: &[u8], most: usize) -> (usize, usize) {
    let mut end = 0;
    for (at, &byte) in bytes.iter().enumerate() {
        let next = end + width(byte);
        if next > most {
            return (at, end);
        }
        end = next;
    }
    (bytes.len(), end)
}
