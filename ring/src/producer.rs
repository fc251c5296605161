//! A thread's own end of its ring.

use crate::circle::Refused;
use crate::clock;
use crate::item::{self, HEADER};
use crate::rings::{Inner, here};
use crate::room::Room;
use crate::slot::{RETIRED, Ring, reason};
use rustix::thread::futex;
use std::marker::PhantomData;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// A thread's own ring, from [`Rings::producer`](crate::Rings::producer). Dropped, which is for the thread's end, the
/// ring keeps what it holds, and becomes another thread's once that is out.
#[derive(Debug)]
pub struct Producer {
    /// `'static` is as long as `inner`, which keeps the mappings.
    ring: Ring<'static>,
    index: usize,
    inner: Arc<Inner>,
    /// Not `Send`: the ring is the thread's that asked for it.
    thread: PhantomData<*mut ()>,
}

impl Producer {
    pub(crate) fn new(inner: Arc<Inner>, index: usize) -> Self {
        // SAFETY: the references in it are to mappings that `inner` owns, which stay where they are until it is dropped;
        // `Producer` keeps it, and lets no reference out.
        let ring = unsafe { std::mem::transmute::<Ring<'_>, Ring<'static>>(inner.ring(index)) };
        Self { ring, index, inner, thread: PhantomData }
    }

