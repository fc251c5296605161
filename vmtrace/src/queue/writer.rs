//! The writer's thread: takes records out of the rings, in order of time, to their sinks.

use super::drain;
use super::packed::Packed;
use super::{QUEUE, takes};
use crate::event::Event;
use crate::record::{LINE_MAX, Queued, Record, clock};
use crate::sink::{self, Dropped, END, Sink};
use crate::sinks::simple;
use crate::{delivered, registry, thread};
use ring::{Consumer, Entry, Kind, Rings};
use std::io;
use std::mem::MaybeUninit;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc;
use std::time::Duration;

/// How long the writer sleeps at most while events are queued: a record is in its file sooner than 100 ms.
const SLEEP: Duration = Duration::from_millis(20);

/// How long while none is. Whoever queues one wakes it.
const LONG_SLEEP: Duration = Duration::from_secs(3600);

/// After so many sleeps without a record while no event is queued it sleeps long: a thread that had found its event on just
/// before has put its record into its ring by then.
const QUIET: u32 = 50;

/// The writer's thread and the process's [`thread::generation`], so that nobody waits for a writer that is not there, or
/// for himself; 0 before.
static WRITER: AtomicU64 = AtomicU64::new(0);

static HANDED: AtomicU64 = AtomicU64::new(0);
static PANICKED: [AtomicU64; END] = [const { AtomicU64::new(0) }; END];

struct Writer {
    consumer: Consumer,
    /// The sinks that are to be told of the end of the batch.
    touched: u64,
}

/// Starts the writer, and comes back when it runs: it needs no more of the kernel then than it will ever need.
pub(crate) fn start() -> io::Result<()> {
    let Some(consumer) = QUEUE.get().and_then(Rings::consumer) else {
        return Err(io::Error::other("the rings have a writer already"));
    };
    let (ready, is_ready) = mpsc::channel();
    let run = move || {
        let number = u64::from(thread::id()) << 32 | u64::from(thread::generation());
        WRITER.store(number, Ordering::Release);
        let mut writer = Writer { consumer, touched: 0 };
        // what is asked for only once is asked for now
        writer.pass(false);
        _ = ready.send(());
        writer.run();
    };
    thread::without_signals(|| std::thread::Builder::new().name("vmtrace".to_owned()).spawn(run))?;
    is_ready.recv().map_err(|_| io::Error::other("the writer's thread ended"))
}

/// Whether this process has a writer.
pub(super) fn is_there() -> bool {
    let writer = WRITER.load(Ordering::Acquire);
    writer != 0 && writer & u64::from(u32::MAX) == u64::from(thread::generation())
}

/// Whether that is the calling thread.
pub(super) fn is_here() -> bool {
    is_there() && WRITER.load(Ordering::Acquire) >> 32 == u64::from(thread::id())
}

impl Writer {
    fn run(mut self) {
        let mut quiet: u32 = 0;
        loop {
            let asked = drain::asked();
            let entries = self.pass(asked.is_some());
            if let Some(asked) = asked {
                if asked.is_last {
                    // who waits for room from here on waits for nobody: one of these may be who the end waits for
                    QUEUE.get().into_iter().for_each(|rings| rings.set_wait(Some(Duration::ZERO)));
                    WRITER.store(0, Ordering::Release);
                    drain::done(asked);
                    return;
                }
                drain::done(asked);
            }
            // rings are faulted in before their threads get there
            let has_more = QUEUE.get().is_some_and(Rings::maintain);
            if entries > 0 || has_more {
                quiet = 0;
                continue;
            }
            // one that could not write, or could not tell what it lost, may now
            bits(takes(u64::MAX)).for_each(|bit| hand(bit, Sink::flush));
            let is_off = registry::events().all(is_off);
            quiet = if is_off { QUIET.min(quiet + 1) } else { 0 };
            self.consumer.sleep(if quiet == QUIET { LONG_SLEEP } else { SLEEP });
        }
    }

    /// Takes what there is to its sinks: up to now, or only what is old enough to have its place in the order.
    fn pass(&mut self, all: bool) -> usize {
        let wall = clock(libc::CLOCK_REALTIME).wrapping_sub(clock(libc::CLOCK_MONOTONIC));
        let Self { consumer, touched } = self;
        let take = |entry: Entry<'_>| deliver(&entry, wall, touched);
        let drained = if all { consumer.drain_all(take) } else { consumer.drain(take) };
        for bit in bits(std::mem::take(touched)) {
            hand(bit, Sink::flush);
        }
        drained.entries
    }
}

/// Whether nothing comes of an event. Who switches C's own state may tell nobody: while there is a file for them, such events may come at
/// any time.
fn is_off(event: &Event) -> bool {
    match event.switch() {
        Some(_) => takes(1 << sink::SIMPLE) == 0 || !simple::is_open(),
        None => takes(event.state.sinks()) == 0,
    }
}

fn deliver(entry: &Entry<'_>, wall: u64, touched: &mut u64) {
    let sinks = u64::from(entry.lanes);
    *touched |= sinks;
    let bytes = match entry.kind {
        Kind::Record(bytes) => bytes,
        Kind::Lost(records) => {
            let wall_time = entry.time.wrapping_add(wall);
            let dropped = Dropped { records, time: entry.time, wall_time, thread: entry.tid };
            bits(sinks).for_each(|bit| hand(bit, |sink| sink.dropped(dropped)));
            return;
        }
    };
    let Some((event, packed)) = Packed::read(bytes) else { return };
    let queued = Queued { time: entry.time, wall, thread: entry.tid, arguments: packed.arguments };
    let mut room = [MaybeUninit::uninit(); LINE_MAX];
    let record = Record::new(event, packed.values(), &mut room, Some(queued));
    for bit in bits(sinks) {
        hand(bit, |sink| {
            sink.emit_queued(&record);
            delivered::count(bit);
        });
    }
    HANDED.fetch_add(1, Ordering::Relaxed);
}

/// Has a sink do something. One of the VMM's own that panics loses what it had in hand: the writer goes on.
fn hand(bit: usize, what: impl FnOnce(&dyn Sink)) {
    let Some(sink) = sink::at(bit) else { return };
    if catch_unwind(AssertUnwindSafe(|| what(sink))).is_err() {
        PANICKED[bit].fetch_add(1, Ordering::Relaxed);
    }
}

/// How often a sink panicked.
pub(super) fn panicked(bit: usize) -> u64 {
    PANICKED.get(bit).map_or(0, |count| count.load(Ordering::Relaxed))
}

/// How many records went to their sinks: whoever waits sees that it goes on.
pub(super) fn handed() -> u64 {
    HANDED.load(Ordering::Relaxed)
}

fn bits(mut word: u64) -> impl Iterator<Item = usize> {
    std::iter::from_fn(move || {
        let bit = (word != 0).then(|| word.trailing_zeros() as usize)?;
        word &= word - 1;
        Some(bit)
    })
}
