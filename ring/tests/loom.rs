//! Every order of the lock-free part's steps: `src/circle.rs` and `src/bell.rs`, built with loom's atomics, around bytes that
//! loom watches.

#[allow(dead_code, unreachable_pub)]
#[path = "../src/bell.rs"]
mod bell;
#[allow(dead_code, unreachable_pub)] // the tests need a part of it, and are a crate of their own
#[path = "../src/circle.rs"]
mod circle;

mod sync {
    pub(crate) use loom::hint::spin_loop;
    pub(crate) use loom::sync::atomic::{AtomicU32, AtomicU64, Ordering, fence};
    pub(crate) use std::sync::atomic::AtomicU64 as Own;

    /// futex(2) by loom's means. Nothing is ever too long for it: a wake-up that is missed is a deadlock, which loom tells.
    pub(crate) mod futex {
        use loom::sync::atomic::{AtomicU32, Ordering};
        use loom::sync::{Condvar, Mutex};
        pub(crate) use rustix::thread::futex::{Flags, Timespec};

        loom::lazy_static! {
            static ref SLEEPERS: (Mutex<()>, Condvar) = (Mutex::new(()), Condvar::new());
        }

        #[allow(clippy::unnecessary_wraps)] // as the real one
        pub(crate) fn wait(
            number: &AtomicU32,
            _: Flags,
            expected: u32,
            _: Option<&Timespec>,
        ) -> std::io::Result<()> {
            let guard = SLEEPERS.0.lock().unwrap();
            if number.load(Ordering::Relaxed) == expected {
                drop(SLEEPERS.1.wait(guard).unwrap());
            }
            Ok(())
        }

        #[allow(clippy::unnecessary_wraps)] // as the real one
        pub(crate) fn wake(_: &AtomicU32, _: Flags, _: u32) -> std::io::Result<()> {
            let _guard = SLEEPERS.0.lock().unwrap();
            SLEEPERS.1.notify_all();
            Ok(())
        }
    }

    /// Loom has no signal handlers.
    pub(crate) fn compiler_fence(_: Ordering) {}
}

use bell::Bell;
use circle::{Circle, Control, Refused, Shared, Starts, Wait};
use loom::cell::UnsafeCell;
use loom::sync::Arc;
use loom::sync::atomic::{AtomicU64, Ordering};
use loom::thread;
use std::time::Duration;
use sync::futex;

/// A ring that holds four records, or three where their lengths do not come out even.
const SIZE: u64 = 1024;
const RECORD: u64 = SIZE / 4;

struct Ring {
    control: Control,
    starts: Starts,
    shared: Shared,
    wait: Wait,
    overwrite: bool,
}

impl Ring {
    fn new(overwrite: bool) -> Self {
        let ring = Self {
            control: Control::default(),
            starts: std::array::from_fn(|_| sync::Own::new(0)),
            shared: Shared::default(),
            wait: Wait::default(),
            overwrite,
        };
        ring.circle().open();
        ring
    }

    fn circle(&self) -> Circle<'_> {
        let Self { control, starts, shared, overwrite, .. } = self;
        Circle { control, starts, shared, size: SIZE, overwrite: *overwrite }
    }

    /// A record: `write` is given its place among four.
    fn push(&self, write: impl FnOnce(usize)) -> Result<(), Refused> {
        let circle = self.circle();
        circle.enter()?;
        let at =
            circle.place(RECORD).map_or_else(|| circle.gate(RECORD, |_, _| panic!("they come out even")), Ok);
        let pushed = at.map(|at| {
            write(place(at));
            assert!(circle.is_entered());
            circle.publish(at + RECORD);
        });
        circle.leave();
        pushed
    }
}

fn place(position: u64) -> usize {
    usize::try_from(position / RECORD % 4).unwrap()
}

fn model(test: impl Fn() + Sync + Send + 'static) {
    let mut builder = loom::model::Builder::new();
    builder.preemption_bound = Some(2);
    builder.check(test);
}

#[test]
fn what_is_consumed_is_whole_and_what_is_full_is_not_written() {
    model(|| {
        let ring = Arc::new(Ring::new(false));
        let bytes: Arc<[UnsafeCell<u64>; 4]> = Arc::new(std::array::from_fn(|_| UnsafeCell::new(0)));
        let producer = {
            let (ring, bytes) = (Arc::clone(&ring), Arc::clone(&bytes));
            thread::spawn(move || {
                let write = |number| {
                    // SAFETY: loom sees to it that nobody else looks.
                    ring.push(|place| bytes[place].with_mut(|byte| unsafe { *byte = number }))
                };
                (1..=5).filter(|number| write(*number).is_ok()).count()
            })
        };
        let mut at = 0;
        let mut last = 0;
        let mut consumed = 0;
        let mut drain = || {
            let (_, head) = ring.circle().look();
            assert!(head - at <= SIZE);
            while at < head {
                // SAFETY: as above.
                let number = bytes[place(at)].with(|byte| unsafe { *byte });
                assert!(number > last, "in order");
                last = number;
                consumed += 1;
                at += RECORD;
            }
            ring.circle().free(at);
        };
        drain();
        drain();
        let pushed = producer.join().unwrap();
        drain();
        assert_eq!(consumed, pushed);
        assert!(pushed >= 4);
    });
}

