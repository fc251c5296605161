//! A file of rings, read after the process that wrote it has ended in whatever way, or while it runs.

use crate::file::{HEADER, Header};
use crate::item::word_at;
use crate::merge::{Copy, merge};
use crate::slot::{HEAD, Head};
use crate::{Entry, Error};
use rustix::fs::{Mode, OFlags, open};
use std::fs::File;
use std::io;
use std::mem::offset_of;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

/// What a file of rings held when it was opened: a copy, which takes as much memory as the rings held. The file may be
/// anything.
#[derive(Debug)]
pub struct Recording {
    path: PathBuf,
    header: Header,
    about: Vec<u8>,
    copies: Vec<Copy>,
    places: Vec<Place>,
    /// The first ring whose positions make no sense, or that is not there.
    damaged: Option<(usize, u64, &'static str)>,
}

/// Where a copy is from.
#[derive(Clone, Copy, Debug)]
struct Place {
    ring: usize,
    tail: u64,
}

impl Recording {
    /// Reads a file of rings.
    ///
    /// # Errors
    ///
    /// [`Error::File`] if it cannot be read, [`Error::NotARecording`] if it does not start as one. What is damaged behind
    /// the header is told by [`Recording::entries`].
    pub fn open(path: &Path) -> Result<Self, Error> {
        // a FIFO would block
        let flags = OFlags::RDONLY | OFlags::CLOEXEC | OFlags::NONBLOCK | OFlags::NOCTTY;
        let file = open(path, flags, Mode::empty()).map_err(|errno| error(path, "open", errno.into()))?;
        Self::read(&File::from(file), path)
    }

    /// Reads a file of rings that is open; `path` is for messages.
    ///
    /// # Errors
    ///
    /// As [`Recording::open`].
    pub fn read(file: &File, path: &Path) -> Result<Self, Error> {
        let wrong = |why| Error::NotARecording { path: path.to_owned(), why };
        if !file.metadata().map_err(|source| error(path, "fstat", source))?.is_file() {
            return Err(Error::NotAFile { path: path.to_owned() });
        }
        let header = piece(file, 0, 128).map_err(|source| error(path, "read", source))?;
        let header = Header::decode(&header).map_err(wrong)?;
        let about = piece(file, HEADER as u64, header.about).map_err(|source| error(path, "read", source))?;
        if about.len() < header.about {
            return Err(wrong("ends within what is said about its records".to_owned()));
        }
        let mut recording = Self {
            path: path.to_owned(),
            header,
            about,
            copies: Vec::new(),
            places: Vec::new(),
            damaged: None,
        };
        for ring in 0..header.count {
            let whole = recording.copy(file, ring).map_err(|source| error(path, "read", source))?;
            if !whole {
                break;
            }
        }
        Ok(recording)
    }

    /// Whether a file that begins so is one of rings, of any version: the first 16 bytes are enough.
    #[must_use]
    pub fn begins(bytes: &[u8]) -> bool {
        Header::begins(bytes)
    }

    /// The bytes that were given to [`Rings::create`](crate::Rings::create).
    #[must_use]
    pub fn about(&self) -> &[u8] {
        &self.about
    }

    /// The number of the process that made the file.
    #[must_use]
    pub fn pid(&self) -> u32 {
        self.header.pid
    }

    /// CLOCK_REALTIME and CLOCK_MONOTONIC at the same moment, in nanoseconds.
    #[must_use]
    pub fn clocks(&self) -> (u64, u64) {
        (self.header.realtime, self.header.monotonic)
    }

    /// The threads that have something there, and how many bytes.
    pub fn threads(&self) -> impl Iterator<Item = (u32, usize)> {
        self.copies.iter().map(|copy| (copy.tid, copy.bytes.len() - copy.start))
    }

