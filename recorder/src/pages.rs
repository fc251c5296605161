//! One cpu's pages, from its `trace_pipe_raw` to its file, byte for byte.
//!
//! `splice` gives a page once it is full, and never copies it through this process; `read` also gives the page that is
//! still being written, as far as it is, and fills it up with zeros. So pages are spliced all along, and read only
//! seldom and at the end: on a quiet cpu every reading costs a page of file for a handful of events.

use nix::errno::Errno;
use nix::fcntl::{OFlag, SpliceFFlags, splice};
use nix::unistd::{pipe2, read};
use std::fs::File;
use std::io::{self, Write as _};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

/// Pages that fit into a pipe as the kernel makes it (pipe(7)).
const PIPE_PAGES: usize = 16;

/// So many turns of a full pipe for one cpu before the others have theirs.
const TURNS: usize = 64;

/// A pipe through which pages go: `splice` must have one at one end.
pub(crate) struct Pipe {
    out: OwnedFd,
    into: OwnedFd,
}

impl Pipe {
    /// Makes it.
    pub(crate) fn new() -> io::Result<Self> {
        let (out, into) = pipe2(OFlag::O_CLOEXEC)?;
        Ok(Self { out, into })
    }
}

/// One cpu's pages.
pub(crate) struct Pages {
    raw: OwnedFd,
    file: File,
    page: usize,
    bytes: u64,
}

impl Pages {
    /// `raw` is a `trace_pipe_raw`, opened with O_NONBLOCK, whose pages are `page` bytes; `file` is where they go.
    pub(crate) fn new(raw: OwnedFd, file: File, page: usize) -> Self {
        Self { raw, file, page, bytes: 0 }
    }

    /// How many bytes came.
    pub(crate) fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Keeps the pages that are full. Tells whether there may be more.
    pub(crate) fn keep_full(&mut self, pipe: &Pipe) -> io::Result<bool> {
        for _ in 0..TURNS {
            let flags = SpliceFFlags::SPLICE_F_NONBLOCK | SpliceFFlags::SPLICE_F_MOVE;
            let length = match splice(&self.raw, None, &pipe.into, None, PIPE_PAGES * self.page, flags) {
                Ok(0) | Err(Errno::EAGAIN) => return Ok(false),
                Ok(length) => length,
                Err(Errno::EINTR) => continue,
                Err(errno) => return Err(errno.into()),
            };
            self.empty(pipe, length)?;
        }
        Ok(true)
    }

    /// Keeps all there is, full or not. Only with tracing off is that the end of it.
    pub(crate) fn keep_all(&mut self, pipe: &Pipe) -> io::Result<()> {
        while self.keep_full(pipe)? {}
        while self.keep_begun()? {}
        Ok(())
    }

    /// Keeps one page, full or not. Tells whether there was one.
    pub(crate) fn keep_begun(&mut self) -> io::Result<bool> {
        let mut page = vec![0; self.page];
        loop {
            return match read(&self.raw, &mut page) {
                Ok(0) | Err(Errno::EAGAIN) => Ok(false),
                Ok(length) => {
                    // The kernel gives whole pages; were it to give less, the next would not begin where a page does.
                    page[length..].fill(0);
                    self.file.write_all(&page)?;
                    self.bytes += page.len() as u64;
                    Ok(true)
                }
                Err(Errno::EINTR) => continue,
                Err(errno) => Err(errno.into()),
            };
        }
    }

    /// Cuts the file behind the last whole page, after an error on the way there, or so many bytes before that.
    pub(crate) fn cut(&mut self, spare: u64) -> io::Result<()> {
        let kept = self.bytes.saturating_sub(spare);
        self.bytes = kept - kept % self.page as u64;
        self.file.set_len(self.bytes)
    }

    fn empty(&mut self, pipe: &Pipe, mut length: usize) -> io::Result<()> {
        while length > 0 {
            match splice(&pipe.out, None, &self.file, None, length, SpliceFFlags::SPLICE_F_MOVE) {
                Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
                Ok(moved) => {
                    length -= moved;
                    self.bytes += moved as u64;
                }
                Err(Errno::EINTR) => {}
                Err(errno) => return Err(errno.into()),
            }
        }
        Ok(())
    }
}

impl AsFd for Pages {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.raw.as_fd()
    }
}
