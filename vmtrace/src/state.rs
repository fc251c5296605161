//! The state word: who wants an event.

use std::sync::atomic::{AtomicU64, Ordering};

/// One word an event. Bits 0-30: a sink each. Bit 31: the kernel's `user_events`. Bits 32-47: the semaphore of a USDT
/// probe. Zero means off, so that one load and one branch decide, whoever switched the event on.
#[derive(Debug, Default)]
#[repr(transparent)]
pub struct State(AtomicU64);

/// The bits that are sinks'.
pub(crate) const SINKS: u64 = (1 << 31) - 1;

/// The bits that tracers count in, at byte 4 of the word. A tracer writes the two bytes in one, whatever we do to the others.
const SEMAPHORE: u64 = 0xffff << 32;

#[cfg(not(target_endian = "little"))]
compile_error!("a USDT probe's note says that its semaphore lies at byte 4 of the state word");

impl State {
    /// Off.
    #[must_use]
    pub const fn new() -> Self {
        Self(AtomicU64::new(0))
    }

    /// Whether anyone wants the event: one relaxed load.
    #[inline(always)]
    #[allow(clippy::inline_always)] // the whole cost of an event that is off is meant to be this load
    #[must_use]
    pub fn is_on(&self) -> bool {
        self.0.load(Ordering::Relaxed) != 0
    }

    /// Whether a tracer is attached to the event's USDT probe.
    #[inline]
    #[must_use]
    pub fn is_probed(&self) -> bool {
        self.0.load(Ordering::Relaxed) & SEMAPHORE != 0
    }

    /// The sinks that want it. What was done before they were added is seen.
    pub(crate) fn sinks(&self) -> u64 {
        self.0.load(Ordering::Acquire) & SINKS
    }

    /// Adds sinks, leaving the bits of others.
    pub(crate) fn add(&self, sinks: u64) {
        self.0.fetch_or(sinks & SINKS, Ordering::Release);
    }

    /// Takes sinks away, leaving the bits of others.
    pub(crate) fn remove(&self, sinks: u64) {
        self.0.fetch_and(!(sinks & SINKS), Ordering::Release);
    }
}