    /// Adds a record for `lanes` (a bit each; what they are is the caller's) with the time it is now. `fill` writes the
    /// payload, `len` bytes at most.
    ///
    /// Takes no lock and makes no system call, but to wake the consumer as the ring passes its half, and to wait for room
    /// where that is wanted. May be called from a signal handler; one that interrupted `push` itself on this thread is
    /// refused.
    ///
    /// # Errors
    ///
    /// Why the record was lost. It has been counted, and the lanes are told at this place in the ring.
    #[inline]
    pub fn push(&self, lanes: u32, len: usize, fill: impl FnOnce(&mut Room<'_>)) -> Result<(), Refused> {
        let circle = self.ring.circle();
        if let Err(refused) = circle.enter() {
            return self.lose(lanes, refused);
        }
        let leave = Leave(&self.ring);
        // what is longer is refused in any case
        let len = len.min(1 << 28);
        let need = item::whole(len as u64);
        let at = match circle.place(need) {
            Some(at) => at,
            None => match self.gate(need) {
                Ok(at) => at,
                Err(refused) => {
                    drop(leave);
                    return self.lose(lanes, refused);
                }
            },
        };
        let time = clock::monotonic();
        // SAFETY: the circle gave this thread `need` bytes at `at`, in one piece, of which the header is the beginning.
        let mut room = unsafe { Room::new(self.ring.address(at + HEADER), len) };
        fill(&mut room);
        let used = room.used() as u64;
        if !circle.is_entered() {
            // `fill` was interrupted by a handler that forked: this is the child, whose ring is zeros
            std::mem::forget(leave);
            return self.lose(lanes, Refused::Closed);
        }
        // SAFETY: as above.
        unsafe { self.ring.write(at, item::record(used, lanes)) };
        // SAFETY: as above.
        unsafe { self.ring.write(at + 8, time) };
        circle.publish(at + item::whole(used));
        drop(leave);
        Ok(())
    }

    /// What is to be looked after at times: losses to be told, the end of memory, a consumer that sleeps, a full ring.
    #[cold]
    #[inline(never)]
    fn gate(&self, need: u64) -> Result<u64, Refused> {
        let circle = self.ring.circle();
        let private = self.ring.private;
        if need > self.ring.size as u64 / 4 {
            return Err(Refused::TooLong);
        }
        let mut since = None;
        loop {
            let untold = private.control.untold.load(Ordering::Relaxed);
            let extra = if untold == 0 { 0 } else { item::whole(item::lost_payload(untold)) };
            let tail = self.ring.head.shared.tail.0.load(Ordering::Acquire);
            // SAFETY: the circle has this word written by its producer, where it is the producer's.
            let place = circle.gate(extra + need, |at, len| unsafe { self.ring.write(at, item::pad(len)) });
            if !self.ring.overwrite && circle.filled() > self.ring.size as u64 / 2 {
                self.inner.bell.ring();
            }
            match place {
                Ok(at) if extra > 0 => {
                    self.tell(at, untold);
                    circle.append(at + extra);
                    return Ok(at + extra);
                }
                Err(Refused::Full) => self.wait(tail, &mut since)?,
                place => return place,
            }
        }
    }

    /// Writes the item that says how much was lost.
    fn tell(&self, at: u64, lanes: u32) {
        let private = self.ring.private;
        private.control.untold.fetch_and(!lanes, Ordering::Relaxed);
        let set = (0..32_usize).filter(|lane| lanes & 1 << lane != 0);
        let counts = set.flat_map(|lane| {
            let all = private.lost[lane].load(Ordering::Relaxed);
            [all - private.told[lane].swap(all, Ordering::Relaxed), all]
        });
        for (word, index) in [item::lost(lanes), clock::monotonic()].into_iter().chain(counts).zip(0..) {
            // SAFETY: the circle gave this thread as many bytes at `at` as the item takes.
            unsafe { self.ring.write(at + 8 * index, word) };
        }
    }

    /// Waits for the tail to move, until `since` and the bound.
    fn wait(&self, tail: u64, since: &mut Option<u64>) -> Result<(), Refused> {
        let bound = self.inner.wait.load(Ordering::SeqCst);
        if bound == 0 || self.inner.consuming.load(Ordering::Relaxed) == here() {
            return Err(Refused::Full);
        }
        let circle = self.ring.circle();
        let wait = &self.ring.private.wait.0;
        circle.wait();
        let now = clock::monotonic();
        let waited = now - *since.get_or_insert(now);
        if waited < bound {
            let left = futex::Timespec {
                tv_sec: i64::try_from((bound - waited) / 1_000_000_000).unwrap_or(i64::MAX),
                tv_nsec: ((bound - waited) % 1_000_000_000).cast_signed(),
            };
            let left = (bound != u64::MAX).then_some(&left);
            // a change of the bound is announced as a tail that moves is
            let room = wait.announce(&self.ring.head.shared, tail);
            let unchanged = self.inner.wait.load(Ordering::SeqCst) == bound;
            if let (true, Some(room)) = (unchanged, room) {
                self.inner.bell.ring();
                // whatever ends it, the caller looks again
                futex::wait(&wait.room, futex::Flags::PRIVATE, room, left).ok();
            }
            wait.over();
        }
        if !circle.resume() {
            return Err(Refused::Closed);
        }
        if waited < bound { Ok(()) } else { Err(Refused::Full) }
    }

    /// Counts a record that is not in the ring.
    #[cold]
    #[inline(never)]
    fn lose(&self, lanes: u32, refused: Refused) -> Result<(), Refused> {
        if refused == Refused::Closed {
            self.inner.lose(lanes, refused);
            return Err(refused);
        }
        let private = self.ring.private;
        private.reasons[reason(refused)].fetch_add(1, Ordering::Relaxed);
        let each = |lost: &[AtomicU64; 32]| {
            for (lane, count) in lost.iter().enumerate() {
                if lanes & 1 << lane != 0 {
                    count.fetch_add(1, Ordering::Release);
                }
            }
        };
        each(&private.lost);
        private.control.untold.fetch_or(lanes, Ordering::Relaxed);
        // the next record is to have this told before it
        self.ring.circle().stop();
        Err(refused)
    }
}

/// Ends a record, also one whose `fill` panicked.
struct Leave<'a>(&'a Ring<'static>);

impl Drop for Leave<'_> {
    #[inline]
    fn drop(&mut self) {
        self.0.circle().leave();
    }
}

impl Drop for Producer {
    fn drop(&mut self) {
        self.ring.circle().close();
        if self.inner.overwrite {
            self.inner.free(self.index);
        } else {
            self.inner.slots[self.index].owner.store(RETIRED, Ordering::Release);
            self.inner.retired();
        }
    }
}
