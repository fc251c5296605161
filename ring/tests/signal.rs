//! Records from signal handlers that interrupt records.

use ring::{Full, Kind, Options, Producer, Refused, Rings};
use std::mem::{MaybeUninit, zeroed};
use std::ptr;
use std::sync::atomic::{AtomicPtr, AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// What the handler pushes to: its thread's.
static PRODUCER: AtomicPtr<Producer> = AtomicPtr::new(ptr::null_mut());
static NESTED: AtomicU64 = AtomicU64::new(0);
static FULL: AtomicU64 = AtomicU64::new(0);
static PUSHED: AtomicU64 = AtomicU64::new(0);

extern "C" fn handler(_: libc::c_int) {
    // SAFETY: the pointer is to a producer of the thread that the timer signals, which lives while the timer does.
    let producer = unsafe { &*PRODUCER.load(Ordering::Relaxed) };
    let number = PUSHED.load(Ordering::Relaxed);
    let count = match producer.push(2, 8, |room| assert!(room.put_u64(number))) {
        Ok(()) => &PUSHED,
        Err(Refused::Nested) => &NESTED,
        Err(Refused::Full) => &FULL,
        Err(refused) => panic!("{refused:?}"),
    };
    count.fetch_add(1, Ordering::Relaxed);
}

/// Signals the calling thread every 20 microseconds.
fn storm() -> libc::timer_t {
    // SAFETY: zeros are a value of this struct: no flags, an empty mask.
    let mut action: libc::sigaction = unsafe { zeroed() };
    action.sa_sigaction = handler as *const () as usize;
    action.sa_flags = libc::SA_RESTART;
    // SAFETY: the handler does what a handler may.
    assert_eq!(unsafe { libc::sigaction(libc::SIGALRM, &raw const action, ptr::null_mut()) }, 0);
    // SAFETY: as above.
    let mut event: libc::sigevent = unsafe { zeroed() };
    event.sigev_notify = libc::SIGEV_THREAD_ID;
    event.sigev_signo = libc::SIGALRM;
    // SAFETY: takes nothing.
    event.sigev_notify_thread_id = unsafe { libc::gettid() };
    let mut timer = MaybeUninit::uninit();
    // SAFETY: both structs are ours.
    let made = unsafe { libc::timer_create(libc::CLOCK_MONOTONIC, &raw mut event, timer.as_mut_ptr()) };
    assert_eq!(made, 0);
    // SAFETY: it was made.
    let timer = unsafe { timer.assume_init() };
    let every = libc::timespec { tv_sec: 0, tv_nsec: 20_000 };
    let every = libc::itimerspec { it_interval: every, it_value: every };
    // SAFETY: the timer is ours.
    assert_eq!(unsafe { libc::timer_settime(timer, 0, &raw const every, ptr::null_mut()) }, 0);
    timer
}

#[test]
fn a_storm_of_signals_corrupts_nothing_and_is_counted() {
    let rings = Rings::new(Options { ring: 64 << 10, total: 64 << 10, full: Full::Drop }).unwrap();
    let mut consumer = rings.consumer().unwrap();
    let (mut plain, mut signalled) = (0, 0);
    let mut lost = [0, 0];
    let mut drain = |consumer: &mut ring::Consumer| {
        consumer.drain_all(|entry| match (entry.kind, entry.lanes) {
            (Kind::Record(bytes), 1) => {
                assert_eq!(bytes, [7; 24]);
                plain += 1;
            }
            (Kind::Record(bytes), 2) => {
                assert_eq!(bytes, u64::to_le_bytes(signalled));
                signalled += 1;
            }
            (Kind::Lost(count), 1) => lost[0] += count,
            (Kind::Lost(count), 2) => lost[1] += count,
            _ => panic!("{entry:?}"),
        });
    };
    let mut refused = 0;
    let mut pushes = 0;
    std::thread::scope(|scope| {
        let pushing = scope.spawn(|| {
            let producer = rings.producer(1).unwrap();
            PRODUCER.store(ptr::from_ref(&producer).cast_mut(), Ordering::Relaxed);
            let timer = storm();
            let end = Instant::now() + Duration::from_millis(1500);
            while Instant::now() < end {
                for _ in 0..100 {
                    pushes += 1;
                    refused += u64::from(producer.push(1, 24, |room| assert!(room.put(&[7; 24]))).is_err());
                }
            }
            // SAFETY: the timer is ours.
            assert_eq!(unsafe { libc::timer_delete(timer) }, 0);
        });
        while !pushing.is_finished() {
            drain(&mut consumer);
        }
    });
    drain(&mut consumer);
    let (nested, full) = (NESTED.load(Ordering::Relaxed), FULL.load(Ordering::Relaxed));
    eprintln!(
        "{signalled} from the handler, {nested} nested, {full} of it and {refused} others found the ring full"
    );
    assert_eq!((plain, signalled), (pushes - refused, PUSHED.load(Ordering::Relaxed)));
    assert_eq!(lost, [refused, nested + full]);
    assert_eq!(rings.losses().nested, nested);
    assert!(nested > 0 && signalled > 0);
}
