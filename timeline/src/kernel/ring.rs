//! One cpu's pages, read one at a time: `cpuN.raw`.

use super::layout::{Layout, Lost};
use super::record::Cursor;
use crate::Error;
use std::fs::File;
use std::io::{ErrorKind, Read};
use std::ops::Range;
use std::path::PathBuf;

/// A cpu's ring, as a stream in the order in which the kernel wrote it. Holds one page.
#[derive(Debug)]
pub(crate) struct Ring {
    cpu: u32,
    path: PathBuf,
    file: File,
    layout: Layout,
    page: Vec<u8>,
    /// How many pages have been read.
    pages: u64,
    cursor: Cursor,
    /// The stamp of what was read last, where a page has none.
    last: u64,
    /// An item that comes before the page's records.
    before: Option<Entry>,
    ended: bool,
}

/// What a ring holds next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Entry {
    pub(crate) stamp: u64,
    pub(crate) what: What,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum What {
    /// An event: its bytes within [`Ring::page`].
    Event(Range<usize>),
    /// The kernel dropped events here.
    Lost(Lost),
    /// Bytes that could not be read.
    Damaged(Damage),
}

/// Bytes of the recording that could not be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Damage {
    /// Which page of the cpu's file, from 0.
    pub(crate) page: u64,
    /// How many bytes of it.
    pub(crate) bytes: u64,
    pub(crate) why: &'static str,
}

impl Ring {
    pub(crate) fn new(cpu: u32, path: PathBuf, file: File, layout: Layout) -> Self {
        Self {
            cpu,
            path,
            file,
            layout,
            page: vec![0; layout.size()],
            pages: 0,
            cursor: Cursor::new(0, 0, 0),
            last: 0,
            before: None,
            ended: false,
        }
    }

    pub(crate) const fn cpu(&self) -> u32 {
        self.cpu
    }

    /// The page that the last entry's bytes are on.
    pub(crate) fn page(&self) -> &[u8] {
        &self.page
    }

    /// The next entry; `None` at the end.
    ///
    /// # Errors
    /// [`Error::Io`] if the file cannot be read.
    pub(crate) fn next(&mut self) -> Result<Option<Entry>, Error> {
        loop {
            if let Some(entry) = self.before.take() {
                return Ok(Some(entry));
            }
            if let Some(next) = self.cursor.next(&self.page) {
                let entry = match next {
                    Ok(record) => Entry { stamp: record.stamp, what: What::Event(record.payload) },
                    Err(broken) => {
                        let why = "a record does not end on its page";
                        self.damage(broken.stamp, broken.bytes, why)
                    }
                };
                self.last = entry.stamp;
                return Ok(Some(entry));
            }
            if self.ended || !self.turn()? {
                return Ok(None);
            }
        }
    }

    /// Reads the next page; `false` at the file's end.
    fn turn(&mut self) -> Result<bool, Error> {
        let mut filled = 0;
        while filled < self.page.len() {
            match self.file.read(&mut self.page[filled..]) {
                Ok(0) => break,
                Ok(count) => filled += count,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(Error::io("read", &self.path)(error)),
            }
        }
        self.ended = filled < self.page.len();
        if filled == 0 {
            return Ok(false);
        }
        self.pages += 1;
        match self.layout.page(&self.page[..filled]) {
            Ok(page) => {
                self.cursor = Cursor::new(page.start, page.end, page.stamp);
                self.before = page.lost.map(|lost| Entry { stamp: page.stamp, what: What::Lost(lost) });
            }
            Err(why) => self.before = Some(self.damage(self.last, filled, why)),
        }
        Ok(true)
    }

    fn damage(&self, stamp: u64, bytes: usize, why: &'static str) -> Entry {
        let page = self.pages.saturating_sub(1);
        Entry { stamp, what: What::Damaged(Damage { page, bytes: bytes as u64, why }) }
    }
}
