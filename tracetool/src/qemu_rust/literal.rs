//! A format in a literal `c"…"` of Rust.

use crate::output::{Output, put};
use std::ops::ControlFlow;

/// Prints a format's literals and macros as one. To QEMU's bytes, its escapes stay as they are, whether or not Rust has
/// them; otherwise the text is the one that C would have, up to the zero byte that ends C's.
pub(super) fn push(out: &mut Output, source: &str, bug_compatible: bool) {
    let mut rest = source;
    loop {
        rest = rest.trim_start();
        if let Some(literal) = rest.strip_prefix('"') {
            let text = &literal[..end_of(literal)];
            rest = literal.get(text.len() + 1..).unwrap_or_default();
            if bug_compatible {
                out.push(text);
            } else if push_translated(out, text).is_break() {
                return;
            }
        } else {
            let end = rest.find(|c: char| c == '"' || c.is_whitespace()).unwrap_or(rest.len());
            let (name, behind) = rest.split_at(end);
            if name.is_empty() {
                return;
            }
            rest = behind;
            push_macro(out, name);
        }
    }
}

/// Where a literal's text ends, which begins behind its quote.
fn end_of(literal: &str) -> usize {
    let bytes = literal.as_bytes();
    let mut at = 0;
    while at < bytes.len() && bytes[at] != b'"' {
        at += if bytes[at] == b'\\' { 2 } else { 1 };
    }
    at.min(bytes.len())
}

/// Prints text of C as Rust has it. Breaks where a zero byte ends the string.
fn push_translated(out: &mut Output, text: &str) -> ControlFlow<()> {
    let mut rest = text;
    while let Some(at) = rest.find(is_special) {
        out.push(&rest[..at]);
        let mut behind = rest[at..].chars();
        let special = behind.next();
        rest = behind.as_str();
        match special {
            Some('\\') => rest = push_escape(out, rest)?,
            Some('\0') => return ControlFlow::Break(()),
            Some('\r') => out.push("\\r"),
            Some(turn) => out.push(&turn.escape_unicode().to_string()),
            None => {}
        }
    }
    out.push(rest);
    ControlFlow::Continue(())
}

/// What does not stand for itself in a literal of Rust, or ends one of C. rustc refuses those characters that turn the
/// direction of the text behind them.
fn is_special(c: char) -> bool {
    matches!(c, '\\' | '\0' | '\r' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// Prints the escape whose backslash stands before `text` (C11 6.4.4.4), and returns what is behind it.
fn push_escape<'a>(out: &mut Output, text: &'a str) -> ControlFlow<(), &'a str> {
    let digits = |radix| move |c: &char| c.is_digit(radix);
    let (byte, length) = match text.as_bytes().first() {
        Some(b'a') => (0x07, 1),
        Some(b'b') => (0x08, 1),
        Some(b'v') => (0x0b, 1),
        Some(b'f') => (0x0c, 1),
        Some(b'0'..=b'7') => {
            let length = text.chars().take(3).take_while(digits(8)).count();
            (value(&text[..length], 8), length)
        }
        Some(b'x') => {
            let length = 1 + text.chars().skip(1).take_while(digits(16)).count();
            (value(&text[1..length], 16), length)
        }
        Some(b'?') => return ControlFlow::Continue(text),
        // the rest is Rust's as well, or was refused as no escape of C
        _ => {
            let length = text.chars().next().map_or(0, char::len_utf8);
            put!(out, "\\", &text[..length]);
            return ControlFlow::Continue(&text[length..]);
        }
    };
    if byte == 0 {
        return ControlFlow::Break(());
    }
    let digit = |nibble: u8| &"0123456789abcdef"[usize::from(nibble)..=usize::from(nibble)];
    put!(out, "\\x", digit(byte >> 4), digit(byte & 15));
    ControlFlow::Continue(&text[length..])
}

/// The byte that digits stand for; more than a byte was refused.
fn value(digits: &str, radix: u32) -> u8 {
    let digits = digits.chars().filter_map(|c| c.to_digit(radix));
    digits.fold(0u32, |value, digit| value.wrapping_mul(radix).wrapping_add(digit)).to_le_bytes()[0]
}

/// Prints a macro of inttypes.h with the lengths that QEMU gives them, which mean the argument's own type on every
/// system. QEMU has no octal ones, and none of the `LEAST` and `FAST` types.
fn push_macro(out: &mut Output, name: &str) {
    let Some((kind, width)) = name.strip_prefix("PRI").and_then(|rest| rest.split_at_checked(1)) else {
        return; // refused as no macro of a format
    };
    let length = match width {
        "8" | "LEAST8" | "FAST8" => "hh",
        "16" | "LEAST16" => "h",
        "64" | "LEAST64" | "FAST64" => "ll",
        // the C library's, glibc's and others': a word
        "FAST16" | "FAST32" => "l",
        "PTR" => "t",
        "MAX" => "j",
        _ => "",
    };
    put!(out, length, kind);
}
