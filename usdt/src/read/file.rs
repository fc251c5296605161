//! Opening what may not be what it seems.

use crate::error::Error;
use object::read::ReadCache;
use std::fs::{File, OpenOptions};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

/// Opens a regular file, and nothing else: a FIFO would block, a device may do anything.
pub(crate) fn open(path: &Path) -> Result<File, Error> {
    let io = |call| move |source| Error::Io { path: path.into(), call, source };
    let not_a_file = || Error::NotAFile { path: path.into() };
    if !std::fs::metadata(path).map_err(io("stat"))?.is_file() {
        return Err(not_a_file());
    }
    // It may have been replaced since.
    let file = OpenOptions::new().read(true).custom_flags(libc::O_NONBLOCK).open(path).map_err(io("open"))?;
    if !file.metadata().map_err(io("stat"))?.is_file() {
        return Err(not_a_file());
    }
    Ok(file)
}

/// The file's bytes, of which those are read that are asked for.
pub(super) fn cache(file: File) -> ReadCache<File> {
    ReadCache::new(file)
}
