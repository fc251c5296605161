//! All rings of a process: who has which, what was lost, and the bell that wakes the consumer.

use crate::bell::Bell;
use crate::circle::Refused;
use crate::consumer::Consumer;
use crate::memory::Map;
use crate::options::nanoseconds;
use crate::producer::Producer;
use crate::slot::{FREE, HEAD, Head, LANES, Lanes, PRIVATE, Private, RETIRED, Ring, Slot, reason};
use crate::{Error, Full, Options, clock, file};
use rustix::io::Errno;
use rustix::thread::futex;
use std::fs::File;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;

/// A thread that comes has so many bytes faulted in at once; the rest is [`Rings::maintain`]'s.
const FIRST: usize = 1 << 20;
/// One call of [`Rings::maintain`] faults in so many bytes at most.
const MAINTAIN: usize = 8 << 20;

/// All rings of a process. A clone is the same rings.
#[derive(Clone, Debug)]
pub struct Rings {
    pub(crate) inner: Arc<Inner>,
}

/// Records that were lost, by reason. A record that was for several lanes counts once.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Losses {
    /// The ring was full.
    pub full: u64,
    /// The record was longer than a quarter of the ring.
    pub too_long: u64,
    /// A signal handler's, which interrupted its thread within a record.
    pub nested: u64,
    /// The thread had no ring (any more): [`Rings::lose`], and pushes after a fork.
    pub closed: u64,
}

#[derive(Debug)]
pub(crate) struct Inner {
    pub size: usize,
    pub overwrite: bool,
    /// Two pages and a page a ring: zeros in a forked child. The first word says that it is none.
    private: Map,
    data: Map,
    /// Where the first ring lies in `data`.
    first: usize,
    file: Option<File>,
    pub slots: Box<[Slot]>,
    /// Rings behind this one were never anyone's.
    high: AtomicUsize,
    frees: AtomicU64,
    /// How long a producer may wait, in nanoseconds.
    pub wait: AtomicU64,
    pub bell: Bell,
    /// The owner of the consumer: forks make a new one possible.
    pub consumer: AtomicUsize,
    /// The thread that last used it, which must not wait for itself.
    pub consuming: AtomicUsize,
    pub generation: AtomicU32,
    /// Lost without a ring, a lane and in all, and of those told.
    pub ringless: Lanes,
    pub ringless_told: Lanes,
    /// A reason each.
    ringless_records: [AtomicU64; 4],
    pub late: AtomicU64,
    /// Why a thread last got no ring: an errno.
    refused: AtomicU32,
}

impl Rings {
    /// Rings in memory that is this process's alone.
    ///
    /// # Errors
    ///
    /// [`Error::Options`] for impossible sizes, [`Error::Memory`] if the system has no address space.
    pub fn new(options: Options) -> Result<Self, Error> {
        let (size, count) = options.layout()?;
        Self::on(Map::anonymous(count * (HEAD + size))?, 0, None, options)
    }

    /// Rings in a mapping of which they begin at `first`.
    pub(crate) fn on(data: Map, first: usize, file: Option<File>, options: Options) -> Result<Self, Error> {
        let (size, count) = options.layout()?;
        clock::monotonic();
        clock::realtime();
        let inner = Inner {
            size,
            overwrite: options.full == Full::Overwrite,
            private: Map::anonymous((1 + count) * PRIVATE)?,
            data,
            first,
            file,
            slots: (0..count).map(|_| Slot::default()).collect(),
            high: AtomicUsize::new(0),
            frees: AtomicU64::new(0),
            wait: AtomicU64::new(options.wait()),
            bell: Bell::default(),
            consumer: AtomicUsize::new(0),
            consuming: AtomicUsize::new(0),
            generation: AtomicU32::new(0),
            ringless: Default::default(),
            ringless_told: Default::default(),
            ringless_records: Default::default(),
            late: AtomicU64::new(0),
            refused: AtomicU32::new(0),
        };
        inner.life().store(1, Ordering::Relaxed);
        let rings = Self { inner: Arc::new(inner) };
        rings.inner.populate(0, FIRST).map_err(|errno| Error::Memory {
            call: "making the first ring (fallocate, madvise)",
            source: errno.into(),
        })?;
        Ok(rings)
    }

