//! The text of an event as QEMU's `log-stap` has it: the format's own spelling, with three letters taken out.

use crate::Error;
use trace_events::Event;

/// Joins literals and macros: of a `PRI` macro the letter behind `PRI` is left. Then `l`, `ll` or `z` between `%`, digits
/// and `x`, `u` or `d` is dropped. All else stays, whether SystemTap knows it or not.
pub(crate) fn push(out: &mut String, event: &Event) -> Result<(), Error> {
    let start = out.len();
    let mut rest = event.rest_of_line.as_str();
    loop {
        rest = rest.trim_start();
        if let Some(inside) = rest.strip_prefix('"') {
            let end = literal_end(inside);
            out.push_str(&inside[..end]);
            rest = inside.get(end + 1..).unwrap_or("");
        } else if rest.is_empty() {
            break;
        } else {
            let end = rest.find(|c: char| c.is_whitespace() || c == '"').unwrap_or(rest.len());
            let (word, behind) = rest.split_at(end);
            let letter = word.strip_prefix("PRI").and_then(|rest| rest.chars().next());
            out.push(letter.ok_or_else(|| Error::Macro {
                event: event.name.clone(),
                line: event.line,
                word: word.to_owned(),
            })?);
            rest = behind;
        }
    }
    drop_lengths(out, start);
    Ok(())
}

/// Where the closing quote is, or the end of the line.
fn literal_end(inside: &str) -> usize {
    let mut at = 0;
    while let Some(found) = inside.as_bytes()[at..].iter().position(|byte| matches!(byte, b'"' | b'\\')) {
        at += found;
        if inside.as_bytes()[at] == b'"' {
            return at;
        }
        // over the backslash and what it escapes
        at += 1 + inside[at + 1..].chars().next().map_or(0, char::len_utf8);
    }
    inside.len()
}

fn drop_lengths(out: &mut String, start: usize) {
    let mut at = start;
    while let Some(percent) = out[at..].find('%') {
        at += percent + 1;
        let bytes = &out.as_bytes()[at..];
        let digits = bytes.iter().take_while(|byte| byte.is_ascii_digit()).count();
        let length = match bytes.get(digits) {
            Some(b'l') => bytes[digits..].iter().take_while(|&&byte| byte == b'l').count(),
            Some(b'z') => 1,
            _ => continue,
        };
        if matches!(bytes.get(digits + length), Some(b'x' | b'u' | b'd')) {
            out.replace_range(at + digits..at + digits + length, "");
        }
    }
}
