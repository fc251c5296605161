//! How long a call may still hold up its thread.

use crate::own::Own;
use rustix::time::{ClockId, clock_gettime};
use std::sync::atomic::Ordering;
use std::time::Duration;

/// The time of one call, which begins to run when it first has to wait.
#[derive(Debug)]
pub(crate) struct Wait {
    nanoseconds: u64,
    until: Option<u64>,
}

impl Wait {
    pub(crate) fn new(time: Duration) -> Self {
        Self { nanoseconds: u64::try_from(time.as_nanos()).unwrap_or(u64::MAX), until: None }
    }

    /// What is left; `None` is nothing. Once it has gone by in vain, no call has any until a line has gone through.
    pub(crate) fn left(&mut self, own: &Own) -> Option<u64> {
        if own.waited.load(Ordering::Relaxed) {
            return None;
        }
        let now = monotonic();
        let until = *self.until.get_or_insert(now.saturating_add(self.nanoseconds));
        if until <= now {
            own.waited.store(true, Ordering::Relaxed);
            return None;
        }
        Some(until - now)
    }
}

/// CLOCK_MONOTONIC in nanoseconds.
pub(crate) fn monotonic() -> u64 {
    nanoseconds(ClockId::Monotonic)
}

/// CLOCK_REALTIME in nanoseconds.
pub(crate) fn realtime() -> u64 {
    nanoseconds(ClockId::Realtime)
}

fn nanoseconds(clock: ClockId) -> u64 {
    let now = clock_gettime(clock);
    now.tv_sec.cast_unsigned().wrapping_mul(1_000_000_000).wrapping_add(now.tv_nsec.cast_unsigned())
}