    /// A ring for the calling thread, whose number is `tid`: `None` if there are as many threads as `total` has room for,
    /// if the system has no memory ([`Rings::refused`]), or in a forked child before [`Rings::forked`]. What the thread
    /// then has to say is to be given to [`Rings::lose`].
    ///
    /// Takes no lock. Makes the system calls madvise(2), and fallocate(2) for a file, where no ring lies ready. Where rings are
    /// left that the consumer has to empty first, and threads may wait, it waits for one.
    #[must_use]
    pub fn producer(&self, tid: u32) -> Option<Producer> {
        let inner = &self.inner;
        let me = here();
        let mut since = None;
        while inner.life().load(Ordering::Relaxed) == 1 {
            let Some((best, freed)) = inner.free_slot() else {
                if inner.wait_for_slot(&mut since) {
                    continue;
                }
                return None;
            };
            let slot = &inner.slots[best];
            if slot.owner.compare_exchange(FREE, me, Ordering::Acquire, Ordering::Relaxed).is_err() {
                continue;
            }
            if inner.overwrite && slot.freed.load(Ordering::Relaxed) != freed {
                // another thread has had it since it was chosen, and what that one did is worth more than what is older
                slot.owner.store(FREE, Ordering::Release);
                continue;
            }
            inner.high.fetch_max(best + 1, Ordering::Release);
            if let Err(errno) = inner.populate(best, FIRST) {
                inner.refused.store(errno.raw_os_error().cast_unsigned(), Ordering::Relaxed);
                slot.owner.store(FREE, Ordering::Release);
                return None;
            }
            let ring = inner.ring(best);
            if inner.overwrite {
                // what is still there is another thread's
                ring.circle().discard();
            }
            slot.tid.store(tid, Ordering::Relaxed);
            ring.head.tid.store(tid, Ordering::Release);
            ring.circle().open();
            return Some(Producer::new(Arc::clone(inner), best));
        }
        None
    }

    /// The one consumer, unless there is one, or the rings overwrite, or this is a forked child whose parent has the file.
    #[must_use]
    pub fn consumer(&self) -> Option<Consumer> {
        let inner = &self.inner;
        if inner.overwrite || inner.life().load(Ordering::Relaxed) != 1 {
            return None;
        }
        inner.consumer.compare_exchange(0, 1, Ordering::Acquire, Ordering::Relaxed).ok()?;
        Some(Consumer::new(Arc::clone(inner)))
    }

    /// Counts a record that came to no ring: [`Refused::Closed`] where the thread has none.
    pub fn lose(&self, lanes: u32, why: Refused) {
        self.inner.lose(lanes, why);
    }

    /// How many records a lane has lost in all, nested ones and those of threads without ring included.
    #[must_use]
    pub fn lost(&self, lane: u32) -> u64 {
        let lane = lane as usize % LANES;
        let rings =
            self.inner.used().map(|index| self.inner.ring(index).private.lost[lane].load(Ordering::Relaxed));
        rings.sum::<u64>() + self.inner.ringless[lane].load(Ordering::Relaxed)
    }

    /// How many records were lost in all, by reason.
    #[must_use]
    pub fn losses(&self) -> Losses {
        let sum = |refused| {
            let count =
                |index| self.inner.ring(index).private.reasons[reason(refused)].load(Ordering::Relaxed);
            let ringless = self.inner.ringless_records[reason(refused)].load(Ordering::Relaxed);
            self.inner.used().map(count).sum::<u64>() + ringless
        };
        Losses {
            full: sum(Refused::Full),
            too_long: sum(Refused::TooLong),
            nested: sum(Refused::Nested),
            closed: sum(Refused::Closed),
        }
    }

    /// How many records came out after younger ones.
    #[must_use]
    pub fn late(&self) -> u64 {
        self.inner.late.load(Ordering::Relaxed)
    }

    /// Why the system last had no memory for a thread's ring.
    #[must_use]
    pub fn refused(&self) -> Option<std::io::Error> {
        let errno = self.inner.refused.load(Ordering::Relaxed).cast_signed();
        (errno != 0).then(|| std::io::Error::from_raw_os_error(errno))
    }

    /// How long a full ring may hold its thread up from now on: not at all (`Some(ZERO)`), or for ever (`None`). Whoever
    /// waits now is told. Rings that overwrite never wait.
    pub fn set_wait(&self, bound: Option<Duration>) {
        self.inner.wait.store(nanoseconds(bound), Ordering::SeqCst);
        for index in self.inner.used() {
            self.inner.ring(index).make_room_known();
        }
    }

