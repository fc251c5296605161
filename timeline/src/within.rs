//! Opening what lies in a recording, and nothing else: a recording may come from somebody who wishes us ill.

use crate::Error;
use std::fs::{self, File};
use std::io::Read;
use std::path::{Component, Path, PathBuf};

/// The longest description (a `format` file, `comms`, `header_page`) that is read, in bytes.
const DESCRIPTION: u64 = 4 << 20;

/// Opens a regular file under `dir`, whose path has no link below `dir`.
pub(crate) fn open(dir: &Path, path: &Path) -> Result<File, Error> {
    check(dir, path)?;
    File::open(path).map_err(Error::io("open", path))
}

/// Reads a description under `dir`, as text: bytes that are none become U+FFFD.
pub(crate) fn read(dir: &Path, path: &Path) -> Result<String, Error> {
    let mut bytes = Vec::new();
    open(dir, path)?.take(DESCRIPTION).read_to_end(&mut bytes).map_err(Error::io("read", path))?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// The entries of a directory under `dir`, sorted by name; none if there is no such directory.
pub(crate) fn list(dir: &Path, path: &Path) -> Result<Vec<PathBuf>, Error> {
    let below = below(dir, path)?;
    let mut walked = dir.to_path_buf();
    for part in below.components() {
        walked.push(part);
        match fs::symlink_metadata(&walked) {
            Ok(what) if what.is_dir() => {}
            Ok(_) => return Err(Error::Strange { path: walked }),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(Error::io("look at", &walked)(error)),
        }
    }
    let mut entries = Vec::new();
    for entry in fs::read_dir(path).map_err(Error::io("read", path))? {
        entries.push(entry.map_err(Error::io("read", path))?.path());
    }
    entries.sort();
    Ok(entries)
}

fn check(dir: &Path, path: &Path) -> Result<(), Error> {
    let below = below(dir, path)?;
    let mut walked = dir.to_path_buf();
    let mut parts = below.components().peekable();
    while let Some(part) = parts.next() {
        walked.push(part);
        let what = fs::symlink_metadata(&walked).map_err(Error::io("look at", &walked))?;
        let right = if parts.peek().is_some() { what.is_dir() } else { what.is_file() };
        if !right {
            return Err(Error::Strange { path: walked });
        }
    }
    Ok(())
}

/// `path` as seen from `dir`, with nothing in it that leads out.
fn below<'a>(dir: &Path, path: &'a Path) -> Result<&'a Path, Error> {
    let strange = || Error::Strange { path: path.to_path_buf() };
    let below = path.strip_prefix(dir).map_err(|_| strange())?;
    if below.components().all(|part| matches!(part, Component::Normal(_))) {
        Ok(below)
    } else {
        Err(strange())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::symlink;

    #[test]
    fn nothing_outside_is_opened() {
        let dir = std::env::temp_dir().join(format!("timeline-within-{}", std::process::id()));
        fs::create_dir_all(dir.join("kernel")).unwrap();
        fs::write(dir.join("kernel/comms"), "1 init\n").unwrap();
        symlink("/etc/hostname", dir.join("kernel/cpu0.raw")).unwrap();
        symlink("/etc", dir.join("log")).unwrap();

        assert_eq!(read(&dir, &dir.join("kernel/comms")).unwrap(), "1 init\n");
        for bad in ["kernel/cpu0.raw", "log/hostname", "../x", "kernel", "kernel/../../x"] {
            assert!(open(&dir, &dir.join(bad)).is_err(), "{bad}");
        }
        assert!(open(&dir, Path::new("/etc/hostname")).is_err());
        assert!(list(&dir, &dir.join("log")).is_err());
        assert_eq!(list(&dir, &dir.join("absent")).unwrap(), Vec::<PathBuf>::new());
        fs::remove_dir_all(&dir).unwrap();
    }
}
