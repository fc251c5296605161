//! Many threads to one: nothing lost, nothing torn, in order of time, and every loss counted. These also run under Miri
//! (`cargo xtask miri`).

#![allow(clippy::cast_possible_truncation)] // numbers of tests are small
use ring::{Drained, Full, Kind, Options, Refused, Rings};
use std::sync::Barrier;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::Duration;

/// Records of each thread; Miri is slow.
const EACH: u64 = if cfg!(miri) { 20 } else { 200_000 };
/// Records of each that comes, and times that all threads come anew.
const COMING: u64 = if cfg!(miri) { 5 } else { 100 };
const ROUNDS: u32 = if cfg!(miri) { 3 } else { 100 };

fn rings(ring: usize, count: usize, full: Full) -> Rings {
    Rings::new(Options { ring, total: ring * count, full }).unwrap()
}

/// A payload that shows when it is torn: its number, and bytes that follow from it.
fn payload(number: u64, len: usize) -> Vec<u8> {
    let mut bytes = number.to_le_bytes().to_vec();
    bytes.extend((8..len).map(|at| (number as usize * 31 + at) as u8));
    bytes
}

fn number(bytes: &[u8]) -> u64 {
    let number = u64::from_le_bytes(bytes[..8].try_into().unwrap());
    assert_eq!(bytes, payload(number, bytes.len()), "torn");
    number
}

/// What one run of many threads came to.
#[derive(Default)]
struct Seen {
    entries: Drained,
    records: Vec<Vec<u64>>,
    lost: Vec<u64>,
    disorder: u64,
}

/// `threads` push `each` records of some lengths; lane 0 is told everything.
fn run(rings: &Rings, threads: usize, each: u64) -> (Seen, Vec<u64>) {
    let mut consumer = rings.consumer().unwrap();
    let start = Barrier::new(threads);
    let done = AtomicU64::new(0);
    let refused: Vec<AtomicU64> = (0..threads).map(|_| AtomicU64::new(0)).collect();
    let mut seen = Seen { records: vec![vec![]; threads], lost: vec![0; threads], ..Seen::default() };
    thread::scope(|scope| {
        for (tid, refused) in refused.iter().enumerate() {
            let (start, done) = (&start, &done);
            scope.spawn(move || {
                let producer = rings.producer(tid as u32).unwrap();
                start.wait();
                for count in 0..each {
                    let bytes = payload(count, 8 + (count * 7 % 61) as usize);
                    let upto = bytes.len() + (count % 5) as usize * 8;
                    if producer.push(1, upto, |room| assert!(room.put(&bytes))).is_err() {
                        refused.fetch_add(1, Ordering::Relaxed);
                    }
                }
                done.fetch_add(1, Ordering::Release);
            });
        }
        let mut newest = 0;
        loop {
            let end = done.load(Ordering::Acquire) == threads as u64;
            let each = |entry: ring::Entry<'_>| {
                let thread = entry.tid as usize;
                match entry.kind {
                    Kind::Record(bytes) => {
                        let number = number(bytes);
                        let dropped = seen.lost[thread];
                        let before = seen.records[thread].len() as u64;
                        assert_eq!(number, before + dropped, "the loss stands where it was");
                        seen.records[thread].push(number);
                    }
                    Kind::Lost(count) => seen.lost[thread] += count,
                }
                if entry.time < newest {
                    assert!(entry.late);
                    seen.disorder += 1;
                }
                newest = newest.max(entry.time);
            };
            let drained = if end { consumer.drain_all(each) } else { consumer.drain(each) };
            seen.entries.entries += drained.entries;
            seen.entries.late += drained.late;
            if end {
                break;
            }
            consumer.sleep(Duration::from_millis(5));
        }
    });
    (seen, refused.into_iter().map(AtomicU64::into_inner).collect())
}

#[test]
fn waiting_loses_nothing() {
    let rings = rings(64 << 10, 4, Full::Wait(None));
    let (seen, refused) = run(&rings, 4, EACH);
    assert_eq!(refused, [0; 4]);
    assert_eq!(seen.records.iter().map(Vec::len).collect::<Vec<_>>(), [EACH as usize; 4]);
    assert_eq!(seen.disorder, seen.entries.late as u64);
    assert_eq!(rings.late(), seen.entries.late as u64);
    eprintln!("{} late of {}", rings.late(), seen.entries.entries);
}

