//! A line of /proc/PID/maps: proc_pid_maps(5).

use super::ranges::Ranges;
use std::ffi::OsString;
use std::format;
use std::os::unix::ffi::OsStringExt as _;
use std::path::PathBuf;
use std::string::String;
use std::vec::Vec;

/// A stretch of a process's memory that is a file's.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Mapping {
    pub(super) stretch: Stretch,
    pub(super) is_code: bool,
    pub(super) file: MappedFile,
}

/// Where in memory it is, and where in the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Stretch {
    pub(super) start: u64,
    pub(super) end: u64,
    pub(super) offset: u64,
}

/// A file as the kernel names it there. The path is part of it: btrfs numbers the inodes of each subvolume anew, and all have one
/// device there.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct MappedFile {
    pub(super) node: Node,
    pub(super) path: PathBuf,
    pub(super) deleted: bool,
}

/// The device, in the kernel's words, and the inode.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Node {
    device: String,
    inode: u64,
}

impl Mapping {
    /// Reads a line, unless it is of no file.
    pub(super) fn of_file(line: &[u8]) -> Option<Self> {
        let mut words = line.splitn(6, |byte| *byte == b' ');
        let mut word = || str::from_utf8(words.next()?).ok();
        let (range, rights, offset, device, inode) = (word()?, word()?, word()?, word()?, word()?);
        let (start, end) = range.split_once('-')?;
        let hexadecimal = |number| u64::from_str_radix(number, 16).ok();
        let stretch =
            Stretch { start: hexadecimal(start)?, end: hexadecimal(end)?, offset: hexadecimal(offset)? };
        let is_code = rights.as_bytes().get(2) == Some(&b'x');
        let inode = inode.parse().ok().filter(|inode| *inode != 0)?;
        let node = Node { device: device.into(), inode };
        // What has no path but an inode is no file: `anon_inode:[...]`.
        let path = words.next()?.trim_ascii_start();
        if !path.starts_with(b"/") {
            return None;
        }
        let (path, deleted) = path.strip_suffix(b" (deleted)").map_or((path, false), |path| (path, true));
        let path = PathBuf::from(OsString::from_vec(unescaped(path)));
        Some(Self { stretch, is_code, file: MappedFile { node, path, deleted } })
    }
}

impl MappedFile {
    /// The path that the process had it by, if it is still there.
    pub(super) fn path_in_root(&self, pid: u32) -> PathBuf {
        let below = self.path.strip_prefix("/").unwrap_or(&self.path);
        PathBuf::from(format!("/proc/{pid}/root")).join(below)
    }
}

impl Stretch {
    /// The path by which the kernel opens the very file that is mapped.
    pub(super) fn path_in_maps(&self, pid: u32) -> PathBuf {
        format!("/proc/{pid}/map_files/{:x}-{:x}", self.start, self.end).into()
    }

    /// How much higher than in the file the addresses are here, modulo 2⁶⁴, where this is `code` of the file.
    pub(super) fn bias(&self, code: &Ranges) -> Option<u64> {
        let range = code.overlapping_offset(self.offset, self.end.checked_sub(self.start)?)?;
        Some(self.start.wrapping_sub(self.offset).wrapping_sub(range.address.wrapping_sub(range.offset)))
    }
}

/// The path with the only byte that the kernel escapes there, the line's end.
fn unescaped(path: &[u8]) -> Vec<u8> {
    let mut all = Vec::with_capacity(path.len());
    let mut rest = path;
    while let Some((first, after)) = rest.split_first() {
        let (byte, after) = rest.strip_prefix(b"\\012").map_or((*first, after), |after| (b'\n', after));
        all.push(byte);
        rest = after;
    }
    all
}

#[cfg(test)]
mod tests {
    use super::super::ranges::Range;
    use super::*;

    #[test]
    fn lines_of_code() {
        let code = |line: &[u8]| {
            let mapping = Mapping::of_file(line).filter(|mapping| mapping.is_code)?;
            Some((mapping.file.path, mapping.file.deleted))
        };
        let at = |path: &str| Some((PathBuf::from(path), false));
        assert_eq!(
            code(b"7f00-7f10 r-xp 00001000 fe:00 17                         /usr/lib/a b"),
            at("/usr/lib/a b")
        );
        assert_eq!(code(b"7f00-7f10 r-xp 00001000 fe:00 17 /a\\012b\\013"), at("/a\nb\\013"));
        assert_eq!(
            code(b"7f00-7f10 rwxs 00000000 00:01 17 /memfd:x (deleted)"),
            Some(("/memfd:x".into(), true))
        );
        for other in [
            &b"7f00-7f10 r--p 00001000 fe:00 17 /usr/lib/a"[..],
            b"7f00-7f10 r-xp 00000000 00:00 0 ",
            b"7f00-7f10 r-xp 00000000 00:00 0                [vdso]",
            b"7f00-7f10 r-xp 00000000 00:0e 17 anon_inode:[x]",
            b"ffffffffff600000-ffffffffff601000 --xp 00000000 00:00 0                  [vsyscall]",
            b"7f00-7f10 r-xp 00001000 fe:00 17",
            b"7f00 r-xp 00001000 fe:00 17 /a",
            b"7f00-7f10 r-xp 00001000 fe:00 \xff /a",
            b"",
        ] {
            assert_eq!(code(other), None, "{}", String::from_utf8_lossy(other));
        }
    }

    #[test]
    fn how_much_higher() {
        let mapping = |line: &str| Mapping::of_file(line.as_bytes()).expect("a line").stretch;
        let code: Ranges = [
            Range { address: 0x40_1000, size: 0x234, offset: 0x1000 },
            Range { address: 0x40_4800, size: 0x100, offset: 0x2800 },
        ]
        .into_iter()
        .collect();
        let bias = |line: &str| mapping(line).bias(&code);
        assert_eq!(bias("00401000-00402000 r-xp 00001000 fe:00 17 /a"), Some(0));
        assert_eq!(bias("55401000-55402000 r-xp 00001000 fe:00 17 /a"), Some(0x5500_0000));
        // What is mapped begins at a page.
        assert_eq!(bias("55404000-55405000 r-xp 00002000 fe:00 17 /a"), Some(0x5500_0000));
        assert_eq!(bias("55404000-55405000 r-xp 00003000 fe:00 17 /a"), None);
        assert_eq!(bias("00000000-00001000 r-xp 00001000 fe:00 17 /a"), Some(0_u64.wrapping_sub(0x40_1000)));
    }
}
