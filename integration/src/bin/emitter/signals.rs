//! Handlers that emit, and signals that kill.

use integration::emitter as trace;
use std::ptr;
use std::sync::atomic::{AtomicU64, Ordering};

static EMITTED: AtomicU64 = AtomicU64::new(0);

/// A string whose bytes say its length, so that one that is torn is seen.
const TEXT: &str = "0123456789abcdefghijklmnopqrstuvwxyz0123456789abcdefghijklmnopqrstuvwxyz";

extern "C" fn handler(_: libc::c_int) {
    let count = EMITTED.fetch_add(1, Ordering::Relaxed);
    let len = usize::try_from(count % 64).unwrap_or(0);
    trace::trace_emitter_signal(count, &TEXT[..len]);
}

/// SIGALRM by the clock and SIGPROF by the processor's time, to whatever thread the kernel picks. The one interrupts the other's
/// handler, too.
pub(crate) fn begin(microseconds: i64) {
    for (signal, timer) in [(libc::SIGALRM, libc::ITIMER_REAL), (libc::SIGPROF, libc::ITIMER_PROF)] {
        // SAFETY: all zero is a sigaction.
        let mut action: libc::sigaction = unsafe { std::mem::zeroed() };
        action.sa_sigaction = handler as *const () as usize;
        action.sa_flags = libc::SA_RESTART;
        // SAFETY: the handler emits, which is what it is here for, and does nothing else.
        unsafe { libc::sigaction(signal, &raw const action, ptr::null_mut()) };
        set(timer, microseconds);
    }
}

pub(crate) fn end() {
    set(libc::ITIMER_REAL, 0);
    set(libc::ITIMER_PROF, 0);
}

fn set(timer: libc::c_int, microseconds: i64) {
    let time = libc::timeval { tv_sec: 0, tv_usec: microseconds };
    let time = libc::itimerval { it_interval: time, it_value: time };
    // SAFETY: setitimer(2) reads a time of ours.
    unsafe { libc::setitimer(timer, &raw const time, ptr::null_mut()) };
}

pub(crate) fn emitted() -> u64 {
    EMITTED.load(Ordering::Relaxed)
}

/// No file may be longer.
pub(crate) fn limit_files(bytes: u64) {
    let limit = libc::rlimit { rlim_cur: bytes, rlim_max: libc::RLIM_INFINITY };
    // SAFETY: setrlimit(2) reads a limit of ours.
    unsafe { libc::setrlimit(libc::RLIMIT_FSIZE, &raw const limit) };
}

/// What a write to a closed pipe or a file that is too long does to a program in C.
pub(crate) fn kill() {
    for signal in [libc::SIGPIPE, libc::SIGXFSZ] {
        // SAFETY: signal(2) with the kernel's own action.
        unsafe { libc::signal(signal, libc::SIG_DFL) };
    }
}
