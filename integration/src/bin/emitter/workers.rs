//! Threads that emit: each has a number, and counts.

use super::say;
use integration::emitter as trace;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Barrier, Mutex, PoisonError};
use std::thread::{self, JoinHandle};

/// How many threads of `churn` there are at once.
const AT_ONCE: u64 = 16;

/// What each worker has emitted, by its number.
static COUNTS: Mutex<Vec<Arc<AtomicU64>>> = Mutex::new(Vec::new());
static LOAD: Mutex<Vec<JoinHandle<()>>> = Mutex::new(Vec::new());
static RUNNING: AtomicBool = AtomicBool::new(false);
pub(crate) static JOIN_AT_EXIT: AtomicBool = AtomicBool::new(false);

pub(crate) struct Workers;

fn new() -> (u64, Arc<AtomicU64>) {
    let mut counts = COUNTS.lock().unwrap_or_else(PoisonError::into_inner);
    counts.push(Arc::default());
    (counts.len() as u64 - 1, Arc::clone(&counts[counts.len() - 1]))
}

/// Both events, of which a test switches on what it wants.
fn emit(worker: u64, count: &AtomicU64) {
    let next = count.load(Ordering::Relaxed);
    trace::trace_emitter_tick(worker, next);
    trace::trace_emitter_other(worker, next);
    count.store(next + 1, Ordering::Relaxed);
}

pub(crate) fn burst(threads: u64, count: u64) {
    let barrier = Arc::new(Barrier::new(usize::try_from(threads).unwrap_or(1)));
    let each = |_| {
        let barrier = Arc::clone(&barrier);
        thread::spawn(move || {
            let (worker, emitted) = new();
            barrier.wait();
            (0..count).for_each(|_| emit(worker, &emitted));
        })
    };
    join((0..threads).map(each).collect());
}

pub(crate) fn churn(threads: u64, count: u64) {
    let mut left = threads;
    while left > 0 {
        let now = left.min(AT_ONCE);
        burst(now, count);
        left -= now;
    }
}

pub(crate) fn load(threads: u64) {
    RUNNING.store(true, Ordering::Relaxed);
    let each = |_| {
        let (worker, emitted) = new();
        thread::spawn(move || {
            while RUNNING.load(Ordering::Relaxed) {
                emit(worker, &emitted);
                if emitted.load(Ordering::Relaxed) % 64 == 0 {
                    thread::yield_now();
                }
            }
        })
    };
    LOAD.lock().unwrap_or_else(PoisonError::into_inner).extend((0..threads).map(each));
}

impl Workers {
    pub(crate) fn rest() {
        RUNNING.store(false, Ordering::Relaxed);
        join(std::mem::take(&mut LOAD.lock().unwrap_or_else(PoisonError::into_inner)));
    }
}

fn join(threads: Vec<JoinHandle<()>>) {
    for thread in threads {
        thread.join().unwrap_or_else(|_| say("a worker panicked"));
    }
}

/// Has exit(3) wait for the workers, if [`JOIN_AT_EXIT`] says so then.
pub(crate) fn join_at_exit() {
    extern "C" fn join() {
        if JOIN_AT_EXIT.load(Ordering::Relaxed) {
            Workers::rest();
            say("joined");
        }
    }
    // SAFETY: atexit(3) keeps a pointer to a function of the program's.
    unsafe { libc::atexit(join) };
}

/// What each worker has emitted at least.
pub(crate) fn tell() {
    let counts = COUNTS.lock().unwrap_or_else(PoisonError::into_inner);
    for (worker, count) in counts.iter().enumerate() {
        say(&format!("worker {worker} {}", count.load(Ordering::Relaxed)));
    }
}
