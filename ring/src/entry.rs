//! What comes out.

/// What comes out of rings: a record, or that some were lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Entry<'a> {
    /// CLOCK_MONOTONIC in nanoseconds.
    pub time: u64,
    /// What the thread said its number was; 0 for losses of threads that had no ring.
    pub tid: u32,
    /// The lanes that it is for, a bit each.
    pub lanes: u32,
    /// What it is.
    pub kind: Kind<'a>,
    /// Whether a younger one came out before.
    pub late: bool,
}

/// What an [`Entry`] is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind<'a> {
    /// A record's payload.
    Record(&'a [u8]),
    /// The thread lost so many records here, of each of the entry's lanes.
    Lost(u64),
}
