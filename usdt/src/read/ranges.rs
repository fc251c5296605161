//! Which of many ranges of addresses has one, and where that is in the file.

use std::vec::Vec;

/// Bytes of the file that have addresses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Range {
    pub(super) address: u64,
    pub(super) size: u64,
    pub(super) offset: u64,
}

/// Ranges that do not overlap, as those of a linked file are. Of those that do, the last to begin counts.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Ranges(Vec<Range>);

impl FromIterator<Range> for Ranges {
    fn from_iter<I: IntoIterator<Item = Range>>(ranges: I) -> Self {
        let mut ranges: Vec<_> = ranges.into_iter().filter(|range| range.size > 0).collect();
        ranges.sort_unstable_by_key(|range| range.address);
        Self(ranges)
    }
}

impl Ranges {
    /// Where the byte at `address` lies in the file.
    pub(super) fn offset(&self, address: u64) -> Option<u64> {
        let after = self.0.partition_point(|range| range.address <= address);
        let range = self.0.get(after.checked_sub(1)?)?;
        let into = address - range.address;
        range.offset.checked_add(into).filter(|_| into < range.size)
    }

    /// The first range with bytes in the `size` bytes of the file from `offset` on.
    pub(super) fn overlapping_offset(&self, offset: u64, size: u64) -> Option<Range> {
        let end = offset.saturating_add(size);
        let overlaps =
            |range: &&Range| range.offset < end && range.offset.saturating_add(range.size) > offset;
        self.0.iter().find(overlaps).copied()
    }
}
