//! A file that holds rings: how it is made, and its header.
//!
//! The file is a header of one page, the caller's blob, and from the next multiple of 4096 bytes on the rings: a page
//! with the positions and the thread, and the ring's bytes. All numbers are little endian.

use crate::item::word_at;
use crate::memory::Map;
use crate::slot::HEAD;
use crate::{Error, Options, Rings, clock};
use rustix::fs::{FallocateFlags, Mode, OFlags, fallocate, open};
use rustix::io::Errno;
use std::ffi::OsString;
use std::fs::{self, File};
use std::io;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

/// What a file starts with: the name, and the version of all that follows.
const MAGIC: &[u8; 16] = b"vmtrace ring\0\0\0\x01";
/// The header's bytes, behind which the blob lies.
pub(crate) const HEADER: usize = 4096;
/// The longest blob.
pub(crate) const ABOUT_MAX: usize = 64 << 20;

/// A header's numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Header {
    pub pid: u32,
    pub size: usize,
    pub count: usize,
    pub about: usize,
    pub realtime: u64,
    pub monotonic: u64,
}

impl Header {
    /// Where the first ring lies.
    pub(crate) fn first(&self) -> usize {
        (HEADER + self.about).next_multiple_of(HEAD)
    }

    fn encode(&self) -> Vec<u8> {
        let mut bytes = MAGIC.to_vec();
        let numbers = [
            u64::from(self.pid),
            self.size as u64,
            self.count as u64,
            self.about as u64,
            self.realtime,
            self.monotonic,
        ];
        bytes.extend(numbers.iter().flat_map(|number| number.to_le_bytes()));
        bytes
    }

    /// Whether bytes are the beginning of a header, of any version.
    pub(crate) fn begins(bytes: &[u8]) -> bool {
        bytes.get(..15) == Some(&MAGIC[..15])
    }

    /// Reads a header, whatever the bytes are.
    pub(crate) fn decode(bytes: &[u8]) -> Result<Self, String> {
        match bytes.get(..MAGIC.len()) {
            Some(magic) if magic == MAGIC => {}
            Some(magic) if magic[..15] == MAGIC[..15] => {
                return Err(format!("is of version {}; this program reads version {}", magic[15], MAGIC[15]));
            }
            _ => return Err("is no file of rings".to_owned()),
        }
        let number = |index: usize| {
            word_at(bytes, MAGIC.len() + 8 * index).ok_or_else(|| "ends within its header".to_owned())
        };
        let size = |index: usize| number(index).map(|number| usize::try_from(number).unwrap_or(usize::MAX));
        let header = Self {
            pid: u32::try_from(number(0)?)
                .map_err(|_| "its header is damaged: the process's number".to_owned())?,
            size: size(1)?,
            count: size(2)?,
            about: size(3)?,
            realtime: number(4)?,
            monotonic: number(5)?,
        };
        let total = header.size.saturating_mul(header.count);
        let possible = Options { ring: header.size, total, ..Options::default() }.layout();
        if possible.ok() != Some((header.size, header.count)) || header.about > ABOUT_MAX {
            return Err(format!(
                "its header is damaged: {} rings of {} bytes, and {} bytes about them",
                header.count, header.size, header.about
            ));
        }
        Ok(header)
    }
}

