//! The records of a page, one after another (include/linux/ring_buffer.h, events/header_event).

use super::bytes;
use std::ops::Range;

/// How far a page has been read.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Cursor {
    at: usize,
    end: usize,
    stamp: u64,
}

/// An event's bytes, within the page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Record {
    pub(crate) stamp: u64,
    pub(crate) payload: Range<usize>,
}

/// The record that could not be read: nothing after it on the page can be either.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Broken {
    pub(crate) stamp: u64,
    /// Bytes of the page that were not read.
    pub(crate) bytes: usize,
}

impl Cursor {
    pub(crate) const fn new(start: usize, end: usize, stamp: u64) -> Self {
        Self { at: start, end, stamp }
    }

    /// The next event; `None` at the page's end.
    pub(crate) fn next(&mut self, page: &[u8]) -> Option<Result<Record, Broken>> {
        let page = &page[..self.end.min(page.len())];
        while self.at < page.len() {
            match self.step(page) {
                Some(Step::Event(payload)) => return Some(Ok(Record { stamp: self.stamp, payload })),
                Some(Step::Skipped) => {}
                Some(Step::End) => break,
                None => {
                    let bytes = page.len() - self.at;
                    self.at = self.end;
                    return Some(Err(Broken { stamp: self.stamp, bytes }));
                }
            }
        }
        self.at = self.end;
        None
    }

    fn step(&mut self, page: &[u8]) -> Option<Step> {
        const PADDING: u32 = 29;
        const TIME_EXTEND: u32 = 30;
        const TIME_STAMP: u32 = 31;
        let head = bytes::u32_at(page, self.at)?;
        let (kind, delta) = (head & 31, u64::from(head >> 5));
        let after = self.at + 4;
        let word = || bytes::u32_at(page, after);
        match kind {
            PADDING if delta == 0 => Some(Step::End),
            PADDING => {
                self.at = inside(page, after, word()? as usize)?.end;
                Some(Step::Skipped)
            }
            TIME_EXTEND => {
                self.stamp = self.stamp.wrapping_add(delta | u64::from(word()?) << 27);
                self.at = after + 4;
                Some(Step::Skipped)
            }
            TIME_STAMP => {
                self.stamp = absolute(delta | u64::from(word()?) << 27, self.stamp);
                self.at = after + 4;
                Some(Step::Skipped)
            }
            _ => {
                let payload = if kind == 0 {
                    // the length counts its own four bytes
                    let length = (word()? as usize).checked_sub(4)?;
                    let payload = inside(page, after + 4, length)?;
                    self.at = payload.end.next_multiple_of(4);
                    payload
                } else {
                    let payload = inside(page, after, kind as usize * 4)?;
                    self.at = payload.end;
                    payload
                };
                self.stamp = self.stamp.wrapping_add(delta);
                Some(Step::Event(payload))
            }
        }
    }
}

enum Step {
    Event(Range<usize>),
    Skipped,
    End,
}

fn inside(page: &[u8], at: usize, len: usize) -> Option<Range<usize>> {
    let end = at.checked_add(len)?;
    (end <= page.len()).then_some(at..end)
}

/// An absolute stamp has 59 bits; those above are as they were before.
fn absolute(stamp: u64, before: u64) -> u64 {
    const LOW: u64 = (1 << 59) - 1;
    let full = stamp & LOW | before & !LOW;
    if before & !LOW != 0 && full < before { full.wrapping_add(LOW + 1) } else { full }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Words as the ring holds them.
    fn page(words: &[u32]) -> Vec<u8> {
        words.iter().flat_map(|word| word.to_le_bytes()).collect()
    }

    fn all(page: &[u8], stamp: u64) -> Vec<Result<(u64, Range<usize>), usize>> {
        let mut cursor = Cursor::new(0, page.len(), stamp);
        std::iter::from_fn(|| cursor.next(page))
            .map(|next| {
                next.map(|record| (record.stamp, record.payload)).map_err(|broken: Broken| broken.bytes)
            })
            .collect()
    }

    /// The first word of a record.
    const fn head(kind: u32, delta: u32) -> u32 {
        kind | delta << 5
    }

    #[test]
    fn every_kind_of_record() {
        type Case<'a> = (&'a str, &'a [u32], &'a [Result<(u64, Range<usize>), usize>]);
        const PADDING: u32 = 29;
        let table: &[Case<'_>] = &[
            ("empty", &[], &[]),
            ("small", &[head(2, 5), 1, 2, head(1, 3), 9], &[Ok((105, 4..12)), Ok((108, 16..20))]),
            ("large", &[head(0, 5), 4 + 8, 1, 2], &[Ok((105, 8..16))]),
            (
                "large and uneven",
                &[head(0, 5), 4 + 5, 1, 2, head(1, 1), 7],
                &[Ok((105, 8..13)), Ok((106, 20..24))],
            ),
            ("extended", &[head(30, 7), 1, head(1, 0), 0], &[Ok((107 + (1 << 27), 12..16))]),
            ("absolute", &[head(31, 7), 2, head(1, 0), 0], &[Ok((7 + (2 << 27), 12..16))]),
            ("end", &[PADDING, 1, 2, 3], &[]),
            ("discarded", &[head(PADDING, 5), 8, 0, head(1, 2), 7], &[Ok((102, 16..20))]),
            ("past the end", &[head(3, 5), 1, 2], &[Err(12)]),
            ("long past the end", &[0, u32::MAX, 1, 2], &[Err(16)]),
            ("shorter than its length", &[0, 3, 1, 2], &[Err(16)]),
            ("no word", &[30], &[Err(4)]),
            ("padding past the end", &[head(PADDING, 5), 400, 1], &[Err(12)]),
        ];
        for &(name, words, want) in table {
            assert_eq!(all(&page(words), 100), want, "{name}");
        }
    }

    #[test]
    fn absolute_stamps_keep_the_high_bits() {
        let high = 1 << 60;
        assert_eq!(absolute(5, 0), 5);
        assert_eq!(absolute(0x50, high + 0x40), high + 0x50);
        assert_eq!(absolute(0x5, high + 0x40), high + 0x5 + (1 << 59));
    }
}
