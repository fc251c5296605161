//! Opening the log's file, whose name may be a template.

use crate::error::Error;
use rustix::fs::{FileType, Mode, OFlags, fcntl_getfl, fcntl_setfl, fstat, ftruncate, openat};
use rustix::io::Errno;
use std::ffi::{CStr, OsString};
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Path, PathBuf};

/// A file's name, taken apart at its `%d`.
pub(crate) struct Template {
    before: Vec<u8>,
    /// `None` if there is no `%d`.
    after: Option<Vec<u8>>,
}

impl Template {
    pub(crate) fn of(path: &Path) -> Result<Self, Error> {
        let bytes = path.as_os_str().as_bytes();
        let Some(at) = bytes.iter().position(|&byte| byte == b'%') else {
            return Ok(Self { before: bytes.to_vec(), after: None });
        };
        let after = bytes[at + 1..].strip_prefix(b"d").filter(|after| !after.contains(&b'%'));
        let after = after.ok_or_else(|| Error::Template(path.to_path_buf()))?;
        Ok(Self { before: bytes[..at].to_vec(), after: Some(after.to_vec()) })
    }

    /// The name with a number in place of `%d`.
    fn with(self, number: u32) -> PathBuf {
        let after = self.after.map(|after| [number.to_string().into_bytes(), after].concat());
        OsString::from_vec([self.before, after.unwrap_or_default()].concat()).into()
    }

    /// The folder that does not depend on the number, and the parts of the name within it before and behind the number.
    /// `None` without `%d`.
    pub(crate) fn into_parts(mut self) -> Option<(PathBuf, Vec<u8>, Vec<u8>)> {
        let after = self.after?;
        let slash = self.before.iter().rposition(|&byte| byte == b'/');
        let prefix = self.before.split_off(slash.map_or(0, |at| at + 1));
        let folder =
            if self.before.is_empty() { PathBuf::from(".") } else { OsString::from_vec(self.before).into() };
        Some((folder, prefix, after))
    }
}

/// Opens the file of a name in which `%d` is the process's number.
pub(crate) fn file(template: &Path, empty: bool) -> Result<OwnedFd, Error> {
    let path = Template::of(template)?.with(std::process::id());
    open(rustix::fs::CWD, path.as_path(), empty).map_err(|errno| Error::Open { path, source: errno.into() })
}

/// The same within a folder, without an allocation.
pub(crate) fn within(folder: &OwnedFd, name: &CStr, empty: bool) -> Result<OwnedFd, Errno> {
    open(folder.as_fd(), name, empty)
}

/// Appending keeps lines whole if a second process writes the file, or someone empties it. A FIFO that nobody reads would
/// hold up its thread for ever, so it is opened without waiting, and refused.
fn open(folder: impl AsFd, path: impl rustix::path::Arg, empty: bool) -> Result<OwnedFd, Errno> {
    let flags = OFlags::WRONLY | OFlags::APPEND | OFlags::CREATE | OFlags::CLOEXEC;
    let mode = Mode::from_raw_mode(0o666);
    let file = openat(folder, path, flags | OFlags::NONBLOCK | OFlags::NOCTTY, mode)?;
    fcntl_setfl(&file, fcntl_getfl(&file)? - OFlags::NONBLOCK)?;
    // a pipe or a terminal has no length to set
    if empty && FileType::from_raw_mode(fstat(&file)?.st_mode) == FileType::RegularFile {
        ftruncate(&file, 0)?;
    }
    Ok(file)
}
