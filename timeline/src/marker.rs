//! What a VMM wrote to `trace_marker`: `name text`.

use crate::kernel::bytes::until_nul;
use crate::shown::shown;

/// The event's name, if the marker begins with one, and the rest.
pub(crate) fn split(marker: &[u8]) -> (Option<String>, String) {
    let (name, text) = parts(marker);
    (name.map(shown), shown(text))
}

/// As [`split`], as bytes.
pub(crate) fn parts(marker: &[u8]) -> (Option<&[u8]>, &[u8]) {
    let marker = until_nul(marker);
    let marker = marker.strip_suffix(b"\n").unwrap_or(marker);
    let end = marker.iter().position(|byte| !(byte.is_ascii_alphanumeric() || *byte == b'_'));
    let (name, rest) = marker.split_at(end.unwrap_or(marker.len()));
    match rest {
        _ if name.is_empty() || name[0].is_ascii_digit() => (None, marker),
        [] => (Some(name), rest),
        [b' ', text @ ..] => (Some(name), text),
        _ => (None, marker),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markers() {
        for (marker, name, text) in [
            (&b"serial_write byte 0x41\n\0\0"[..], Some("serial_write"), "byte 0x41"),
            (b"plain", Some("plain"), ""),
            (b"plain ", Some("plain"), ""),
            (b"two\nlines", None, r"two\nlines"),
            (b"E|123", None, "E|123"),
            (b" x", None, " x"),
            (b"1 x", None, "1 x"),
            (b"", None, ""),
        ] {
            assert_eq!(split(marker), (name.map(str::to_owned), text.to_owned()));
        }
    }
}
