//! The clock of all records: CLOCK_MONOTONIC in nanoseconds.

use rustix::time::{ClockId, clock_gettime};

/// Now. The first call looks the vDSO up, so `Rings` makes it before a thread may be in a jail.
#[inline]
pub(crate) fn monotonic() -> u64 {
    nanoseconds(ClockId::Monotonic)
}

/// CLOCK_REALTIME, for the header of a file.
pub(crate) fn realtime() -> u64 {
    nanoseconds(ClockId::Realtime)
}

#[inline]
fn nanoseconds(clock: ClockId) -> u64 {
    let now = clock_gettime(clock);
    now.tv_sec.cast_unsigned().wrapping_mul(1_000_000_000).wrapping_add(now.tv_nsec.cast_unsigned())
}
