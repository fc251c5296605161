//! The one end that all rings have: entries, merged by time.

use crate::item::{self, ItemKind};
use crate::rings::{Inner, here};
use crate::slot::{FREE, LANES, Lanes, RETIRED};
use crate::{Entry, Kind, clock};
use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

/// A thread's mark may lie in its processor's store buffer for a while after the time was read: far less than this.
const SLACK: u64 = 100_000;
/// No thread holds the others' entries back for longer: one that was taken off its processor within a record for longer
/// gives a late one.
const HOLDBACK: u64 = 10_000_000;
/// A thread that is running has done with its record after so many looks; one that has not is not running.
const LOOKS: usize = 64;

/// What a [`Consumer::drain`] came to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Drained {
    /// Entries that were given out.
    pub entries: usize,
    /// Of those, records that came out after younger ones.
    pub late: usize,
    /// Whether there are entries that are too young to be given out: come again, within 10 ms.
    pub more: bool,
}

/// The end of all rings where entries come out, from [`Rings::consumer`](crate::Rings::consumer).
#[derive(Debug)]
pub struct Consumer {
    inner: Arc<Inner>,
    generation: u32,
    streams: Vec<Stream>,
    heap: BinaryHeap<Reverse<(u64, usize)>>,
    /// The time of the last entry.
    last: u64,
    /// When rings were last looked at.
    looked: u64,
    /// The last drain gave nothing, though there was something.
    stuck: bool,
}

/// What the consumer knows of a ring.
#[derive(Debug, Default)]
struct Stream {
    /// The next item.
    at: u64,
    /// Behind the last item that is whole.
    head: u64,
    /// What was given back to the producer.
    freed: u64,
    /// When it was last seen that any record to come would be younger.
    since: u64,
}

impl Consumer {
    pub(crate) fn new(inner: Arc<Inner>) -> Self {
        let generation = inner.generation.load(Ordering::Relaxed);
        Self {
            inner,
            generation,
            streams: Vec::new(),
            heap: BinaryHeap::new(),
            last: 0,
            looked: 0,
            stuck: false,
        }
    }

