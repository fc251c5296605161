//! What wakes the consumer.

use crate::sync::{AtomicU32, Ordering, fence, futex};
use std::time::Duration;

/// Rung by threads whose rings fill; the consumer sleeps by it.
#[derive(Debug, Default)]
pub(crate) struct Bell {
    /// Changes when the consumer is to wake up.
    number: AtomicU32,
    /// What it was when the consumer last woke up: whoever rings while it is awake has it not go to sleep.
    seen: AtomicU32,
    sleeping: AtomicU32,
}

impl Bell {
    /// Wakes the consumer if it sleeps: one system call a sleep. Behind a fence (SeqCst) that stands behind the reason, it is
    /// not missed; without one, the reason is to be given again.
    pub(crate) fn ring(&self) {
        if self.sleeping.load(Ordering::SeqCst) != 0 && self.sleeping.swap(0, Ordering::SeqCst) != 0 {
            self.number.fetch_add(1, Ordering::SeqCst);
            futex::wake(&self.number, futex::Flags::PRIVATE, 1).ok();
        }
    }

    /// Wakes the consumer. One that is awake, and may have looked already, does not go to sleep the next time.
    pub(crate) fn wake(&self) {
        self.number.fetch_add(1, Ordering::SeqCst);
        fence(Ordering::SeqCst);
        self.ring();
    }

    /// Sleeps until the bell rings, unless `awake` finds a reason not to.
    pub(crate) fn sleep(&self, max: Duration, awake: impl FnOnce() -> bool) {
        let number = self.seen.load(Ordering::Relaxed);
        self.sleeping.store(1, Ordering::SeqCst);
        // either `awake` and futex(2) see what has changed, or who changed it sees that it is to be woken
        fence(Ordering::SeqCst);
        if !awake() {
            let max = futex::Timespec {
                tv_sec: i64::try_from(max.as_secs()).unwrap_or(i64::MAX),
                tv_nsec: max.subsec_nanos().into(),
            };
            // woken, in time, interrupted or no longer the same number: in each case it is time to look
            futex::wait(&self.number, futex::Flags::PRIVATE, number, Some(&max)).ok();
        }
        self.sleeping.store(0, Ordering::SeqCst);
        self.seen.store(self.number.load(Ordering::SeqCst), Ordering::Relaxed);
    }

    /// Nobody sleeps in a child.
    pub(crate) fn forked(&self) {
        self.sleeping.store(0, Ordering::Relaxed);
    }
}