impl Rings {
    /// Rings in a file at `path`, mode 0600, which outlives the process however that ends: with
    /// [`Full::Overwrite`](crate::Full::Overwrite) a flight recorder. [`Recording`](crate::Recording) reads it. The header
    /// has the process's number, both clocks, and `about`, bytes of the caller's that say what the records are.
    ///
    /// The file is made under another name and moved there once its header is whole, so it never is a half one, and a
    /// process that still has an older one under that name goes on with its own. What is there and is not a plain file
    /// (a symbolic link, a device) stays, and is an error.
    ///
    /// It survives the process, not the machine: nothing waits for a disk. Where that is all that is wanted, a path in a
    /// tmpfs (`/dev/shm`, `/run`) is best, since a disk's file system holds a thread up now and then as it writes pages
    /// back. A file that somebody else shortens while it is mapped kills the process (SIGBUS).
    ///
    /// # Errors
    ///
    /// [`Error::Options`] for impossible sizes, and if `about` is over 64 MiB; [`Error::NotAFile`]; [`Error::File`] with
    /// what the system says.
    pub fn create(path: &Path, options: Options, about: &[u8]) -> Result<Self, Error> {
        match fs::symlink_metadata(path) {
            Ok(metadata) if !metadata.is_file() => return Err(Error::NotAFile { path: path.to_owned() }),
            _ => {}
        }
        let mut new = OsString::from(path);
        new.push(format!(".{}.new", std::process::id()));
        let new = PathBuf::from(new);
        // one that is left is of a process that had this one's number and is dead
        fs::remove_file(&new).ok();
        let flags = OFlags::RDWR | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let file = open(&new, flags, Mode::RUSR | Mode::WUSR).map_err(|errno| Error::File {
            path: new.clone(),
            call: "open",
            source: errno.into(),
        })?;
        let made = in_file(File::from(file), &new, options, about).and_then(|rings| {
            let moved = fs::rename(&new, path);
            moved.map_err(|source| Error::File { path: path.to_owned(), call: "rename", source })?;
            Ok(rings)
        });
        if made.is_err() {
            fs::remove_file(&new).ok();
        }
        made
    }

    /// As [`Rings::create`], in a file that was opened for reading and writing by someone else, and is emptied.
    ///
    /// # Errors
    ///
    /// As [`Rings::create`].
    pub fn create_in(file: File, options: Options, about: &[u8]) -> Result<Self, Error> {
        use std::os::fd::AsRawFd;
        let path = PathBuf::from(format!("/proc/self/fd/{}", file.as_raw_fd()));
        let error = |call, source| Error::File { path: path.clone(), call, source };
        if !file.metadata().map_err(|source| error("fstat", source))?.is_file() {
            return Err(Error::NotAFile { path });
        }
        file.set_len(0).map_err(|source| error("ftruncate", source))?;
        in_file(file, &path, options, about)
    }
}

/// Lays rings out in an empty file.
fn in_file(file: File, path: &Path, options: Options, about: &[u8]) -> Result<Rings, Error> {
    let error = |call, source| Error::File { path: path.to_owned(), call, source };
    let (size, count) = options.layout()?;
    if about.len() > ABOUT_MAX {
        return Err(Error::Options(format!(
            "{} bytes about rings: {ABOUT_MAX} (64 MiB) are possible",
            about.len()
        )));
    }
    let before = clock::monotonic();
    let realtime = clock::realtime();
    let monotonic = before.midpoint(clock::monotonic());
    let header = Header { pid: std::process::id(), size, count, about: about.len(), realtime, monotonic };
    let first = header.first();
    let len = first + count * (HEAD + size);
    file.write_all_at(about, HEADER as u64).map_err(|source| error("write", source))?;
    file.write_all_at(&header.encode(), 0).map_err(|source| error("write", source))?;
    file.set_len(len as u64).map_err(|source| error("ftruncate", source))?;
    if !allocate(&file, first, HEAD + size).map_err(|errno| error("fallocate", errno.into()))? {
        write_out(&file, first, len).map_err(|source| error("write", source))?;
    }
    let map = Map::file(&file, len)?;
    Rings::on(map, first, Some(file), options)
}

/// Has the file's disk hold these bytes, so that no write into the mapping finds it full (which would be a SIGBUS). False
/// if the file system cannot be asked.
pub(crate) fn allocate(file: &File, offset: usize, len: usize) -> Result<bool, Errno> {
    match fallocate(file, FallocateFlags::empty(), offset as u64, len as u64) {
        Ok(()) => Ok(true),
        // its file was written to the end when it was made
        Err(Errno::OPNOTSUPP) => Ok(false),
        Err(errno) => Err(errno),
    }
}

/// Writes zeros from `first` to `len`, which a file system holds that cannot be asked to.
fn write_out(file: &File, first: usize, len: usize) -> io::Result<()> {
    let zeros = vec![0; 64 << 10];
    for at in (first..len).step_by(zeros.len()) {
        file.write_all_at(&zeros[..zeros.len().min(len - at)], at as u64)?;
    }
    Ok(())
}
