//! The counters by which threads have the writer empty the rings: who asks, and what is done. Nothing but atomics, so that a
//! signal handler may ask as well; `drain.rs` has the sleeping.

use crate::sync::{AtomicBool, AtomicU32, Ordering};

/// Requests are numbers that grow, and wrap.
pub(super) struct Requests {
    /// How many there were.
    pub(super) asked: AtomicU32,
    /// Up to which they are done: what those sleep on who wait.
    pub(super) done: AtomicU32,
    /// The program ends: the writer is not to be in the middle of anything then.
    pub(super) is_last: AtomicBool,
}

/// What the writer is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Asked {
    /// All up to this one.
    up_to: u32,
    /// And to go then.
    pub(super) is_last: bool,
}

impl Requests {
    /// Asks for what was queued before. The writer is to be woken then.
    pub(super) fn ask(&self) -> u32 {
        self.asked.fetch_add(1, Ordering::AcqRel).wrapping_add(1)
    }

    /// From here on a request is the last.
    pub(super) fn end(&self) {
        self.is_last.store(true, Ordering::Release);
    }

    /// Whether a request is done. If not, who asked may sleep while `done` is what is returned: if there is still a writer, which
    /// is to be looked at behind this.
    pub(super) fn done(&self, request: u32) -> Result<(), u32> {
        let done = self.done.load(Ordering::Acquire);
        if request.wrapping_sub(done).cast_signed() <= 0 { Ok(()) } else { Err(done) }
    }

    /// For the writer, before it looks at the rings: what it is asked for.
    pub(super) fn pending(&self) -> Option<Asked> {
        let up_to = self.asked.load(Ordering::Acquire);
        // in this order, so that the last request is not taken for another
        let is_last = self.is_last.load(Ordering::Acquire);
        (up_to != self.done.load(Ordering::Relaxed)).then_some(Asked { up_to, is_last })
    }

    /// For the writer: that is done. Those who wait are to be woken then. If it is the last, nobody is to find a writer before.
    pub(super) fn finish(&self, asked: Asked) {
        self.done.store(asked.up_to, Ordering::Release);
    }
}
