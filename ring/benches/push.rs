//! What a record costs its thread, beside the clock that it must read: `cargo bench -p vmtrace-ring`.

#![allow(clippy::cast_precision_loss)] // figures for people

use ring::{Full, Options, Producer, Rings};
use rustix::time::{ClockId, clock_gettime};
use std::hint::black_box;
use std::path::Path;
use std::sync::Barrier;
use std::time::{Duration, Instant};

const MIB: usize = 1 << 20;

/// The least of seven runs: nanoseconds for each of `count`.
fn each(count: u64, mut run: impl FnMut(u64), mut between: impl FnMut()) -> f64 {
    let least = (0..7).map(|_| {
        between();
        let start = Instant::now();
        (0..count).for_each(&mut run);
        start.elapsed()
    });
    least.min().unwrap_or_default().as_nanos() as f64 / count as f64
}

fn push(producer: &Producer, number: u64) {
    // what an event with two arguments is
    let pushed = producer.push(1, 16, |room| {
        room.put_u64(number);
        room.put_u64(black_box(7));
    });
    black_box(pushed).ok();
}

fn options(ring: usize, count: usize, full: Full) -> Options {
    Options { ring, total: ring * count, full }
}

fn ready(rings: Rings) -> Rings {
    while rings.maintain() {}
    rings
}

/// A burst of so many threads, 800,000 records in all, with a consumer beside them: the time a record, and the losses.
fn burst(name: &str, threads: u64, options: Options) {
    let rings = Rings::new(options).unwrap();
    let mut consumer = rings.consumer().unwrap();
    let start = Barrier::new(usize::try_from(threads + 1).unwrap());
    let mut spent = Duration::ZERO;
    std::thread::scope(|scope| {
        let producing: Vec<_> = (0..threads)
            .map(|tid| {
                let (rings, start) = (&rings, &start);
                scope.spawn(move || {
                    let producer = rings.producer(u32::try_from(tid).unwrap()).unwrap();
                    start.wait();
                    start.wait();
                    let begin = Instant::now();
                    (0..800_000 / threads).for_each(|number| push(&producer, number));
                    begin.elapsed()
                })
            })
            .collect();
        start.wait();
        while rings.maintain() {}
        start.wait();
        let begin = Instant::now();
        let mut entries = 0;
        while !producing.iter().all(std::thread::ScopedJoinHandle::is_finished) {
            entries += consumer.drain(|entry| _ = black_box(entry)).entries;
            consumer.sleep(Duration::from_millis(10));
        }
        entries += consumer.drain_all(|entry| _ = black_box(entry)).entries;
        let all = begin.elapsed();
        for thread in producing {
            spent += thread.join().unwrap();
        }
        println!(
            "{name:44} {:6.1} ns, {} of 800000 lost, {} late, {entries} entries out in {all:?}",
            spent.as_nanos() as f64 / 800_000.0,
            rings.lost(0),
            rings.late(),
        );
    });
}

fn main() {
    let clock = each(1_000_000, |_| _ = black_box(clock_gettime(ClockId::Monotonic)), || ());
    println!("{:44} {clock:6.1} ns", "clock_gettime(CLOCK_MONOTONIC)");
    let ratio =
        |name: &str, ns: f64| println!("{name:44} {ns:6.1} ns {:+6.1} {:5.2}", ns - clock, ns / clock);

    let rings = ready(Rings::new(options(MIB, 2, Full::Drop)).unwrap());
    let mut consumer = rings.consumer().unwrap();
    let producer = rings.producer(1).unwrap();
    // as many as the ring holds
    let drained = each(30_000, |number| push(&producer, number), || _ = consumer.drain_all(|_| {}));
    ratio("push, 16 bytes, ring of 1 MiB with room", drained);
    let start = Instant::now();
    let entries = consumer.drain_all(|entry| _ = black_box(entry)).entries;
    println!("{:44} {:6.1} ns", "drain, one ring", start.elapsed().as_nanos() as f64 / entries as f64);
    while producer.push(1, 16, |_| {}).is_ok() {}
    ratio("push, ring full, dropped", each(1_000_000, |number| push(&producer, number), || ()));

    let rings = ready(Rings::new(options(64 * MIB, 1, Full::Drop)).unwrap());
    let producer = rings.producer(1).unwrap();
    while rings.maintain() {}
    let mut consumer = rings.consumer().unwrap();
    let large = each(1_000_000, |number| push(&producer, number), || _ = consumer.drain_all(|_| {}));
    ratio("push, ring of 64 MiB", large);

    let rings = ready(Rings::new(options(MIB, 2, Full::Overwrite)).unwrap());
    let producer = rings.producer(1).unwrap();
    ratio("push, overwriting", each(1_000_000, |number| push(&producer, number), || ()));
    for folder in ["/dev/shm", "/tmp"] {
        let path = Path::new(folder).join(format!("ring-bench-{}", std::process::id()));
        let rings = ready(Rings::create(&path, options(MIB, 2, Full::Overwrite), b"").unwrap());
        let producer = rings.producer(1).unwrap();
        let spent = each(1_000_000, |number| push(&producer, number), || ());
        ratio(&format!("push, overwriting a file in {folder}"), spent);
        std::fs::remove_file(&path).ok();
    }

    for (name, ring) in
        [("1 MiB, spare ready", MIB), ("64 MiB, spare ready", 64 * MIB), ("64 MiB, none ready", 64 * MIB)]
    {
        let rings = Rings::new(options(ring, 4, Full::Drop)).unwrap();
        let _other = name.contains("none").then(|| rings.producer(1));
        let start = Instant::now();
        let producer = rings.producer(2).unwrap();
        push(&producer, 1);
        println!("{:44} {:?}", format!("a thread's first record, {name}"), start.elapsed());
        let start = Instant::now();
        while rings.maintain() {}
        println!("{:44} {:?}", "  and maintain after it", start.elapsed());
    }

    for threads in [1, 4] {
        let count = usize::try_from(threads).unwrap();
        burst(&format!("burst, {threads} threads, 1 MiB, drop"), threads, options(MIB, count, Full::Drop));
        burst(
            &format!("burst, {threads} threads, 1 MiB, wait"),
            threads,
            options(MIB, count, Full::Wait(None)),
        );
        burst(
            &format!("burst, {threads} threads, 64 MiB, drop"),
            threads,
            options(64 * MIB, count, Full::Drop),
        );
    }
}