#[test]
fn drops_are_counted_where_they_happen() {
    for ring in [4 << 10, 64 << 10] {
        let rings = rings(ring, 3, Full::Drop);
        let (seen, refused) = run(&rings, 3, EACH);
        assert_eq!(seen.lost, refused);
        for (records, lost) in seen.records.iter().zip(&seen.lost) {
            assert_eq!(records.len() as u64 + lost, EACH);
        }
        assert_eq!(rings.lost(0), refused.iter().sum());
        assert_eq!(rings.lost(1), 0);
        assert_eq!(rings.losses().full, refused.iter().sum());
        eprintln!("{refused:?} dropped, {} late of {}", rings.late(), seen.entries.entries);
    }
}

#[test]
fn records_of_every_length() {
    let rings = rings(8 << 10, 1, Full::Drop);
    let producer = rings.producer(1).unwrap();
    let mut consumer = rings.consumer().unwrap();
    // short ones, and those about the longest that there may be
    let lens =
        || (0..if cfg!(miri) { 2035 } else { 2049 }).filter(|len| !cfg!(miri) || !(5..2031).contains(len));
    for len in lens().chain(lens().rev()) {
        let bytes: Vec<u8> = (0..len).map(|at| (at * 7 + len) as u8).collect();
        let pushed = producer.push(3, len, |room| assert!(room.put(&bytes)));
        let mut seen = vec![];
        consumer.drain_all(|entry| match entry.kind {
            Kind::Record(bytes) => seen.push(bytes.to_vec()),
            Kind::Lost(count) => assert_eq!(count, 1),
        });
        if len + 16 > 2048 {
            assert_eq!(pushed, Err(Refused::TooLong));
            assert!(seen.is_empty());
        } else {
            assert_eq!(pushed, Ok(()));
            assert_eq!(seen, [bytes]);
        }
    }
    assert_eq!(rings.losses().too_long, 2 * lens().filter(|len| len + 16 > 2048).count() as u64);
    // hopeless lengths do not wrap around
    assert_eq!(producer.push(1, usize::MAX, |_| {}), Err(Refused::TooLong));
}

#[test]
fn a_fill_that_writes_too_much_is_cut_and_one_that_panics_leaves_nothing() {
    let rings = rings(4 << 10, 1, Full::Drop);
    let producer = rings.producer(1).unwrap();
    let mut consumer = rings.consumer().unwrap();
    producer
        .push(1, 12, |room| {
            assert!(room.put_u64(1));
            assert!(!room.put_u64(2));
            assert!(room.put_u32(3));
            assert_eq!((room.used(), room.left()), (12, 0));
        })
        .unwrap();
    let panic = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        producer.push(1, 8, |_| panic!("on purpose")).unwrap();
    }));
    assert!(panic.is_err());
    producer.push(1, 0, |_| {}).unwrap();
    let mut lens = vec![];
    consumer.drain_all(|entry| {
        if let Kind::Record(bytes) = entry.kind {
            lens.push(bytes.len());
        }
    });
    assert_eq!(lens, [12, 0]);
}

#[test]
fn a_push_within_a_push_is_dropped_and_counted() {
    let rings = rings(4 << 10, 1, Full::Drop);
    let producer = rings.producer(1).unwrap();
    let mut consumer = rings.consumer().unwrap();
    producer.push(1, 8, |_| assert_eq!(producer.push(6, 8, |_| {}), Err(Refused::Nested))).unwrap();
    producer.push(1, 0, |_| {}).unwrap();
    let mut seen = vec![];
    consumer.drain_all(|entry| seen.push((entry.lanes, matches!(entry.kind, Kind::Lost(1)))));
    assert_eq!(seen, [(1, false), (2, true), (4, true), (1, false)]);
    assert_eq!(rings.losses().nested, 1);
}

#[test]
fn losses_with_nothing_behind_them_are_told() {
    let rings = rings(4 << 10, 1, Full::Drop);
    let producer = rings.producer(7).unwrap();
    let mut consumer = rings.consumer().unwrap();
    while producer.push(1, 100, |room| assert!(room.put(&[1; 100]))).is_ok() {}
    rings.lose(2, Refused::Closed);
    let mut lost = vec![];
    let mut losses = |entry: ring::Entry<'_>| {
        if let Kind::Lost(count) = entry.kind {
            lost.push((entry.tid, entry.lanes, count));
        }
    };
    consumer.drain_all(&mut losses);
    // told once only, though the ring has it as well
    producer.push(1, 0, |_| {}).unwrap();
    consumer.drain_all(&mut losses);
    assert_eq!(lost, [(7, 1, 1), (0, 2, 1)]);
}

