//! A string where a tracer can read it.

use core::mem::MaybeUninit;
use core::ptr;

/// The most bytes of a string that a tracer sees.
pub const TEXT_MAX: usize = 512;

/// A copy of a string, on the stack, with the NUL that tracers read up to. `None` is the null pointer.
///
/// What is longer than [`TEXT_MAX`] is cut on a character's border and ends in `…`. A string that holds a NUL ends there to a
/// tracer. Unlike a constant of C's, whose page may not be in memory yet, the copy never reads as empty or faulty.
///
/// ```
/// let text = usdt::Text::new(Some(b"sda"));
/// usdt::probe!("disk", "open"; name: ptr = text.as_ptr());
/// assert!(usdt::Text::new(None).as_ptr().is_null());
/// ```
pub struct Text {
    bytes: [MaybeUninit<u8>; TEXT_MAX + 1],
    is_null: bool,
}

const MARK: &[u8] = "…".as_bytes();

impl Text {
    /// Copies.
    // one copy of the code, in place of one in each event's function
    #[inline(never)]
    #[must_use]
    pub fn new(string: Option<&[u8]>) -> Self {
        let mut text = Self { bytes: [MaybeUninit::uninit(); TEXT_MAX + 1], is_null: string.is_none() };
        let string = string.unwrap_or_default();
        let mut end = string.len();
        if end <= TEXT_MAX {
            text.put(0, string);
        } else {
            let kept = border(string, TEXT_MAX - MARK.len());
            text.put(0, &string[..kept]);
            text.put(kept, MARK);
            end = kept + MARK.len();
        }
        text.put(end, b"\0");
        text
    }

    /// Where it begins.
    #[inline]
    #[must_use]
    pub fn as_ptr(&self) -> *const u8 {
        if self.is_null { ptr::null() } else { self.bytes.as_ptr().cast() }
    }

    fn put(&mut self, at: usize, bytes: &[u8]) {
        for (place, &byte) in self.bytes[at..].iter_mut().zip(bytes) {
            place.write(byte);
        }
    }
}

impl core::fmt::Debug for Text {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Text").field("is_null", &self.is_null).finish_non_exhaustive()
    }
}

/// The last place up to `end` where no character of UTF-8 is torn; `end` itself if the bytes are none.
fn border(string: &[u8], end: usize) -> usize {
    let begins = |&place: &usize| string[place] & 0b1100_0000 != 0b1000_0000;
    (end.saturating_sub(3)..=end).rev().find(begins).unwrap_or(end)
}

#[cfg(test)]
mod tests {
    extern crate std;
    use super::{TEXT_MAX, Text};
    use std::ffi::CStr;
    use std::string::String;

    /// As a tracer reads it.
    fn seen(string: &[u8]) -> String {
        let text = Text::new(Some(string));
        // SAFETY: it ends in NUL, and lives.
        let seen = unsafe { CStr::from_ptr(text.as_ptr().cast()) };
        seen.to_string_lossy().into_owned()
    }

    #[test]
    fn what_a_tracer_sees() {
        let (full, over) = ("x".repeat(TEXT_MAX), "x".repeat(TEXT_MAX + 1));
        let torn = std::format!("{}äöü", "x".repeat(TEXT_MAX - 4));
        let cases = [
            ("", ""),
            ("sda", "sda"),
            ("a\0b", "a"),
            (full.as_str(), full.as_str()),
            (over.as_str(), &std::format!("{}…", "x".repeat(TEXT_MAX - 3))),
            (torn.as_str(), &std::format!("{}…", "x".repeat(TEXT_MAX - 4))),
        ];
        for (string, expected) in cases {
            assert_eq!(seen(string.as_bytes()), expected);
        }
        assert!(Text::new(None).as_ptr().is_null());
    }
}
