//! Forks: the child starts empty, the parent goes on, nobody waits for a lock.

use ring::{Full, Kind, Options, Recording, Refused, Rings};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

/// Runs `child` in a forked child, and says whether it returned true. It is ended by a signal if it hangs.
fn in_child(child: impl FnOnce() -> bool) -> bool {
    // SAFETY: the child uses memory that glibc makes usable after a fork, and ends with _exit.
    let pid = unsafe { libc::fork() };
    assert!(pid >= 0);
    if pid == 0 {
        // SAFETY: it concerns this child alone.
        unsafe { libc::alarm(20) };
        let right = std::panic::catch_unwind(std::panic::AssertUnwindSafe(child)).unwrap_or(false);
        // SAFETY: ends the child at once.
        unsafe { libc::_exit(i32::from(!right)) };
    }
    let mut status = 0;
    // SAFETY: our own child; the status is ours.
    assert_eq!(unsafe { libc::waitpid(pid, &raw mut status, 0) }, pid);
    status == 0
}

fn options(full: Full) -> Options {
    Options { ring: 16 << 10, total: 48 << 10, full }
}

#[test]
fn the_child_starts_empty_and_the_parent_goes_on() {
    let rings = Rings::new(options(Full::Drop)).unwrap();
    let mut consumer = rings.consumer().unwrap();
    let mut producer = rings.producer(1);
    producer.as_ref().unwrap().push(1, 8, |room| assert!(room.put_u64(1))).unwrap();
    let child = in_child(|| {
        // before anything is done
        let refused = producer.as_ref().unwrap().push(2, 0, |_| {}) == Err(Refused::Closed)
            && rings.producer(2).is_none()
            && consumer.drain_all(|_| {}).entries == 0
            && rings.lost(1) == 1;
        rings.forked();
        let closed = producer.as_ref().unwrap().push(2, 0, |_| {}) == Err(Refused::Closed);
        producer = None;
        let mut own = rings.consumer().unwrap();
        let counts = (rings.lost(1), rings.losses().closed) == (1, 1);
        // all three are to be had: the thread's own once it is seen that it holds nothing
        own.drain_all(|_| {});
        let mut seen = 0;
        thread::scope(|scope| {
            for tid in 0..3 {
                let rings = &rings;
                scope.spawn(move || {
                    rings.producer(tid).unwrap().push(1, 8, |room| assert!(room.put_u64(9))).unwrap();
                });
            }
        });
        own.drain_all(|entry| seen += usize::from(entry.kind == Kind::Record(&9_u64.to_le_bytes())));
        let again = in_child(|| {
            rings.forked();
            let mut own = rings.consumer().unwrap();
            rings.producer(5).unwrap().push(1, 0, |_| {}).unwrap();
            own.drain_all(|_| {}).entries == 1
        });
        refused && closed && counts && seen == 3 && again
    });
    assert!(child);
    producer.as_ref().unwrap().push(1, 8, |room| assert!(room.put_u64(2))).unwrap();
    let mut numbers = vec![];
    consumer.drain_all(|entry| {
        if let Kind::Record(bytes) = entry.kind {
            numbers.push(bytes[0]);
        }
    });
    assert_eq!((numbers, rings.lost(0)), (vec![1, 2], 0));
}

#[test]
fn a_child_writes_nothing_into_its_parents_file() {
    let path = std::env::temp_dir().join(format!("ring-fork-{}", std::process::id()));
    let rings = Rings::create(&path, options(Full::Overwrite), b"").unwrap();
    let mut producer = rings.producer(1);
    producer.as_ref().unwrap().push(1, 0, |_| {}).unwrap();
    assert!(in_child(|| {
        let before = producer.as_ref().unwrap().push(1, 0, |_| {});
        rings.forked();
        let refused =
            producer.as_ref().unwrap().push(1, 0, |_| {}) == before && before == Err(Refused::Closed);
        producer = None;
        refused && rings.producer(2).is_none() && rings.snapshot(|_| {}) == 0 && rings.losses().closed == 1
    }));
    // a fork in the middle of a record: it is the parent's
    let mut child = None;
    let pushed = producer.as_ref().unwrap().push(1, 8, |room| {
        // SAFETY: the child returns from this closure and ends.
        child = Some(unsafe { libc::fork() });
        assert!(room.put_u64(1));
    });
    if child == Some(0) {
        // SAFETY: ends the child at once.
        unsafe { libc::_exit(i32::from(pushed != Err(Refused::Closed))) };
    }
    let mut status = 0;
    // SAFETY: our own child; the status is ours.
    unsafe { libc::waitpid(child.unwrap(), &raw mut status, 0) };
    assert_eq!((status, pushed), (0, Ok(())));
    assert_eq!(Recording::open(&path).unwrap().entries(|_| {}).unwrap(), 2);
    std::fs::remove_file(&path).unwrap();
}

#[test]
fn forks_while_threads_push_come_and_go() {
    let rings = Rings::new(options(Full::Wait(None))).unwrap();
    let mut consumer = rings.consumer().unwrap();
    let stop = AtomicBool::new(false);
    thread::scope(|scope| {
        for tid in 0..2 {
            let (rings, stop) = (&rings, &stop);
            scope.spawn(move || {
                let mut number = 0_u64;
                while !stop.load(Ordering::Relaxed) {
                    let Some(producer) = rings.producer(tid) else { continue };
                    for _ in 0..1000 {
                        producer.push(1, 8, |room| assert!(room.put_u64(number))).unwrap();
                        number += 1;
                    }
                }
            });
        }
        let forks = scope.spawn(|| {
            for _ in 0..100 {
                assert!(in_child(|| {
                    rings.forked();
                    let mut own = rings.consumer().unwrap();
                    let three =
                        [rings.producer(1).unwrap(), rings.producer(2).unwrap(), rings.producer(3).unwrap()];
                    three.iter().all(|producer| producer.push(1, 0, |_| {}).is_ok())
                        && own.drain_all(|_| {}).entries == 3
                }));
            }
        });
        let mut next = [0, 0];
        let mut see = |entry: ring::Entry<'_>| {
            let Kind::Record(bytes) = entry.kind else { panic!("{entry:?}") };
            let next = &mut next[entry.tid as usize];
            assert_eq!(bytes, u64::to_le_bytes(*next));
            *next += 1;
        };
        while !forks.is_finished() {
            consumer.drain(&mut see);
            consumer.sleep(std::time::Duration::from_millis(1));
        }
        stop.store(true, Ordering::Relaxed);
        rings.set_wait(None);
        // who waits is let go
        for _ in 0..1000 {
            consumer.drain_all(&mut see);
            thread::sleep(std::time::Duration::from_micros(100));
        }
        forks.join().unwrap();
    });
}