    /// Wakes the consumer. May be called from a signal handler.
    pub fn wake(&self) {
        self.inner.bell.wake();
    }

    /// Faults in memory for the threads that are there and one that may come, 8 MiB at most: says whether there is more
    /// to do. To be called now and then by a thread that may be held up, such as the consumer's. Before Linux 5.14 it does
    /// nothing, and rings are faulted in as they fill.
    #[must_use]
    pub fn maintain(&self) -> bool {
        let inner = &self.inner;
        if inner.life().load(Ordering::Relaxed) != 1 {
            return false;
        }
        let mut left = MAINTAIN;
        let spare = inner.free_slot().map(|(index, _)| index);
        for index in inner.used().chain(spare) {
            let slot = &inner.slots[index];
            let goal =
                if slot.owner.load(Ordering::Relaxed) > RETIRED { inner.size } else { FIRST.min(inner.size) };
            let has = slot.populated.load(Ordering::Relaxed);
            if has >= goal || (has == 0 && Some(index) != spare) {
                continue;
            }
            if left == 0 {
                return true;
            }
            let more = left.min(goal - has);
            left -= more;
            if inner.populate(index, has + more).is_err() {
                // who comes for a ring finds the same error, and tells it; trying again at once would help nobody
                return false;
            }
        }
        false
    }

    /// To be called in a forked child, by the thread that forked, before other threads use the rings: they are empty then,
    /// nothing was lost, and there may be a consumer again. A [`Producer`] from before the fork stays closed; drop it and
    /// take another. Rings in a file stay the parent's: the child gets none.
    ///
    /// Without this call a child's pushes are refused and counted, whatever the moment of the fork.
    pub fn forked(&self) {
        let inner = &self.inner;
        if inner.life().load(Ordering::Relaxed) == 1 {
            return;
        }
        inner.generation.fetch_add(1, Ordering::Relaxed);
        let me = here();
        for slot in &inner.slots {
            if slot.owner.load(Ordering::Relaxed) != me {
                slot.owner.store(FREE, Ordering::Relaxed);
            }
            slot.populated.store(0, Ordering::Relaxed);
            for count in &slot.told {
                count.store(0, Ordering::Relaxed);
            }
        }
        for count in inner.ringless.iter().chain(&inner.ringless_told).chain(&inner.ringless_records) {
            count.store(0, Ordering::Relaxed);
        }
        inner.late.store(0, Ordering::Relaxed);
        inner.bell.forked();
        inner.consumer.store(0, Ordering::Relaxed);
        inner.consuming.store(0, Ordering::Relaxed);
        if inner.file.is_none() {
            inner.life().store(1, Ordering::Release);
        }
    }
}

impl Inner {
    /// 1, but 0 in a forked child.
    pub(crate) fn life(&self) -> &AtomicU32 {
        // SAFETY: the mapping starts with a page that is for this word alone, and lives as long as `self`.
        unsafe { self.private.at(0, size_of::<AtomicU32>()).cast().as_ref() }
    }

