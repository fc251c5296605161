//! Datagrams that wait to be sent, one or many.

/// How many datagrams a system call sends at most. rsyslog's queue holds no more than `net.unix.max_dgram_qlen` anyway: 10, or
/// 512 where systemd has raised it.
pub(crate) const BURST: usize = 64;

/// Datagrams one behind the other, each with a NUL behind it, which a stream needs.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Queue<'a> {
    bytes: &'a [u8],
    /// One past each NUL.
    ends: &'a [usize],
    start: usize,
}

impl<'a> Queue<'a> {
    pub(crate) fn new(bytes: &'a [u8], ends: &'a [usize]) -> Self {
        Self { bytes, ends, start: 0 }
    }

    pub(crate) fn len(&self) -> usize {
        self.ends.len()
    }

    /// The first datagram, with its NUL.
    pub(crate) fn first(&self) -> Option<&'a [u8]> {
        self.bytes.get(self.start..*self.ends.first()?)
    }

    /// Takes the first ones out.
    pub(crate) fn advance(&mut self, count: usize) {
        let (gone, rest) = self.ends.split_at(count.min(self.ends.len()));
        self.start = gone.last().copied().unwrap_or(self.start);
        self.ends = rest;
    }

    /// The datagrams, without their NULs.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &'a [u8]> {
        let (bytes, mut start) = (self.bytes, self.start);
        self.ends.iter().map(move |&end| {
            let datagram = &bytes[start..end - 1];
            start = end;
            datagram
        })
    }
}
