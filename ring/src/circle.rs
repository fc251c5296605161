//! The lock-free part: who may touch which bytes of a ring when. It knows positions, never bytes; `tests/loom.rs` builds
//! this file with loom's atomics and tries every order of events.
//!
//! A position counts bytes from the ring's beginning and only grows; its low bits are the place in memory. The producer
//! owns everything but `tail..head`. Where the ring waits or drops, the consumer moves `tail`; where it overwrites, the
//! producer does, before it writes there.

use crate::sync::{AtomicU32, AtomicU64, Ordering, Own, compiler_fence, fence, spin_loop};
use Ordering::{Acquire, Relaxed, Release, SeqCst};

/// A ring is this many blocks. The producer stops at each border of two, and there looks after everything that is not
/// done for each record: the other side's position, the end of memory, the sleeping consumer, losses to be told.
pub(crate) const BLOCKS: u64 = 64;
#[allow(clippy::cast_possible_truncation)] // it is 64
const STARTS: usize = BLOCKS as usize;

/// No producer, or a forked child: the memory is zeros then.
pub(crate) const CLOSED: u32 = 0;
/// The producer is somewhere else.
pub(crate) const IDLE: u32 = 1;
/// The producer is adding a record, whose time may have been read.
pub(crate) const BUSY: u32 = 2;
/// The producer waits for space; its record's time has not been read.
pub(crate) const WAITING: u32 = 3;

/// Why a record was lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refused {
    /// The ring was full, and stayed so for as long as its thread may wait.
    Full,
    /// The record was longer than a quarter of the ring.
    TooLong,
    /// The thread was in the middle of another record: this came from a signal handler.
    Nested,
    /// The ring belongs to the process that forked this one, or its thread has ended.
    Closed,
}

/// The producer's own side. Never in a file: it is wiped in a forked child, which closes the ring there at once.
#[repr(C, align(128))]
#[derive(Debug, Default)]
pub(crate) struct Control {
    /// CLOSED, IDLE, BUSY or WAITING.
    pub mark: AtomicU32,
    /// Lanes whose losses were not yet told in the ring.
    pub untold: AtomicU32,
    /// Where the next item goes.
    head: Own,
    /// A record that ends up to here needs no look at anything else.
    limit: Own,
    /// The next border of blocks that no item is known to start at or behind.
    border: Own,
}

/// Where the first item at or behind each of the last borders starts. The producer's own as well.
pub(crate) type Starts = [Own; STARTS];

/// A cache line of its own, and the one that is fetched with it.
#[repr(C, align(128))]
#[derive(Debug, Default)]
pub(crate) struct Line<T>(pub T);

/// What both sides see. In a file it is what a reader finds.
#[repr(C)]
#[derive(Debug, Default)]
pub(crate) struct Shared {
    /// Up to here items are whole.
    pub head: Line<AtomicU64>,
    /// From here on they are kept.
    pub tail: Line<AtomicU64>,
}

/// How a producer waits for room.
#[repr(C)]
#[derive(Debug, Default)]
pub(crate) struct Wait {
    /// Changes when the consumer has made room for one that waits: what the producer sleeps on.
    pub room: AtomicU32,
    waiting: AtomicU32,
}

/// A ring's positions.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Circle<'a> {
    pub control: &'a Control,
    pub starts: &'a Starts,
    pub shared: &'a Shared,
    /// A power of two.
    pub size: u64,
    pub overwrite: bool,
}

