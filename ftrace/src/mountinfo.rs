//! `/proc/self/mountinfo` (proc_pid_mountinfo(5)).

use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt;
use std::path::PathBuf;

/// Where tracefs is mounted, in order; the last hides those before it if they share a place. A mount of a part of it
/// (root other than `/`) does not count. In a debugfs the kernel mounts one at `tracing` when that is walked to, so that
/// place is among them, first.
pub(crate) fn tracefs_mounts(mountinfo: &[u8]) -> Vec<PathBuf> {
    let mut places: Vec<(bool, PathBuf)> = mountinfo.split(|&byte| byte == b'\n').filter_map(mount).collect();
    places.sort_by_key(|&(own, _)| own);
    places.into_iter().map(|(_, place)| place).collect()
}

/// `36 35 98:0 /root /mount/point options optional... - type source super-options`
///
/// The place, and whether it is a mount of its own.
fn mount(line: &[u8]) -> Option<(bool, PathBuf)> {
    let mut fields = line.split(|&byte| byte == b' ');
    let root = fields.nth(3)?;
    let point = fields.next()?;
    let kind = fields.skip_while(|field| *field != b"-").nth(1)?;
    match kind {
        b"tracefs" if root == b"/" => Some((true, path(point))),
        b"debugfs" if root == b"/" => Some((false, path(point).join("tracing"))),
        _ => None,
    }
}

/// Blank, tab, newline and backslash stand as `\` and three octal digits.
fn path(field: &[u8]) -> PathBuf {
    let mut bytes = Vec::with_capacity(field.len());
    let mut rest = field;
    while let Some((&first, others)) = rest.split_first() {
        if let (b'\\', &[a @ b'0'..=b'3', b @ b'0'..=b'7', c @ b'0'..=b'7', ..]) = (first, others) {
            bytes.push((a - b'0') << 6 | (b - b'0') << 3 | (c - b'0'));
            rest = &others[3..];
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
            ("31 23 0:12 / /odd\\+12 rw - tracefs t rw", &["/odd\\+12"]),
            ("31 23 0:12 / /odd\\777 rw - tracefs t rw", &["/odd\\777"]),
            (
                "31 23 0:12 / /t rw - tracefs t rw\n7 6 0:7 / /sys/kernel/debug rw - debugfs debugfs rw",
                &["/sys/kernel/debug/tracing", "/t"],
            ),
            ("31 23 0:12 / /x rw tracefs", &[]),
            ("garbage - - - - tracefs\n\n - ", &[]),
        ];
        for (text, expected) in cases {
            let found = tracefs_mounts(text.as_bytes());
            assert_eq!(found, expected.iter().map(PathBuf::from).collect::<Vec<_>>(), "{text}");
        }
    }
}
