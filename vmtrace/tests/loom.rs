//! Every order of the lock-free parts' steps: `src/own.rs` and `src/queue/requests.rs`, built with loom's atomics.

#[allow(dead_code, unreachable_pub)] // the tests need a part of it, and are a crate of their own
#[path = "../src/own.rs"]
mod own;
#[allow(unreachable_pub)]
#[path = "../src/queue/requests.rs"]
mod requests;

mod sync {
    pub(crate) use loom::sync::atomic::{AtomicBool, AtomicU32, Ordering};
    use std::sync::OnceLock;

    /// Loom's cannot be made at compile time: it is made when it is first looked at.
    pub(crate) struct AtomicPtr<T>(OnceLock<loom::sync::atomic::AtomicPtr<T>>);

    impl<T> AtomicPtr<T> {
        pub(crate) const fn new(pointer: *mut T) -> Self {
            assert!(pointer.is_null());
            Self(OnceLock::new())
        }

        fn get(&self) -> &loom::sync::atomic::AtomicPtr<T> {
            self.0.get_or_init(|| loom::sync::atomic::AtomicPtr::new(std::ptr::null_mut()))
        }

        pub(crate) fn load(&self, order: Ordering) -> *mut T {
            self.get().load(order)
        }

        pub(crate) fn compare_exchange(
            &self,
            current: *mut T,
            new: *mut T,
            success: Ordering,
            failure: Ordering,
        ) -> Result<*mut T, *mut T> {
            self.get().compare_exchange(current, new, success, failure)
        }
    }
}

mod thread {
    use std::sync::atomic::{AtomicU32, Ordering};

    pub(crate) static FORKS: AtomicU32 = AtomicU32::new(0);

    pub(crate) fn generation() -> u32 {
        FORKS.load(Ordering::Relaxed)
    }
}

use loom::cell::UnsafeCell;
use loom::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use loom::sync::{Arc, Condvar, Mutex};
use own::Own;
use requests::Requests;

/// In a forked child all threads have one value, which is not their parent's, and see it made.
#[test]
fn a_process_has_one_value_and_its_threads_see_it_made() {
    struct Value(u32, UnsafeCell<u32>);
    fn make() -> Value {
        let value = Value(thread::generation(), UnsafeCell::new(0));
        // SAFETY: nobody else has it yet; loom sees to it.
        value.1.with_mut(|value| unsafe { *value = 7 });
        value
    }
    loom::model(|| {
        let own: &'static Own<Value> = Box::leak(Box::new(Own::new(make)));
        let parents = own.get().0;
        let fork = thread::FORKS.fetch_add(1, std::sync::atomic::Ordering::Relaxed) + 1;
        let get = move || {
            let value = own.get();
            assert_eq!(value.0, fork);
            // SAFETY: nobody writes it any more; loom sees to it.
            assert_eq!(value.1.with(|value| unsafe { *value }), 7);
            std::ptr::from_ref(value).addr()
        };
        let threads: Vec<_> = (0..2).map(|_| loom::thread::spawn(get)).collect();
        let here = get();
        for thread in threads {
            assert_eq!(thread.join().unwrap(), here);
        }
        assert_eq!(parents, fork - 1);
    });
}

/// A queue, of which there are counts alone, and its writer.
struct Queue {
    requests: Requests,
    queued: AtomicU32,
    taken: AtomicU32,
    has_writer: AtomicBool,
    /// futex(2) on what is done, and the bell that wakes the writer.
    sleepers: (Mutex<()>, Condvar),
    bell: (Mutex<bool>, Condvar),
}

impl Queue {
    fn new() -> Self {
        let requests =
            Requests { asked: AtomicU32::new(0), done: AtomicU32::new(0), is_last: AtomicBool::new(false) };
        Self {
            requests,
            queued: AtomicU32::new(0),
            taken: AtomicU32::new(0),
            has_writer: AtomicBool::new(true),
            sleepers: (Mutex::new(()), Condvar::new()),
            bell: (Mutex::new(false), Condvar::new()),
        }
    }

    /// What the writer's thread does, until it is asked for the last time.
    fn write(&self) {
        loop {
            let asked = self.requests.pending();
            self.taken.store(self.queued.load(Ordering::Acquire), Ordering::Relaxed);
            let Some(asked) = asked else {
                let mut rung = self.bell.0.lock().unwrap();
                while !*rung {
                    rung = self.bell.1.wait(rung).unwrap();
                }
                *rung = false;
                continue;
            };
            if asked.is_last {
                self.has_writer.store(false, Ordering::Release);
            }
            self.requests.finish(asked);
            let guard = self.sleepers.0.lock().unwrap();
            self.sleepers.1.notify_all();
            drop(guard);
            if asked.is_last {
                return;
            }
        }
    }

    fn queue(&self) -> u32 {
        self.queued.fetch_add(1, Ordering::Release) + 1
    }

    /// What `drain` does.
    fn drain(&self) -> bool {
        if !self.has_writer.load(Ordering::Acquire) {
            return false;
        }
        let mine = self.requests.ask();
        *self.bell.0.lock().unwrap() = true;
        self.bell.1.notify_one();
        loop {
            let Err(done) = self.requests.done(mine) else { return true };
            if !self.has_writer.load(Ordering::Acquire) {
                return false;
            }
            let guard = self.sleepers.0.lock().unwrap();
            if self.requests.done.load(Ordering::Relaxed) == done {
                drop(self.sleepers.1.wait(guard).unwrap());
            }
        }
    }
}

#[test]
fn what_is_said_to_be_done_is_done_and_the_end_loses_nothing() {
    let mut builder = loom::model::Builder::new();
    builder.preemption_bound = Some(2);
    builder.check(|| {
        let queue = Arc::new(Queue::new());
        let writer = {
            let queue = Arc::clone(&queue);
            loom::thread::spawn(move || queue.write())
        };
        let other = {
            let queue = Arc::clone(&queue);
            loom::thread::spawn(move || {
                let mine = queue.queue();
                assert!(!queue.drain() || queue.taken.load(Ordering::Relaxed) >= mine);
            })
        };
        // the program ends while another thread asks
        let mine = queue.queue();
        queue.requests.end();
        let is_drained = queue.drain();
        assert!(queue.taken.load(Ordering::Relaxed) >= mine);
        assert!(!is_drained || !queue.has_writer.load(Ordering::Relaxed), "it is in the middle of nothing");
        other.join().unwrap();
        writer.join().unwrap();
    });
}
