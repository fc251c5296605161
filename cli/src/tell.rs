//! Words to the operator, beside what the command itself prints.

use std::borrow::Cow;
use std::fmt::Write as _;
use std::io::Write as _;

/// Writes a line to standard error, printable; of a text of many lines those after the first are indented, so that none can
/// pass for a line of ours. A standard error that is closed is no reason to fail.
pub(crate) fn line(text: &str) {
    let text = text.split('\n').map(printable).collect::<Vec<_>>().join("\n  ");
    let _ = writeln!(std::io::stderr(), "vmtrace: {text}");
}

/// The text with control characters other than tab escaped, as the log has them (`\n`, `\xNN`). A file may have any in its name
/// and in its notes, and a terminal obeys them.
pub(crate) fn printable(text: &str) -> Cow<'_, str> {
    let is_harmless = |character: char| !character.is_control() || character == '\t';
    if text.chars().all(is_harmless) {
        return text.into();
    }
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '\n' => escaped.push_str("\\n"),
            harmless if is_harmless(harmless) => escaped.push(harmless),
            control => {
                for byte in control.encode_utf8(&mut [0; 4]).bytes() {
                    let _ = write!(escaped, "\\x{byte:02x}");
                }
            }
        }
    }
    escaped.into()
}

#[cfg(test)]
mod tests {
    use super::printable;

    #[test]
    fn nothing_that_a_terminal_obeys() {
        for (text, printed) in [
            ("a/b é\t…", "a/b é\t…"),
            ("evil\u{1b}]0;PWNED\u{7}", "evil\\x1b]0;PWNED\\x07"),
            ("a\nb\r\u{7f}", "a\\nb\\x0d\\x7f"),
            // a terminal may take C1's CSI for ESC and a bracket
            ("\u{9b}2J", "\\xc2\\x9b2J"),
        ] {
            assert_eq!(printable(text), printed);
        }
    }
}