#[test]
fn rings_of_threads_that_ended_are_used_again_and_lose_nothing() {
    let rings = rings(4 << 10, 3, Full::Wait(None));
    let mut consumer = rings.consumer().unwrap();
    let stop = AtomicBool::new(false);
    let (mut records, mut sum) = (0, 0);
    thread::scope(|scope| {
        scope.spawn(|| {
            for round in 0..ROUNDS {
                thread::scope(|scope| {
                    for thread in 0..3 {
                        let rings = &rings;
                        scope.spawn(move || {
                            let tid = round * 3 + thread;
                            // the consumer has to empty one first
                            let producer = loop {
                                if let Some(producer) = rings.producer(tid) {
                                    break producer;
                                }
                                thread::yield_now();
                            };
                            for _ in 0..COMING {
                                producer.push(1, 4, |room| assert!(room.put_u32(tid))).unwrap();
                            }
                        });
                    }
                });
            }
            stop.store(true, Ordering::Release);
        });
        loop {
            let end = stop.load(Ordering::Acquire);
            consumer.drain_all(|entry| {
                let Kind::Record(bytes) = entry.kind else { panic!("{entry:?}") };
                assert_eq!(bytes, entry.tid.to_le_bytes());
                records += 1;
                sum += u64::from(entry.tid);
            });
            if end {
                break;
            }
            consumer.sleep(Duration::from_micros(100));
        }
    });
    let threads = u64::from(ROUNDS) * 3;
    assert_eq!((records, sum), (threads * COMING, (threads - 1) * threads / 2 * COMING));
}

#[test]
fn a_waiting_thread_is_freed_by_its_bound_and_by_a_change_of_it() {
    let rings = rings(4 << 10, 1, Full::Wait(Some(Duration::from_millis(5))));
    let fill = |producer: &ring::Producer| {
        while producer.push(1, 100, |room| assert!(room.put(&[1; 100]))).is_ok() {}
    };
    thread::scope(|scope| {
        let thread = scope.spawn(|| {
            let producer = rings.producer(1).unwrap();
            fill(&producer);
            rings.set_wait(None);
            assert_eq!(producer.push(1, 100, |room| assert!(room.put(&[1; 100]))), Err(Refused::Full));
        });
        while !thread.is_finished() {
            thread::sleep(Duration::from_millis(10));
            rings.set_wait(Some(Duration::ZERO));
        }
    });
    // the consumer's own thread never waits for itself
    let mut consumer = rings.consumer().unwrap();
    consumer.drain_all(|_| {});
    rings.set_wait(None);
    fill(&rings.producer(2).unwrap());
}

#[test]
fn the_total_is_a_bound_and_a_spare_is_kept_ready() {
    let rings = rings(64 << 10, 2, Full::Drop);
    let one = rings.producer(1).unwrap();
    let two = rings.producer(2).unwrap();
    assert!(rings.producer(3).is_none());
    rings.lose(1, Refused::Closed);
    rings.lose(1, Refused::Nested);
    assert_eq!((rings.lost(0), rings.losses().closed, rings.losses().nested), (2, 1, 1));
    while rings.maintain() {}
    drop((one, two));
    let mut consumer = rings.consumer().unwrap();
    assert!(rings.consumer().is_none());
    assert!(rings.producer(3).is_none(), "not emptied yet");
    consumer.drain(|_| {});
    assert!(rings.producer(3).is_some());
}

#[test]
fn impossible_sizes_are_refused() {
    for (ring, total) in [(0, 0), (1 << 10, 1 << 20), (1 << 40, 1 << 41), (1 << 20, 1 << 19), (4096, 1 << 40)]
    {
        assert!(matches!(
            Rings::new(Options { ring, total, full: Full::Drop }),
            Err(ring::Error::Options(_))
        ));
    }
}

/// Whoever wakes a consumer that is awake may have come behind its last look.
#[test]
fn a_consumer_that_is_woken_while_awake_does_not_sleep() {
    let rings = rings(4096, 1, Full::Drop);
    let mut consumer = rings.consumer().unwrap();
    for _ in 0..2 {
        consumer.drain(|_| {});
        rings.wake();
        consumer.sleep(Duration::from_secs(3600));
    }
}
