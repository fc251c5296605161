//! Having the writer empty the rings, and waiting until it has: before the program ends, or the log changes its file.
//!
//! Nothing but atomics (`requests.rs`) and futex(2), so that a signal handler may ask as well.

use super::requests::{Asked, Requests};
use super::{QUEUE, writer};
use crate::record::clock;
use rustix::thread::futex;
use std::sync::Once;
use std::sync::atomic::{AtomicBool, AtomicU32};
use std::time::Duration;

static REQUESTS: Requests =
    Requests { asked: AtomicU32::new(0), done: AtomicU32::new(0), is_last: AtomicBool::new(false) };

/// How long the end of the program waits for sinks that take nothing, and for those that take what is queued.
const STUCK: Duration = Duration::from_secs(1);
const AT_EXIT: Duration = Duration::from_secs(60);

/// Waits until all that was queued before is where it belongs, at most so long. False if it is not, or there is no writer.
pub(crate) fn drain(most: Duration) -> bool {
    let Some(rings) = QUEUE.get().filter(|_| writer::is_there() && !writer::is_here()) else { return false };
    let mine = REQUESTS.ask();
    rings.wake();
    let start = clock(libc::CLOCK_MONOTONIC);
    loop {
        let Err(done) = REQUESTS.done(mine) else { return true };
        if !writer::is_there() {
            // it went with the last request, and this came behind
            return false;
        }
        let spent = Duration::from_nanos(clock(libc::CLOCK_MONOTONIC) - start);
        let Some(left) = most.checked_sub(spent).filter(|left| !left.is_zero()) else { return false };
        let left =
            futex::Timespec { tv_sec: left.as_secs().cast_signed(), tv_nsec: i64::from(left.subsec_nanos()) };
        // whatever ends the wait, the counters are looked at
        _ = futex::wait(&REQUESTS.done, futex::Flags::PRIVATE, done, Some(&left));
    }
}

/// The same when the program ends: for as long as it goes on, but no longer than this.
pub(crate) fn drain_to_the_end(most: Duration) -> bool {
    let start = clock(libc::CLOCK_MONOTONIC);
    loop {
        let before = writer::handed();
        if drain(STUCK) {
            return true;
        }
        let spent = Duration::from_nanos(clock(libc::CLOCK_MONOTONIC) - start);
        if writer::handed() == before || spent >= most {
            return false;
        }
    }
}

/// What the writer is asked for now.
pub(super) fn asked() -> Option<Asked> {
    REQUESTS.pending()
}

/// Tells those who wait.
pub(super) fn done(asked: Asked) {
    REQUESTS.finish(asked);
    // nobody may be waiting
    _ = futex::wake(&REQUESTS.done, futex::Flags::PRIVATE, u32::MAX);
}

/// Has the end of the program wait for what is queued.
pub(crate) fn at_exit() {
    extern "C" fn last() {
        REQUESTS.end();
        drain_to_the_end(AT_EXIT);
    }
    static REGISTER: Once = Once::new();
    if cfg!(miri) {
        // it has no atexit(3)
        return;
    }
    REGISTER.call_once(|| {
        // SAFETY: atexit(3) keeps a pointer to a function that lives as long as this library is loaded. It fails for want
        // of memory alone, and the last records may then be missing.
        unsafe { libc::atexit(last) };
    });
}