    /// A ring's memory.
    #[inline]
    pub(crate) fn ring(&self, index: usize) -> Ring<'_> {
        let private = self.private.at((1 + index) * PRIVATE, PRIVATE).cast::<Private>();
        let start = self.data_offset(index);
        let head = self.data.at(start, HEAD + self.size).cast::<Head>();
        Ring {
            // SAFETY: the page is for this struct, of atomics only, for which zeros are a value; it lives as long as self.
            private: unsafe { private.as_ref() },
            // SAFETY: as above.
            head: unsafe { head.as_ref() },
            data: self.data.at(start + HEAD, self.size).as_ptr(),
            size: self.size,
            overwrite: self.overwrite,
        }
    }

    /// Where a ring lies in its mapping, and so in the file.
    pub(crate) fn data_offset(&self, index: usize) -> usize {
        self.first + index * (HEAD + self.size)
    }

    /// The rings that were ever anyone's.
    pub(crate) fn used(&self) -> std::ops::Range<usize> {
        0..self.high.load(Ordering::Acquire)
    }

    /// The ring that the next thread is to have: the one that was free for the longest if old records are worth keeping,
    /// else one whose memory is there. And when it became free, by the count of those that did.
    fn free_slot(&self) -> Option<(usize, u64)> {
        let free =
            self.slots.iter().enumerate().filter(|(_, slot)| slot.owner.load(Ordering::Relaxed) == FREE);
        let keys = free.map(|(index, slot)| {
            let freed = if self.overwrite { slot.freed.load(Ordering::Relaxed) } else { 0 };
            (freed, slot.populated.load(Ordering::Relaxed) == 0, index)
        });
        keys.min().map(|(freed, _, index)| (index, freed))
    }

    /// Lets a little time go by if the consumer is about to free a ring whose thread has ended, and a thread may wait for that:
    /// since `since`. Threads that are there keep theirs, and nobody knows for how long.
    fn wait_for_slot(&self, since: &mut Option<u64>) -> bool {
        const A_LITTLE: futex::Timespec = futex::Timespec { tv_sec: 0, tv_nsec: 100_000 };
        if self.slots.iter().all(|slot| slot.owner.load(Ordering::Relaxed) != RETIRED) {
            // one may have become free just now
            return self.free_slot().is_some();
        }
        self.bell.ring();
        let now = clock::monotonic();
        let waited = now - *since.get_or_insert(now);
        if waited >= self.wait.load(Ordering::Relaxed) || self.consuming.load(Ordering::Relaxed) == here() {
            return false;
        }
        // nobody wakes it
        futex::wait(&AtomicU32::new(0), futex::Flags::PRIVATE, 0, Some(&A_LITTLE)).ok();
        true
    }

    /// Wakes the consumer when a thread has ended and there are not many rings left for those that come.
    pub(crate) fn retired(&self) {
        if self.used().len() > self.slots.len() / 2 {
            self.bell.ring();
        }
    }

    /// Faults in the first `upto` bytes of a ring.
    fn populate(&self, index: usize, upto: usize) -> Result<(), Errno> {
        let slot = &self.slots[index];
        let upto = upto.min(self.size);
        let has = slot.populated.load(Ordering::Acquire);
        if has >= upto {
            return Ok(());
        }
        let start = self.data_offset(index);
        if let (0, Some(file)) = (has, &self.file) {
            file::allocate(file, start, HEAD + self.size)?;
        }
        self.private.populate((1 + index) * PRIVATE, PRIVATE)?;
        let from = if has == 0 { start } else { start + HEAD + has };
        self.data.populate(from, start + HEAD + upto - from)?;
        slot.populated.fetch_max(upto, Ordering::Release);
        Ok(())
    }

    /// Makes a ring the next thread's.
    pub(crate) fn free(&self, index: usize) {
        let slot = &self.slots[index];
        slot.freed.store(self.frees.fetch_add(1, Ordering::Relaxed) + 1, Ordering::Relaxed);
        slot.owner.store(FREE, Ordering::Release);
    }

    pub(crate) fn lose(&self, lanes: u32, why: Refused) {
        self.ringless_records[reason(why)].fetch_add(1, Ordering::Relaxed);
        for (lane, count) in self.ringless.iter().enumerate() {
            if lanes & 1 << lane != 0 {
                count.fetch_add(1, Ordering::Relaxed);
            }
        }
    }
}

impl Ring<'_> {
    /// Lets a producer that waits look again.
    pub(crate) fn make_room_known(&self) {
        let wait = &self.private.wait.0;
        if wait.changed() {
            futex::wake(&wait.room, futex::Flags::PRIVATE, 1).ok();
        }
    }
}

/// The address of a variable of the calling thread's own.
pub(crate) fn here() -> usize {
    thread_local! {
        static HERE: u8 = const { 0 };
    }
    HERE.with(|here| std::ptr::from_ref(here).addr())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Whoever calls `maintain` until there is no more to do must come to an end where the system gives no memory.
    #[test]
    #[cfg_attr(miri, ignore)]
    fn memory_that_cannot_be_had_is_asked_for_once_a_call() {
        let rings = Rings::new(Options { ring: 64 << 20, total: 128 << 20, full: Full::Drop }).unwrap();
        let here = rings.producer(1).unwrap();
        let there = rings.producer(2).unwrap();
        for index in 0..2 {
            let behind = rings.inner.ring(index).address(2 * FIRST as u64);
            // SAFETY: nobody has been there, and nobody is going to be; the mapping is given back whole in the end.
            unsafe { rustix::mm::munmap(behind.cast(), 4096) }.unwrap();
        }
        assert!(!rings.maintain());
        drop((here, there));
    }
}
