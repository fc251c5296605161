//! Bytes from a guest, a VMM or the kernel as text that is safe on a terminal and stays on its line.

use std::fmt::Write;

/// The text: control characters but tab become `\n` or `\xNN`, what is not UTF-8 becomes U+FFFD.
pub(crate) fn shown(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes);
    if !text.contains(is_unsafe) {
        return text.into_owned();
    }
    let mut shown = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        match c {
            '\n' => shown.push_str("\\n"),
            // writing to a String cannot fail
            c if is_unsafe(c) => drop(write!(shown, "\\x{:02x}", u32::from(c))),
            c => shown.push(c),
        }
    }
    shown
}

/// Controls of ISO 6429, also those above 0x7f that some terminals obey, and the marks that turn text around.
pub(crate) fn is_unsafe(c: char) -> bool {
    (c.is_control() && c != '\t') || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_reaches_the_terminal() {
        for (bytes, want) in [
            (&b"plain\ttext"[..], "plain\ttext"),
            (b"a\nb\x1b[31m\x7f", r"a\nb\x1b[31m\x7f"),
            (b"\xc2\x9b31m", r"\x9b31m"),
            ("\u{202e}".as_bytes(), r"\x202e"),
            (b"\xff\xfe!", "\u{fffd}\u{fffd}!"),
        ] {
            assert_eq!(shown(bytes), want);
        }
    }
}
