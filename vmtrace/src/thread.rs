//! The kernel's number of this thread, asked for once a thread and once more after a fork; and threads of ours.

use crate::{control, delivered, queue};
use std::cell::Cell;
use std::mem::MaybeUninit;
use std::sync::Once;
use std::sync::atomic::{AtomicU32, Ordering};

/// Counts forks: a child's thread has its parent's memory and a number of its own.
static FORKS: AtomicU32 = AtomicU32::new(0);

thread_local! {
    /// The forks at the time of asking, and the answer; 0 is no thread's.
    static KNOWN: Cell<(u32, u32)> = const { Cell::new((0, 0)) };
}

/// gettid(2).
pub(crate) fn id() -> u32 {
    let forks = FORKS.load(Ordering::Relaxed);
    let (at, known) = KNOWN.get();
    if known != 0 && at == forks { known } else { ask(forks) }
}

/// How many forks stand between the program's start and this process.
pub(crate) fn generation() -> u32 {
    FORKS.load(Ordering::Relaxed)
}

/// Starts a thread that no signal comes to: handlers are for the VMM's threads.
pub(crate) fn without_signals<T>(start: impl FnOnce() -> T) -> T {
    if cfg!(miri) {
        // it has no signals
        return start();
    }
    let mut all = MaybeUninit::<libc::sigset_t>::uninit();
    let mut before = MaybeUninit::<libc::sigset_t>::uninit();
    // SAFETY: sigfillset(3) fills the set that it is given.
    unsafe { libc::sigfillset(all.as_mut_ptr()) };
    // SAFETY: the set is filled, and the other is written. It fails for a wrong first argument alone.
    unsafe { libc::pthread_sigmask(libc::SIG_SETMASK, all.as_ptr(), before.as_mut_ptr()) };
    let started = start();
    // SAFETY: the call above has written the set.
    unsafe { libc::pthread_sigmask(libc::SIG_SETMASK, before.as_ptr(), std::ptr::null_mut()) };
    started
}

/// A write(2) that kills nobody: neither by SIGPIPE (nobody reads the pipe any more) nor by SIGXFSZ (the file is as large as
/// setrlimit(2) lets it be). What the process does about these signals is the VMM's affair.
#[cfg(feature = "simple")]
pub(crate) fn without_its_signals(
    write: impl FnOnce() -> rustix::io::Result<usize>,
) -> rustix::io::Result<usize> {
    let mut deadly = MaybeUninit::<libc::sigset_t>::uninit();
    let mut before = MaybeUninit::<libc::sigset_t>::uninit();
    // SAFETY: sigemptyset(3) fills the set that it is given.
    unsafe { libc::sigemptyset(deadly.as_mut_ptr()) };
    for signal in [libc::SIGPIPE, libc::SIGXFSZ] {
        // SAFETY: sigaddset(3) changes a set that is filled.
        unsafe { libc::sigaddset(deadly.as_mut_ptr(), signal) };
    }
    // SAFETY: one set is filled, and the other is written. It fails for a wrong first argument alone.
    unsafe { libc::pthread_sigmask(libc::SIG_BLOCK, deadly.as_ptr(), before.as_mut_ptr()) };
    let written = write();
    let raised = match written {
        Err(rustix::io::Errno::PIPE) => Some(libc::SIGPIPE),
        Err(rustix::io::Errno::FBIG) => Some(libc::SIGXFSZ),
        _ => None,
    };
    // SAFETY: sigismember(3) reads the set that was written above.
    let was_held = raised.is_some_and(|signal| unsafe { libc::sigismember(before.as_ptr(), signal) } == 1);
    if raised.is_some() && !was_held {
        let now = libc::timespec { tv_sec: 0, tv_nsec: 0 };
        // SAFETY: sigtimedwait(2) reads a set and a time of ours, and takes what this thread's write has raised.
        unsafe { libc::sigtimedwait(deadly.as_ptr(), std::ptr::null_mut(), &raw const now) };
    }
    // SAFETY: the mask is this thread's from before.
    unsafe { libc::pthread_sigmask(libc::SIG_SETMASK, before.as_ptr(), std::ptr::null_mut()) };
    written
}

#[cold]
fn ask(forks: u32) -> u32 {
    // not the C library's: std refers to that weakly, and in a program that is linked statically it would be missing
    let id = rustix::thread::gettid().as_raw_nonzero().get().cast_unsigned();
    KNOWN.set((forks, id));
    id
}

/// Has forks counted from now on. Called by `init`, since registering takes a lock that an event must not take.
pub(crate) fn watch_forks() {
    extern "C" fn before() {
        control::hold();
    }
    extern "C" fn in_parent() {
        control::release();
    }
    extern "C" fn in_child() {
        FORKS.fetch_add(1, Ordering::Relaxed);
        queue::forked();
        delivered::forked();
        control::release();
    }
    static REGISTER: Once = Once::new();
    if cfg!(miri) {
        // it has no processes
        return;
    }
    REGISTER.call_once(|| {
        // SAFETY: pthread_atfork(3) keeps pointers to functions that live as long as this library is loaded (glibc takes
        // them off when that is closed) and do nothing that a forked child may not. It fails for want of memory alone,
        // and a parent's number in a child's log is then the worst that comes of it.
        unsafe { libc::pthread_atfork(Some(before), Some(in_parent), Some(in_child)) };
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[cfg_attr(miri, ignore)] // it has no fork(2)
    fn a_thread_and_a_forked_child_have_their_own() {
        watch_forks();
        let here = id();
        assert_eq!(here, id());
        assert_ne!(here, std::thread::spawn(id).join().unwrap());
        // SAFETY: the child calls nothing but gettid and _exit, as fork(2) of a threaded program demands.
        let child = unsafe { libc::fork() };
        if child == 0 {
            let right = id() != here;
            // SAFETY: _exit(2) ends the child at once.
            unsafe { libc::_exit(if right { 7 } else { 1 }) };
        }
        let mut status = 0;
        // SAFETY: waitpid(2) on our own child writes its status to ours.
        unsafe { libc::waitpid(child, &raw mut status, 0) };
        assert_eq!(libc::WEXITSTATUS(status), 7);
    }
}
