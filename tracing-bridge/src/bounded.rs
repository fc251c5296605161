//! A text in a room of fixed size.

use std::fmt;

const MARK: &str = "…";

/// At most `N` bytes of UTF-8.
#[derive(Clone)]
pub(crate) struct Bounded<const N: usize> {
    bytes: [u8; N],
    len: usize,
    is_cut: bool,
}

impl<const N: usize> Bounded<N> {
    pub(crate) const fn new() -> Self {
        Self { bytes: [0; N], len: 0, is_cut: false }
    }

    pub(crate) fn as_str(&self) -> &str {
        // it is made of whole characters, so that this never fails
        std::str::from_utf8(&self.bytes[..self.len]).unwrap_or_default()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.len == 0
    }

    pub(crate) fn push(&mut self, text: &str) {
        if self.is_cut {
            return;
        }
        let room = (N - MARK.len() - self.len).min(text.len());
        let fits = (0..=room).rev().find(|&at| text.is_char_boundary(at)).unwrap_or(0);
        self.append(&text[..fits]);
        if fits < text.len() {
            self.append(MARK);
            self.is_cut = true;
        }
    }

    fn append(&mut self, text: &str) {
        self.bytes[self.len..self.len + text.len()].copy_from_slice(text.as_bytes());
        self.len += text.len();
    }
}

impl<const N: usize> fmt::Write for Bounded<N> {
    /// Fails once it is full, so that what would print for ever stops.
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.push(text);
        if self.is_cut { Err(fmt::Error) } else { Ok(()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fmt::Write as _;

    #[test]
    fn what_is_too_long_is_cut_on_a_characters_border() {
        for (parts, expected) in [
            (vec!["abc"], "abc"),
            (vec!["1234567"], "1234567"),
            (vec!["12345678"], "1234567…"),
            (vec!["123456é8", "x"], "123456…"),
            (vec!["1234567", "", "8", "9"], "1234567…"),
            (vec!["ééééé"], "ééé…"),
        ] {
            let mut text = Bounded::<10>::new();
            let mut all_fit = true;
            for part in parts {
                all_fit &= write!(text, "{part}").is_ok();
            }
            assert_eq!((text.as_str(), all_fit), (expected, !expected.ends_with('…')));
        }
    }
}
