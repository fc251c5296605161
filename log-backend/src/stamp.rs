//! The wall clock, as the log prints it.

/// Seconds since the epoch, and nanoseconds.
pub(crate) fn now() -> (u64, u64) {
    let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: clock_gettime(2) writes a timespec, to one that is ours; CLOCK_REALTIME is always there.
    unsafe { libc::clock_gettime(libc::CLOCK_REALTIME, &raw mut time) };
    (time.tv_sec.cast_unsigned(), time.tv_nsec.cast_unsigned())
}
