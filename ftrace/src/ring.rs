//! One cpu's ring of an instance: its pages and its counts.

use crate::error::Error;
use std::fs::{self, File, OpenOptions};
use std::os::unix::fs::OpenOptionsExt;
use std::path::PathBuf;

/// A cpu's ring.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ring {
    folder: PathBuf,
    cpu: u32,
}

/// What the kernel counted, from `stats`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RingStats {
    /// Events that are in the ring.
    pub entries: u64,
    /// Events that newer ones overwrote before they were read.
    pub overrun: u64,
    /// Events that found no room while overwriting was off.
    pub dropped: u64,
    /// Events that were read.
    pub read: u64,
}

impl Ring {
    pub(crate) fn new(folder: PathBuf, cpu: u32) -> Self {
        Self { folder, cpu }
    }

    /// The cpu's number.
    #[must_use]
    pub fn cpu(&self) -> u32 {
        self.cpu
    }

    /// Opens `trace_pipe_raw`, whose reads give whole pages of the ring and take them out of it; they do not block.
    ///
    /// # Errors
    /// [`Error::Rights`], [`Error::Io`].
    pub fn open_pages(&self) -> Result<File, Error> {
        let path = self.folder.join("trace_pipe_raw");
        let mut options = OpenOptions::new();
        options.read(true).custom_flags(libc::O_NONBLOCK | libc::O_NOFOLLOW);
        options.open(&path).map_err(Error::io("open", &path))
    }

    /// Reads `stats`.
    ///
    /// # Errors
    /// [`Error::Rights`], [`Error::Io`].
    pub fn stats(&self) -> Result<RingStats, Error> {
        let path = self.folder.join("stats");
        let text = fs::read_to_string(&path).map_err(Error::io("read", &path))?;
        Ok(parse_stats(&text))
    }
}

fn parse_stats(text: &str) -> RingStats {
    let mut stats = RingStats::default();
    for (name, value) in text.lines().filter_map(|line| line.split_once(':')) {
        let count = match name {
            "entries" => &mut stats.entries,
            "overrun" => &mut stats.overrun,
            "dropped events" => &mut stats.dropped,
            "read events" => &mut stats.read,
            _ => continue,
        };
        *count = value.trim().parse().unwrap_or(0);
    }
    stats
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stats() {
        let text = "entries: 1\noverrun: 22\ncommit overrun: 9\nbytes: 4080\noldest event ts:  3832.309190\n\
                    now ts:  3832.309480\ndropped events: 3\nread events: 4\n";
        assert_eq!(parse_stats(text), RingStats { entries: 1, overrun: 22, dropped: 3, read: 4 });
    }
}
