//! Copies of rings, merged by time.

use crate::item::{self, ItemKind};
use crate::{Entry, Kind};
use std::cmp::Reverse;
use std::collections::BinaryHeap;

/// What a ring held, from its oldest item on, in one piece.
#[derive(Debug)]
pub(crate) struct Copy {
    pub tid: u32,
    pub bytes: Vec<u8>,
    /// Where the oldest whole item starts.
    pub start: usize,
}

impl Copy {
    /// The next item that tells something, from `at` on, which is moved to it.
    fn next(&self, at: &mut usize) -> Option<Result<item::Item, &'static str>> {
        while *at < self.bytes.len() {
            match item::parse(&self.bytes[*at..]) {
                Ok(item) if item.kind == ItemKind::Pad => *at += item.whole,
                other => return Some(other),
            }
        }
        None
    }
}

/// Gives out the entries of all copies in order of time, and says where the first that is damaged is: which copy, where,
/// and why. Returns how many entries there were.
pub(crate) fn merge(
    copies: &[Copy],
    mut f: impl FnMut(Entry<'_>),
    mut damaged: impl FnMut(usize, usize, &'static str),
) -> usize {
    let mut at: Vec<usize> = copies.iter().map(|copy| copy.start).collect();
    let mut heap = BinaryHeap::with_capacity(copies.len());
    let mut look = |index: usize, at: &mut usize, heap: &mut BinaryHeap<_>| match copies[index].next(at) {
        Some(Ok(item)) => heap.push(Reverse((item.time, index))),
        Some(Err(why)) => damaged(index, *at, why),
        None => {}
    };
    for (index, at) in at.iter_mut().enumerate() {
        look(index, at, &mut heap);
    }
    let mut entries = 0;
    let mut last = 0;
    while let Some(Reverse((time, index))) = heap.pop() {
        let copy = &copies[index];
        let bytes = &copy.bytes[at[index]..];
        let Ok(item) = item::parse(bytes) else { continue };
        let entry = Entry { time, tid: copy.tid, lanes: item.lanes, kind: Kind::Lost(0), late: time < last };
        last = last.max(time);
        let payload = &bytes[item.payload];
        if item.kind == ItemKind::Record {
            entries += 1;
            f(Entry { kind: Kind::Record(payload), ..entry });
        } else {
            for (bit, since, _) in item::losses(item.lanes, payload) {
                entries += 1;
                f(Entry { lanes: bit, kind: Kind::Lost(since), ..entry });
            }
        }
        at[index] += item.whole;
        look(index, &mut at[index], &mut heap);
    }
    entries
}
