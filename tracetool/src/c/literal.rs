//! Bytes as a string of C.

use crate::output::{Output, put};

/// Prints them between quotes, so that no compiler takes them for anything else: ASCII as it is, other bytes in octal, of
/// which three digits end whatever follows.
pub(super) fn push(out: &mut Output, bytes: &[u8]) {
    out.push("\"");
    let mut rest = bytes;
    while !rest.is_empty() {
        let plain = rest.iter().position(|&byte| !is_plain(byte)).unwrap_or(rest.len());
        let (run, behind) = rest.split_at(plain);
        // what is plain is ASCII
        out.push(std::str::from_utf8(run).unwrap_or_default());
        rest = behind;
        if let Some((&byte, behind)) = rest.split_first() {
            match byte {
                b'"' => out.push("\\\""),
                b'\\' => out.push("\\\\"),
                b'\n' => out.push("\\n"),
                b'\t' => out.push("\\t"),
                _ => put!(out, "\\", &format!("{byte:03o}")),
            }
            rest = behind;
        }
    }
    out.push("\"");
}

/// A `?` may begin a trigraph.
fn is_plain(byte: u8) -> bool {
    matches!(byte, b' '..=b'~') && !matches!(byte, b'"' | b'\\' | b'?')
}