#[test]
fn a_copy_is_whole_from_where_it_says() {
    model(|| {
        let ring = Arc::new(Ring::new(true));
        let words: Arc<[[AtomicU64; 2]; 4]> = Arc::default();
        let producer = {
            let (ring, words) = (Arc::clone(&ring), Arc::clone(&words));
            thread::spawn(move || {
                for number in 1..=6 {
                    let write = |place: usize| {
                        words[place][0].store(number, Ordering::Relaxed);
                        words[place][1].store(number, Ordering::Relaxed);
                    };
                    ring.push(write).unwrap();
                }
            })
        };
        let circle = ring.circle();
        let (tail, head) = circle.kept();
        assert!(head - tail <= SIZE);
        let copied: Vec<_> = (tail..head)
            .step_by(usize::try_from(RECORD).unwrap())
            .map(|at| {
                let words = &words[place(at)];
                (at, words[0].load(Ordering::Relaxed), words[1].load(Ordering::Relaxed))
            })
            .collect();
        let from = circle.kept_from();
        for (at, first, second) in copied {
            assert!(
                at < from || (first, second) == (at / RECORD + 1, at / RECORD + 1),
                "at {at}, kept from {from}"
            );
        }
        producer.join().unwrap();
        assert_eq!(ring.circle().kept(), (2 * RECORD, 6 * RECORD));
    });
}

#[test]
fn a_producer_that_waits_is_woken() {
    model(|| {
        let ring = Arc::new(Ring::new(false));
        // full but for one
        (0..3).for_each(|_| ring.push(|_| {}).unwrap());
        let producer = {
            let ring = Arc::clone(&ring);
            thread::spawn(move || {
                for _ in 0..2 {
                    loop {
                        let tail = ring.shared.tail.0.load(Ordering::Acquire);
                        match ring.push(|_| {}) {
                            Ok(()) => break,
                            Err(refused) => assert_eq!(refused, Refused::Full),
                        }
                        if let Some(room) = ring.wait.announce(&ring.shared, tail) {
                            futex::wait(&ring.wait.room, futex::Flags::PRIVATE, room, None).unwrap();
                        }
                        ring.wait.over();
                    }
                }
            })
        };
        // makes room once, and never comes again
        ring.circle().free(RECORD);
        if ring.wait.changed() {
            futex::wake(&ring.wait.room, futex::Flags::PRIVATE, 1).unwrap();
        }
        // loom finds a producer that sleeps for ever
        producer.join().unwrap();
        assert_eq!(ring.circle().look(), (false, 5 * RECORD));
    });
}

/// Who waits for room and rings, and who has looked and goes to sleep: one of them sees the other.
#[test]
fn a_consumer_does_not_sleep_while_a_producer_waits() {
    model(|| {
        let ring = Arc::new(Ring::new(false));
        let bell = Arc::new(Bell::default());
        (0..4).for_each(|_| ring.push(|_| {}).unwrap());
        let producer = {
            let (ring, bell) = (Arc::clone(&ring), Arc::clone(&bell));
            thread::spawn(move || {
                let Some(room) = ring.wait.announce(&ring.shared, 0) else { return };
                bell.ring();
                futex::wait(&ring.wait.room, futex::Flags::PRIVATE, room, None).unwrap();
            })
        };
        while !ring.wait.is_waiting() {
            // for ever, if nobody wakes it
            bell.sleep(Duration::MAX, || ring.wait.is_waiting());
        }
        ring.circle().free(RECORD);
        if ring.wait.changed() {
            futex::wake(&ring.wait.room, futex::Flags::PRIVATE, 1).unwrap();
        }
        producer.join().unwrap();
    });
}

/// Whoever wakes the consumer has it look once more, whether it sleeps or is about to.
#[test]
fn a_consumer_that_is_woken_looks_again() {
    model(|| {
        let bell = Arc::new(Bell::default());
        let asked = Arc::new(AtomicU64::new(0));
        let wakers: Vec<_> = (0..2)
            .map(|_| {
                let (bell, asked) = (Arc::clone(&bell), Arc::clone(&asked));
                thread::spawn(move || {
                    asked.fetch_add(1, Ordering::Relaxed);
                    bell.wake();
                })
            })
            .collect();
        while asked.load(Ordering::Relaxed) < 2 {
            bell.sleep(Duration::MAX, || false);
        }
        for waker in wakers {
            waker.join().unwrap();
        }
    });
}