impl Circle<'_> {
    /// The producer begins a record. What a signal handler may still do on this thread until `leave` is to be refused.
    #[inline]
    pub(crate) fn enter(&self) -> Result<(), Refused> {
        let mark = self.control.mark.load(Relaxed);
        if mark != IDLE {
            return Err(if mark == CLOSED { Refused::Closed } else { Refused::Nested });
        }
        self.control.mark.store(BUSY, Relaxed);
        // the time is read behind this, and a handler that comes from here on sees the mark
        compiler_fence(SeqCst);
        Ok(())
    }

    /// Where the next item goes, if it may be `need` bytes without a look at anything.
    #[inline]
    pub(crate) fn place(&self, need: u64) -> Option<u64> {
        let head = self.control.head.load(Relaxed);
        (head + need <= self.control.limit.load(Relaxed)).then_some(head)
    }

    /// Where the next item goes, when there is something to look after first. `pad` is told to fill so many bytes at a
    /// position. Refused as `Full`, nothing has happened yet.
    pub(crate) fn gate(&self, need: u64, pad: impl FnOnce(u64, u64)) -> Result<u64, Refused> {
        let head = self.control.head.load(Relaxed);
        self.note(head);
        let left = self.size - (head & (self.size - 1));
        let skip = if need > left { left } else { 0 };
        let end = head + skip + need;
        if need > self.size / 2 {
            return Err(Refused::TooLong);
        }
        let mut tail = self.shared.tail.0.load(Acquire);
        if end.wrapping_sub(tail) > self.size {
            if !self.overwrite {
                return Err(Refused::Full);
            }
            tail = self.forget(end - self.size, tail);
        }
        if skip > 0 {
            pad(head, skip);
            self.append(head + skip);
        }
        let at = head + skip;
        let border = self.control.border.load(Relaxed);
        let memory = (at | (self.size - 1)) + 1;
        // a record that crosses a border has the next one stop here, where that border is noted
        let limit = if end > border { 0 } else { border.min(memory).min(tail.saturating_add(self.size)) };
        self.control.limit.store(limit, Relaxed);
        Ok(at)
    }

    /// Gives up what lies before `from`, and a little more, so that `tail` stays where an item starts.
    fn forget(&self, from: u64, tail: u64) -> u64 {
        let block = self.size / BLOCKS;
        let start = self.start(from.next_multiple_of(block)).load(Relaxed);
        let tail = start.max(tail);
        self.shared.tail.0.store(tail, Relaxed);
        // who copies bytes that are written behind this finds, looking again, that they are given up
        fence(Release);
        tail
    }

    /// Keeps in mind that an item starts at `at`, for the borders that lie before.
    fn note(&self, at: u64) {
        let block = self.size / BLOCKS;
        let mut border = self.control.border.load(Relaxed);
        if border > at {
            return;
        }
        // further back than the ring is long nobody asks
        border = border.max(at.saturating_sub(self.size).next_multiple_of(block));
        while border <= at {
            self.start(border).store(at, Relaxed);
            border += block;
        }
        self.control.border.store(border, Relaxed);
    }

    /// The start that is kept for a border.
    #[allow(clippy::cast_possible_truncation)] // it is less than 64
    fn start(&self, border: u64) -> &Own {
        &self.starts[(border / (self.size / BLOCKS) % BLOCKS) as usize]
    }

    /// Puts an item that is whole before the reader, and notes where the next one starts.
    pub(crate) fn append(&self, to: u64) {
        self.publish(to);
        self.note(to);
    }

    /// Puts an item that is whole before the reader.
    #[inline]
    pub(crate) fn publish(&self, to: u64) {
        self.control.head.store(to, Relaxed);
        self.shared.head.0.store(to, Release);
    }

    /// Whether this is still the process in which the record was begun.
    #[inline]
    pub(crate) fn is_entered(&self) -> bool {
        compiler_fence(SeqCst);
        self.control.mark.load(Relaxed) == BUSY
    }

    /// The producer has done with a record.
    #[inline]
    pub(crate) fn leave(&self) {
        compiler_fence(SeqCst);
        self.control.mark.store(IDLE, Release);
    }

    /// Has the next record look after everything.
    pub(crate) fn stop(&self) {
        self.control.limit.store(0, Relaxed);
    }

    /// Gives up what an overwriting ring still holds.
    pub(crate) fn discard(&self) {
        self.shared.tail.0.store(self.control.head.load(Relaxed), Relaxed);
        fence(Release);
    }

    /// Makes the ring its new producer's.
    pub(crate) fn open(&self) {
        let head = self.control.head.load(Relaxed);
        self.note(head);
        self.stop();
        self.control.mark.store(IDLE, Release);
    }

    /// The producer goes. Its items stay.
    pub(crate) fn close(&self) {
        self.control.mark.store(CLOSED, Release);
    }

    /// The producer, in the middle of a record, is about to wait for room.
    pub(crate) fn wait(&self) {
        self.control.mark.store(WAITING, Release);
    }

    /// The producer goes on with its record; false if it is in a forked child.
    pub(crate) fn resume(&self) -> bool {
        let same = self.control.mark.load(Relaxed) == WAITING;
        if same {
            self.control.mark.store(BUSY, Relaxed);
            compiler_fence(SeqCst);
        }
        same
    }

    /// The bytes that wait for the consumer.
    pub(crate) fn filled(&self) -> u64 {
        self.shared.head.0.load(Relaxed).saturating_sub(self.shared.tail.0.load(Relaxed))
    }

    /// The consumer's look: whether a record is being added whose time may have been read, and up to where items are
    /// whole. If none is, all that are older than this look lie before that position.
    pub(crate) fn look(&self) -> (bool, u64) {
        let busy = self.control.mark.load(Acquire) == BUSY;
        (busy, self.shared.head.0.load(Acquire))
    }

    /// The consumer has done with what lies before `tail`.
    pub(crate) fn free(&self, tail: u64) {
        self.shared.tail.0.store(tail, Release);
    }

    /// For who copies while the producer goes on: what is there now.
    pub(crate) fn kept(&self) -> (u64, u64) {
        loop {
            // in this order, so that there is never more between them than the ring holds
            let head = self.shared.head.0.load(Acquire);
            let tail = self.shared.tail.0.load(Acquire);
            // else the whole ring was overwritten between the two
            if tail <= head {
                return (tail, head);
            }
            spin_loop();
        }
    }

    /// For who has copied: from here on the copy is whole.
    pub(crate) fn kept_from(&self) -> u64 {
        fence(Acquire);
        self.shared.tail.0.load(Relaxed)
    }
}

impl Wait {
    /// The producer is to wait, having found the ring full with this tail. It may sleep while `room` is what is returned;
    /// `None` if there is room by now. Either it sees the new tail, or the consumer that moved it sees that it waits.
    pub(crate) fn announce(&self, shared: &Shared, tail: u64) -> Option<u32> {
        let room = self.room.load(Acquire);
        self.waiting.store(1, Relaxed);
        fence(SeqCst);
        (shared.tail.0.load(Acquire) == tail).then_some(room)
    }

    /// The producer waits no longer.
    pub(crate) fn over(&self) {
        self.waiting.store(0, Relaxed);
    }

    /// Whether a producer waits.
    pub(crate) fn is_waiting(&self) -> bool {
        self.waiting.load(Relaxed) != 0
    }

    /// Something has changed that a producer may wait for: says whether one is to be woken.
    pub(crate) fn changed(&self) -> bool {
        fence(SeqCst);
        let waiting = self.is_waiting();
        if waiting {
            self.waiting.store(0, Relaxed);
            self.room.fetch_add(1, Release);
        }
        waiting
    }
}
