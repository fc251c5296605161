//! How large, and what when full.

use crate::Error;
use std::time::Duration;

/// The smallest ring, in bytes.
pub const RING_MIN: usize = 4 << 10;
/// The largest ring, in bytes.
pub const RING_MAX: usize = 512 << 20;
/// The most that all rings of a process may be together, in bytes.
pub const TOTAL_MAX: usize = 16 << 30;
/// The most rings that a process may have.
pub const COUNT_MAX: usize = 64 << 10;

/// How large rings are, and what happens when one is full.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Options {
    /// Bytes a thread, rounded up to a power of two. A record may be a quarter of it.
    pub ring: usize,
    /// Bytes for all threads together: so many rings there may be at most. Memory is taken as threads come.
    pub total: usize,
    /// What a thread does whose ring is full.
    pub full: Full,
}

/// What a thread does whose ring is full.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Full {
    /// It drops the record and counts it. The same as to wait for no time at all.
    Drop,
    /// It waits until the consumer has made room, for at most this long (`None`: for ever), then drops.
    /// [`Rings::set_wait`](crate::Rings::set_wait) changes the bound.
    Wait(Option<Duration>),
    /// It overwrites the oldest whole records. There is no consumer then, but
    /// [`Rings::snapshot`](crate::Rings::snapshot) and [`Recording`](crate::Recording).
    Overwrite,
}

impl Default for Options {
    /// 1 MiB a thread, 64 MiB in all, drop.
    fn default() -> Self {
        Self { ring: 1 << 20, total: 64 << 20, full: Full::Drop }
    }
}

impl Options {
    /// The size of a ring and how many there may be.
    pub(crate) fn layout(&self) -> Result<(usize, usize), Error> {
        if self.ring > RING_MAX || self.ring < RING_MIN {
            return Err(Error::Options(format!(
                "a ring of {} bytes: from {RING_MIN} (4 KiB) to {RING_MAX} (512 MiB) are possible",
                self.ring
            )));
        }
        let size = self.ring.next_power_of_two();
        let count = self.total / size;
        if count == 0 || count > COUNT_MAX || self.total > TOTAL_MAX {
            return Err(Error::Options(format!(
                "{} bytes for all rings of {size} bytes each: there must be room for one, and at most for {COUNT_MAX} or {TOTAL_MAX} bytes (16 GiB)",
                self.total
            )));
        }
        Ok((size, count))
    }

    /// The bound of waiting at the start, in nanoseconds.
    pub(crate) fn wait(&self) -> u64 {
        match self.full {
            Full::Drop | Full::Overwrite => 0,
            Full::Wait(bound) => nanoseconds(bound),
        }
    }
}

/// A bound of waiting; `u64::MAX` is for ever.
pub(crate) fn nanoseconds(bound: Option<Duration>) -> u64 {
    bound.map_or(u64::MAX, |bound| u64::try_from(bound.as_nanos()).unwrap_or(u64::MAX))
}