    /// Gives out what is old enough that nothing older can come, in order of time.
    ///
    /// Rings are looked at first, so that an end is in sight however fast threads are. A thread that is in the middle of a
    /// record holds younger entries back, by 10 ms at most. Where the rings drop (or wait for less than 20 ms), and one is
    /// more than half full, what it takes to bring it below is given out nevertheless, in order of what is there; what
    /// comes out late is flagged and counted. Where threads wait, they wait.
    ///
    /// A loss stands before the record that comes after it, and if none has come, at the end.
    pub fn drain(&mut self, f: impl FnMut(Entry<'_>)) -> Drained {
        self.take(false, f)
    }

    /// Gives out everything, however young: for the end, when threads no longer push.
    pub fn drain_all(&mut self, f: impl FnMut(Entry<'_>)) -> Drained {
        self.take(true, f)
    }

    /// Sleeps until a ring is half full, a thread waits, [`Rings::wake`](crate::Rings::wake) is called, or `max` is over.
    pub fn sleep(&mut self, max: Duration) {
        self.inner.consuming.store(here(), Ordering::Relaxed);
        // what is held back does not become older by looking at it
        let max = if self.stuck { max.min(Duration::from_micros(100)) } else { max };
        let inner = &self.inner;
        let awake = || {
            let half = inner.size as u64 / 2;
            !self.stuck
                && inner.life().load(Ordering::Relaxed) == 1
                && inner.used().any(|index| {
                    let ring = inner.ring(index);
                    ring.circle().filled() > half || ring.private.wait.0.is_waiting()
                })
        };
        inner.bell.sleep(max, awake);
    }

    fn take(&mut self, all: bool, mut f: impl FnMut(Entry<'_>)) -> Drained {
        let mut drained = Drained::default();
        let inner = Arc::clone(&self.inner);
        if inner.life().load(Ordering::Relaxed) != 1
            || inner.generation.load(Ordering::Relaxed) != self.generation
        {
            return drained;
        }
        inner.consuming.store(here(), Ordering::Relaxed);
        let now = clock::monotonic();
        let horizon = self.look(now);
        let horizon = if all { u64::MAX } else { horizon };
        let wait = inner.wait.load(Ordering::Relaxed);
        // rings that would drop soon
        let half = if wait < 2 * HOLDBACK { inner.size as u64 / 2 } else { u64::MAX };
        let mut pressed = self.streams.iter().filter(|stream| stream.left() > half).count();
        self.heap.clear();
        for index in 0..self.streams.len() {
            if let Some(time) = self.next(&inner, index) {
                self.heap.push(Reverse((time, index)));
            }
        }
        while let Some(Reverse((mut time, index))) = self.heap.pop() {
            // as long as this ring has the oldest, the others need not be asked
            let other = self.heap.peek().map_or(u64::MAX, |Reverse((time, _))| *time);
            loop {
                if time > horizon && pressed == 0 {
                    drained.more = true;
                    break;
                }
                let before = self.streams[index].left() > half;
                self.give(&inner, index, &mut drained, &mut f);
                if before && self.streams[index].left() <= half {
                    pressed -= 1;
                }
                let Some(next) = self.next(&inner, index) else { break };
                time = next;
                if time > other {
                    self.heap.push(Reverse((time, index)));
                    break;
                }
            }
            if drained.more {
                break;
            }
        }
        self.finish(&inner, now.saturating_sub(SLACK).min(horizon), &mut drained, &mut f);
        inner.late.fetch_add(drained.late as u64, Ordering::Relaxed);
        self.stuck = drained.more && drained.entries == 0;
        drained
    }

    /// Looks at all rings, and says up to which time nothing can be missing.
    fn look(&mut self, now: u64) -> u64 {
        let inner = &self.inner;
        let mut horizon = now;
        for index in inner.used() {
            if index == self.streams.len() {
                let at = inner.ring(index).head.shared.tail.0.load(Ordering::Relaxed);
                self.streams.push(Stream { at, head: at, freed: at, since: 0 });
            }
            let stream = &mut self.streams[index];
            if inner.slots[index].owner.load(Ordering::Acquire) == FREE {
                // whoever takes it now is younger than this look
                stream.since = now;
                continue;
            }
            let ring = inner.ring(index);
            let circle = ring.circle();
            let (mut busy, mut head) = circle.look();
            let first = head;
            for _ in 0..LOOKS {
                if !busy {
                    break;
                }
                std::hint::spin_loop();
                (busy, head) = circle.look();
                // what was being added is whole, and what is being added now began behind the first look
                busy &= head == first;
            }
            if !busy {
                stream.since = now;
            } else if head != stream.head {
                // likewise, since the last look
                stream.since = stream.since.max(self.looked);
            }
            stream.head = head;
            if head.wrapping_sub(stream.at) > ring.size as u64 {
                // a ring that someone else has written to: nothing in it can be believed
                stream.at = head;
            }
            horizon = horizon.min(stream.since);
        }
        self.looked = now;
        horizon.max(now.saturating_sub(HOLDBACK)).saturating_sub(SLACK)
    }

    /// The time of a ring's next item.
    fn next(&mut self, inner: &Inner, index: usize) -> Option<u64> {
        let stream = &mut self.streams[index];
        while stream.left() > 0 {
            match item::parse(stream.bytes(inner, index)) {
                Ok(item) if item.kind == ItemKind::Pad => stream.at += item.whole as u64,
                Ok(item) => return Some(item.time),
                // written to by someone else, or wiped: this is a child that was forked within this very call
                Err(_) => stream.at = stream.head,
            }
        }
        None
    }

    /// Gives a ring's next item out.
    fn give(&mut self, inner: &Inner, index: usize, drained: &mut Drained, f: &mut impl FnMut(Entry<'_>)) {
        let stream = &mut self.streams[index];
        let bytes = stream.bytes(inner, index);
        let Ok(item) = item::parse(bytes) else { return };
        stream.at += item.whole as u64;
        let slot = &inner.slots[index];
        let late = item.time < self.last;
        self.last = self.last.max(item.time);
        let mut entry = Entry {
            time: item.time,
            tid: slot.tid.load(Ordering::Relaxed),
            lanes: item.lanes,
            kind: Kind::Lost(0),
            late,
        };
        let payload = &bytes[item.payload];
        if item.kind == ItemKind::Record {
            entry.kind = Kind::Record(payload);
            drained.entries += 1;
            drained.late += usize::from(late);
            f(entry);
        } else {
            for (bit, _, all) in item::losses(item.lanes, payload) {
                let told = slot.told[bit.trailing_zeros() as usize].fetch_max(all, Ordering::Relaxed);
                if all > told {
                    drained.entries += 1;
                    f(Entry { lanes: bit, kind: Kind::Lost(all - told), ..entry });
                }
            }
        }
        if stream.at - stream.freed >= inner.size as u64 / 8 {
            stream.give_back(inner, index);
        }
    }

    /// Gives back what is left to be given back, tells what was lost with nothing behind it, and lets go of rings whose
    /// threads have ended.
    fn finish(&mut self, inner: &Inner, time: u64, drained: &mut Drained, f: &mut impl FnMut(Entry<'_>)) {
        let time = time.max(self.last);
        let mut told = false;
        let mut tell = |tid, lost: [u64; LANES], told_before: &Lanes| {
            for (lane, (all, told_before)) in lost.into_iter().zip(told_before).enumerate() {
                let before = told_before.fetch_max(all, Ordering::Relaxed);
                if all > before {
                    drained.entries += 1;
                    told = true;
                    f(Entry { time, tid, lanes: 1 << lane, kind: Kind::Lost(all - before), late: false });
                }
            }
        };
        for (index, stream) in self.streams.iter_mut().enumerate() {
            if stream.at != stream.freed {
                stream.give_back(inner, index);
            }
            let slot = &inner.slots[index];
            let owner = slot.owner.load(Ordering::Acquire);
            let ring = inner.ring(index);
            if owner == FREE {
                continue;
            }
            let lost = now(&ring.private.lost);
            // in this order: what was lost behind a record that came meanwhile is told behind that record
            if ring.circle().look().1 != stream.at {
                continue;
            }
            tell(slot.tid.load(Ordering::Relaxed), lost, &slot.told);
            if owner == RETIRED {
                inner.free(index);
            }
        }
        tell(0, now(&inner.ringless), &inner.ringless_told);
        if told {
            self.last = time;
        }
    }
}

/// What the counts are.
fn now(counts: &Lanes) -> [u64; LANES] {
    std::array::from_fn(|lane| counts[lane].load(Ordering::Acquire))
}

impl Stream {
    /// The bytes that are whole and not yet given out.
    fn left(&self) -> u64 {
        self.head - self.at
    }

    /// Those of them that lie in one piece.
    fn bytes<'a>(&self, inner: &'a Inner, index: usize) -> &'a [u8] {
        let ring = inner.ring(index);
        let start = ring.index(self.at);
        let len = usize::try_from(self.left()).unwrap_or(usize::MAX).min(ring.size - start);
        // SAFETY: the bytes lie in the ring, and until the tail is moved behind them the producer does not write there.
        unsafe { std::slice::from_raw_parts(ring.address(self.at), len) }
    }

    /// Lets the producer have what has been given out.
    fn give_back(&mut self, inner: &Inner, index: usize) {
        let ring = inner.ring(index);
        ring.circle().free(self.at);
        self.freed = self.at;
        ring.make_room_known();
    }
}

impl Drop for Consumer {
    fn drop(&mut self) {
        if self.inner.generation.load(Ordering::Relaxed) == self.generation {
            self.inner.consuming.store(0, Ordering::Relaxed);
            self.inner.consumer.store(0, Ordering::Release);
        }
    }
}