    /// Gives out all entries in order of time, and says how many there were. A loss is of records that came from signal
    /// handlers within others, or were too long.
    ///
    /// # Errors
    ///
    /// [`Error::Damaged`] for the first ring that is, after everything whole has been given.
    pub fn entries(&self, f: impl FnMut(Entry<'_>)) -> Result<usize, Error> {
        let mut damaged = self.damaged;
        let entries = merge(&self.copies, f, |index, at, why| {
            let Place { ring, tail } = self.places[index];
            let offset = (tail + at as u64) & (self.header.size as u64 - 1);
            damaged.get_or_insert((ring, self.start(ring) + HEAD as u64 + offset, why));
        });
        match damaged {
            None => Ok(entries),
            Some((ring, offset, why)) => Err(Error::Damaged { path: self.path.clone(), ring, offset, why }),
        }
    }

    /// Where a ring lies in the file.
    fn start(&self, ring: usize) -> u64 {
        (self.header.first() + ring * (HEAD + self.header.size)) as u64
    }

    /// Copies a ring; false if the file ends there.
    fn copy(&mut self, file: &File, ring: usize) -> io::Result<bool> {
        let start = self.start(ring);
        let mut page = piece(file, start, size_of::<Head>())?;
        for _ in 0..8 {
            // one that is alive may have overwritten the whole ring between the copying of the one and of the other
            if word_at(&page, offset_of!(Head, shared.head)) >= word_at(&page, offset_of!(Head, shared.tail))
            {
                break;
            }
            page = piece(file, start, size_of::<Head>())?;
        }
        let number = |at: usize| word_at(&page, at);
        let (Some(head), Some(tail), Some(tid)) = (
            number(offset_of!(Head, shared.head)),
            number(offset_of!(Head, shared.tail)),
            number(offset_of!(Head, tid)),
        ) else {
            self.damaged.get_or_insert((ring, start + page.len() as u64, "the file ends there"));
            return Ok(false);
        };
        let size = self.header.size as u64;
        if head == tail {
            return Ok(true);
        }
        if head < tail || head - tail > size || head % 8 != 0 || tail % 8 != 0 {
            self.damaged.get_or_insert((ring, start, "its positions are impossible"));
            return Ok(true);
        }
        let index = tail & (size - 1);
        let len = usize::try_from(head - tail).unwrap_or(usize::MAX);
        let first = len.min(usize::try_from(size - index).unwrap_or(usize::MAX));
        let mut bytes = piece(file, start + HEAD as u64 + index, first)?;
        if bytes.len() == first {
            bytes.extend(piece(file, start + HEAD as u64, len - first)?);
        }
        let whole = bytes.len() == len;
        if !whole {
            let end = (index + bytes.len() as u64) & (size - 1);
            self.damaged.get_or_insert((ring, start + HEAD as u64 + end, "the file ends there"));
        }
        // the process may be alive: what it has given up meanwhile may be overwritten in the copy
        let page = piece(file, start, size_of::<Head>())?;
        let tail_now = word_at(&page, offset_of!(Head, shared.tail)).unwrap_or(tail);
        let start = usize::try_from(tail_now.saturating_sub(tail)).unwrap_or(usize::MAX).min(bytes.len());
        // the word is the thread's number and four bytes that are nothing
        self.copies.push(Copy { tid: u32::try_from(tid & 0xffff_ffff).unwrap_or_default(), bytes, start });
        self.places.push(Place { ring, tail });
        Ok(whole)
    }
}

/// The `len` bytes at `offset`, or as many as there are.
fn piece(file: &File, offset: u64, len: usize) -> io::Result<Vec<u8>> {
    let there = file.metadata()?.len().saturating_sub(offset);
    let len = len.min(usize::try_from(there).unwrap_or(usize::MAX));
    let mut bytes = Vec::new();
    bytes.try_reserve_exact(len).map_err(|_| io::Error::from(io::ErrorKind::OutOfMemory))?;
    bytes.resize(len, 0);
    let mut at = 0;
    while at < len {
        match file.read_at(&mut bytes[at..], offset + at as u64) {
            Ok(0) => break,
            Ok(read) => at += read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    bytes.truncate(at);
    Ok(bytes)
}

fn error(path: &Path, call: &'static str, source: io::Error) -> Error {
    Error::File { path: path.to_owned(), call, source }
}
