//! `/proc/self/mountinfo` (proc_pid_mountinfo(5)).

use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt;
use std::path::PathBuf;

/// Where tracefs is mounted, in order; the last hides those before it if they share a place. A mount of a part of it
/// (root other than `/`) does not count.
pub(crate) fn tracefs_mounts(mountinfo: &[u8]) -> Vec<PathBuf> {
    mountinfo.split(|&byte| byte == b'\n').filter_map(mount).collect()
}

/// `36 35 98:0 /root /mount/point options optional... - type source super-options`
fn mount(line: &[u8]) -> Option<PathBuf> {
    let mut fields = line.split(|&byte| byte == b' ');
    let root = fields.nth(3)?;
    let point = fields.next()?;
    let kind = fields.skip_while(|field| *field != b"-").nth(1)?;
    match kind {
        b"tracefs" if root == b"/" => Some(path(point)),
        _ => None,
    }
}

/// Blank, tab, newline and backslash stand as `\` and three octal digits.
fn path(field: &[u8]) -> PathBuf {
    let mut bytes = Vec::with_capacity(field.len());
    let mut rest = field;
    while let Some((&first, others)) = rest.split_first() {
        let escaped =
            others.get(..3).filter(|_| first == b'\\').and_then(|digits| std::str::from_utf8(digits).ok());
        if let Some(byte) = escaped.and_then(|digits| u8::from_str_radix(digits, 8).ok()) {
            bytes.push(byte);
            rest = &rest[4..];
        } else {
            bytes.push(first);
            rest = others;
        }
    }
    OsString::from_vec(bytes).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mounts() {
        let cases: &[(&str, &[&str])] = &[
            ("", &[]),
            ("23 27 0:22 / /sys rw,relatime - sysfs sysfs rw\n", &[]),
            (
                "31 23 0:12 / /sys/kernel/tracing rw,nosuid shared:9 - tracefs tracefs rw\n",
                &["/sys/kernel/tracing"],
            ),
            (
                "31 23 0:12 / /a rw master:1 propagate_from:2 - tracefs t rw\n31 23 0:12 / /b rw - tracefs t rw",
                &["/a", "/b"],
            ),
            ("31 23 0:12 / /with\\040blank\\134 rw - tracefs t rw", &["/with blank\\"]),
            ("31 23 0:12 /instances/x /part rw - tracefs t rw", &[]),
            ("31 23 0:12 / /odd\\04 rw - tracefs t rw", &["/odd\\04"]),
            ("31 23 0:12 / /x rw tracefs", &[]),
            ("garbage - - - - tracefs\n\n - ", &[]),
        ];
        for (text, expected) in cases {
            let found = tracefs_mounts(text.as_bytes());
            assert_eq!(found, expected.iter().map(PathBuf::from).collect::<Vec<_>>(), "{text}");
        }
    }
}
