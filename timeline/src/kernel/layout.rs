//! How a page of the ring is laid out: `events/header_page` of tracefs.

use super::bytes;

/// The largest page that is believed in, in bytes: `buffer_subbuf_size_kb` allows pages of 2^k memory pages.
const LARGEST: usize = 16 << 20;

/// Where a page holds what.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Layout {
    stamp: usize,
    commit: usize,
    commit_size: usize,
    data: usize,
    size: usize,
}

/// A page taken apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Page {
    /// The stamp from which the records' differences count, in the clock's units.
    pub(crate) stamp: u64,
    /// Where the records begin and end, within the page.
    pub(crate) start: usize,
    pub(crate) end: usize,
    /// What was lost before this page.
    pub(crate) lost: Option<Lost>,
}

/// Events that the kernel says it dropped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Lost {
    Count(u64),
    /// There was no room on the page to write the count down.
    Some,
}

impl Layout {
    /// Reads `header_page`.
    pub(crate) fn parse(text: &str) -> Result<Self, &'static str> {
        let field = |name: &str| -> Option<(usize, usize)> {
            text.lines().find_map(|line| {
                let mut parts = line.split(';').map(str::trim);
                let declaration = parts.next()?.strip_prefix("field:")?;
                if declaration.split_whitespace().next_back()? != name {
                    return None;
                }
                let offset = parts.next()?.strip_prefix("offset:")?.parse().ok()?;
                let size = parts.next()?.strip_prefix("size:")?.parse().ok()?;
                Some((offset, size))
            })
        };
        let (stamp, stamp_size) = field("timestamp").ok_or("no field `timestamp`")?;
        let (commit, commit_size) = field("commit").ok_or("no field `commit`")?;
        let (data, data_size) = field("data").ok_or("no field `data`")?;
        let size = data.checked_add(data_size).filter(|&size| size <= LARGEST).ok_or("an absurd size")?;
        let inside = |at: usize, len: usize| at.checked_add(len).is_some_and(|end| end <= data);
        if stamp_size != 8 || !matches!(commit_size, 4 | 8) {
            return Err("a stamp or commit of unknown size");
        }
        if !inside(stamp, stamp_size) || !inside(commit, commit_size) || data_size == 0 {
            return Err("fields outside the page's head");
        }
        Ok(Self { stamp, commit, commit_size, data, size })
    }

    /// Bytes in a page.
    pub(crate) const fn size(&self) -> usize {
        self.size
    }

    /// Takes a page apart.
    pub(crate) fn page(&self, page: &[u8]) -> Result<Page, &'static str> {
        // ring_buffer.c: the low bits of `commit` count bytes, the two highest of 32 tell of missed events
        const MISSED: u64 = 1 << 31;
        const STORED: u64 = 1 << 30;
        const BYTES: u64 = (1 << 27) - 1;
        if page.len() != self.size {
            return Err("the page is cut short");
        }
        let short = "the page has no head";
        let stamp = bytes::u64_at(page, self.stamp).ok_or(short)?;
        let commit = match self.commit_size {
            4 => bytes::u32_at(page, self.commit).map(u64::from),
            _ => bytes::u64_at(page, self.commit),
        };
        let commit = commit.ok_or(short)?;
        let len = usize::try_from(commit & BYTES).map_err(|_| short)?;
        let end = self.data + len;
        if end > self.size {
            return Err("the page says that it holds more than fits");
        }
        let lost = (commit & MISSED != 0).then(|| {
            // The count, a `long`, follows the records where there is room.
            let count = (commit & STORED != 0).then(|| bytes::word_at(page, end, self.commit_size)).flatten();
            count.map_or(Lost::Some, Lost::Count)
        });
        Ok(Page { stamp, start: self.data, end, lost })
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    pub(crate) const HEADER_PAGE: &str = "\tfield: u64 timestamp;\toffset:0;\tsize:8;\tsigned:0;\n\
        \tfield: local_t commit;\toffset:8;\tsize:8;\tsigned:1;\n\
        \tfield: int overwrite;\toffset:8;\tsize:1;\tsigned:1;\n\
        \tfield: char data;\toffset:16;\tsize:4080;\tsigned:0;\n";

    fn page(commit: u64, data: &[u8]) -> Vec<u8> {
        let mut page = vec![0; 4096];
        page[..8].copy_from_slice(&77u64.to_le_bytes());
        page[8..16].copy_from_slice(&commit.to_le_bytes());
        page[16..16 + data.len()].copy_from_slice(data);
        page
    }

    #[test]
    fn pages() {
        let layout = Layout::parse(HEADER_PAGE).unwrap();
        assert_eq!(layout.size(), 4096);
        let mut data = [0; 24];
        data[16..].copy_from_slice(&5u64.to_le_bytes());
        let right = |end, lost| Ok(Page { stamp: 77, start: 16, end, lost });
        let (missed, counted) = (1 << 31, 1 << 31 | 1 << 30);
        let table = [
            (0, 0, right(16, None)),
            (4080, 0, right(4096, None)),
            (16, missed, right(32, Some(Lost::Some))),
            (16, counted, right(32, Some(Lost::Count(5)))),
            (4080, counted, right(4096, Some(Lost::Some))),
            (4081, 0, Err("the page says that it holds more than fits")),
        ];
        for (bytes, flags, want) in table {
            assert_eq!(layout.page(&page(bytes | flags, &data)), want, "{bytes} {flags:#x}");
        }
        assert!(layout.page(&[0; 100]).is_err());
    }

    #[test]
    fn absurd_layouts() {
        for (what, to) in [
            ("timestamp", "stamp"),
            ("size:4080", "size:99999999999"),
            ("size:4080", "size:0"),
            ("offset:16", "offset:8"),
            ("local_t commit;\toffset:8;\tsize:8", "local_t commit;\toffset:8;\tsize:3"),
            ("offset:0;", "offset:18446744073709551615;"),
        ] {
            assert!(Layout::parse(&HEADER_PAGE.replace(what, to)).is_err(), "{what} {to}");
        }
        assert!(Layout::parse("").is_err());
    }
}
