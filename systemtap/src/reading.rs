//! Files that others wrote.

use crate::Error;
use std::fs::OpenOptions;
use std::io::{self, ErrorKind, Read as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

/// The longest text that is read, in bytes. QEMU's scripts have some MB, its longest trace-events file 36,000 bytes.
const LONGEST: u64 = 64 << 20;

/// A regular file's bytes: no pipe that would have it wait, no device without end.
pub(crate) fn whole(path: &Path) -> Result<Vec<u8>, Error> {
    bytes(path).map_err(|source| Error::Io { call: "read", path: path.to_owned(), source })
}

fn bytes(path: &Path) -> io::Result<Vec<u8>> {
    // opening a pipe would wait for a writer; of a regular file the flag says nothing
    let file = OpenOptions::new().read(true).custom_flags(libc::O_NONBLOCK).open(path)?;
    if !file.metadata()?.is_file() {
        return Err(io::Error::new(ErrorKind::InvalidInput, "it is no regular file: copy it into one"));
    }
    let mut bytes = Vec::new();
    // one more shows that there is more; a file may be growing
    file.take(LONGEST + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > LONGEST {
        let told = format!("it is longer than {LONGEST} bytes, as no file of events or scripts is");
        return Err(io::Error::new(ErrorKind::FileTooLarge, told));
    }
    Ok(bytes)
}
