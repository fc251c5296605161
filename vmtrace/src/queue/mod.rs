//! Queued sinks: their records go into a ring of the event's thread, and the writer's thread takes them to the sinks.
//!
//! What an event pays is a reading of the clock and a copy. The flight recorder has rings of its own, which nobody empties:
//! they lie in a file, and are overwritten in a circle.

mod drain;
mod packed;
mod requests;
mod slot;
mod writer;

pub(crate) use drain::{drain, drain_to_the_end};
use packed::Arguments;
pub(crate) use packed::Packed;

use crate::event::Event;
use crate::settings::{Settings, Wait};
use crate::{delivered, sink};
use printf::Value;
use ring::{Full, Options, Refused, Rings, Room};
use slot::Slot;
use std::ptr;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicPtr, AtomicU64, Ordering};
use std::time::Duration;

/// The sinks whose records go through a ring now, and those whose do in a process that has a writer.
static SINKS: AtomicU64 = AtomicU64::new(0);
static QUEUED: AtomicU64 = AtomicU64::new(0);

/// What was lost before there were rings.
static EARLY: [AtomicU64; sink::END] = [const { AtomicU64::new(0) }; sink::END];

/// What [`set_up`] was given, for a forked child.
static SET_UP: OnceLock<Settings> = OnceLock::new();

/// Rings that are made once a process, and never go.
struct Place(AtomicPtr<Rings>);

/// The rings that the writer empties.
static QUEUE: Place = Place(AtomicPtr::new(ptr::null_mut()));
/// The flight recorder's.
static FLIGHT: Place = Place(AtomicPtr::new(ptr::null_mut()));

thread_local! {
    static QUEUE_RING: Slot = const { Slot::new() };
    static FLIGHT_RING: Slot = const { Slot::new() };
}

const FLIGHT_BIT: u64 = 1 << sink::FLIGHT;

impl Place {
    fn get(&self) -> Option<&'static Rings> {
        // SAFETY: `set` leaks what it points to.
        unsafe { self.0.load(Ordering::Acquire).as_ref() }
    }

    fn set(&self, rings: Rings) {
        self.0.store(Box::leak(Box::new(rings)), Ordering::Release);
    }
}

/// Those of some sinks that are queued.
#[inline]
pub(crate) fn takes(sinks: u64) -> u64 {
    sinks & SINKS.load(Ordering::Relaxed)
}

/// Puts a record into the thread's ring, for these sinks.
#[inline]
pub(crate) fn push(event: &Event, values: &[Value<'_>], sinks: u64) {
    if sinks & FLIGHT_BIT != 0
        && FLIGHT_RING.with(|slot| put(slot, &FLIGHT, event, Arguments::Values(values), FLIGHT_BIT))
    {
        delivered::count(sink::FLIGHT);
    }
    if sinks & !FLIGHT_BIT != 0 {
        QUEUE_RING.with(|slot| put(slot, &QUEUE, event, Arguments::Values(values), sinks & !FLIGHT_BIT));
    }
}

/// The same of arguments that are packed already. False if it was counted as lost.
pub(crate) fn push_packed(event: &Event, arguments: &[u8], sinks: u64) -> bool {
    QUEUE_RING.with(|slot| put(slot, &QUEUE, event, Arguments::Packed(arguments), sinks))
}

/// Counts a record of one sink that cannot be queued.
#[cold]
#[allow(clippy::cast_possible_truncation)] // sinks have 31 bits
pub(crate) fn lose(bit: usize, why: Refused) {
    match QUEUE.get() {
        Some(rings) => rings.lose(1 << bit, why),
        // C's events may come before the queue
        None => _ = EARLY[bit].fetch_add(1, Ordering::Relaxed),
    }
}

/// How many records of a sink came before there were rings, each told once.
pub(crate) fn untold(bit: usize) -> u64 {
    static TOLD: [AtomicU64; sink::END] = [const { AtomicU64::new(0) }; sink::END];
    let early = EARLY[bit].load(Ordering::Relaxed);
    early - TOLD[bit].swap(early, Ordering::Relaxed).min(early)
}

/// Whether it is there: otherwise it was counted as lost.
#[inline]
#[allow(clippy::cast_possible_truncation)] // sinks have 31 bits
fn put(slot: &Slot, rings: &'static Place, event: &Event, arguments: Arguments<'_>, sinks: u64) -> bool {
    match slot.producer() {
        Some(producer) => {
            let packed = |room: &mut Room<'_>| packed::write(event, arguments, room);
            producer.push(sinks as u32, packed::len(arguments), packed).is_ok()
        }
        None => put_first(slot, rings, event, arguments, sinks as u32),
    }
}

/// A thread's first record.
#[cold]
fn put_first(
    slot: &Slot,
    rings: &'static Place,
    event: &Event,
    arguments: Arguments<'_>,
    sinks: u32,
) -> bool {
    let Some(rings) = rings.get() else { return false };
    let Some(producer) = slot.register(rings) else {
        rings.lose(sinks, Refused::Closed);
        return false;
    };
    producer
        .push(sinks, packed::len(arguments), |room: &mut Room<'_>| packed::write(event, arguments, room))
        .is_ok()
}

/// Makes the rings and starts the writer.
pub(crate) fn set_up(settings: &Settings) -> Result<(), String> {
    slot::watch_threads();
    drain::at_exit();
    _ = SET_UP.set(settings.clone());
    set_up_again()
}

/// The same in a forked child.
pub(crate) fn set_up_again() -> Result<(), String> {
    let Some(settings) = SET_UP.get() else { return Ok(()) };
    let full = match settings.wait {
        None | Some(Wait::Never) => Full::Drop,
        Some(Wait::AtMost(most)) => Full::Wait(Some(most)),
        Some(Wait::Forever) => Full::Wait(None),
    };
    QUEUE.set(Rings::new(options(settings, full)).map_err(|error| error.to_string())?);
    let started = writer::start();
    if started.is_err() {
        // nobody makes room, so nobody is to wait for it
        QUEUE.get().into_iter().for_each(|rings| rings.set_wait(Some(Duration::ZERO)));
    }
    started.map_err(|error| format!("the thread that empties the queues cannot be started: {error}"))
}

/// What the user says of rings.
pub(crate) fn options(settings: &Settings, full: Full) -> Options {
    const USUAL: usize = 1 << 20;
    let ring = settings.ring.unwrap_or(USUAL);
    Options { ring, total: (64 << 20).max(ring.saturating_mul(16)), full }
}

/// From here on the records of these sinks are queued, while there is a writer.
pub(crate) fn begin(sinks: u64) {
    QUEUED.store(sinks, Ordering::Relaxed);
    SINKS.store(sinks, Ordering::Release);
}

/// The same in a forked child, but for these.
pub(crate) fn begin_again(without: u64) {
    SINKS.store(QUEUED.load(Ordering::Relaxed) & !without, Ordering::Release);
}

/// Whether this process has a writer.
pub(crate) fn has_writer() -> bool {
    writer::is_there()
}

/// Whether the calling thread is the writer's.
#[cfg(feature = "flight")]
pub(crate) fn is_writer() -> bool {
    writer::is_here()
}

/// A child that was forked has no writer: the sinks of ours take records at once, or not at all. What the VMM's own were to get
/// on the writer's thread is lost: they may have held locks there. In a handler of pthread_atfork(3).
pub(crate) fn forked() {
    const OURS: u64 = (1 << sink::FIRST_OWN) - 1;
    SINKS.fetch_and(!OURS, Ordering::Relaxed);
}

/// Wakes the writer, who sleeps long while no event is queued.
pub(crate) fn wake() {
    if let Some(rings) = QUEUE.get() {
        rings.wake();
    }
}

/// Why most of the records are missing that queues have lost.
pub(crate) fn why() -> &'static str {
    if !has_writer() {
        return "the process was forked, and has no writer (Tracing::forked)";
    }
    let lost = QUEUE.get().map(Rings::losses).unwrap_or_default();
    let reasons = [
        (lost.closed, "a thread had no ring: there were too many threads, or it was at its beginning or end"),
        (lost.too_long, "a record was too long for its thread's ring"),
        (lost.nested, "a signal handler's event came within another of its thread"),
        (lost.full, "a thread's ring was full"),
        (
            EARLY.iter().map(|early| early.load(Ordering::Relaxed)).sum(),
            "they came before tracing was set up",
        ),
    ];
    reasons.into_iter().max_by_key(|&(records, _)| records).map_or("", |(_, why)| why)
}

/// How many records a sink of the VMM's own panicked of.
pub(crate) fn panicked(bit: usize) -> u64 {
    writer::panicked(bit)
}

/// How many records came to the writer too late to stand in their place among those of other threads.
pub(crate) fn late() -> u64 {
    QUEUE.get().map_or(0, Rings::late)
}

/// How many records a sink misses for want of room in a queue.
#[allow(clippy::cast_possible_truncation)] // there are 31 sinks
pub(crate) fn dropped(bit: usize) -> u64 {
    let rings = if FLIGHT_BIT == 1 << bit { FLIGHT.get() } else { QUEUE.get() };
    rings.map_or(0, |rings| rings.lost(bit as u32)) + EARLY[bit].load(Ordering::Relaxed)
}

pub(crate) fn set_flight(rings: Rings) {
    FLIGHT.set(rings);
}

pub(crate) fn flight() -> Option<&'static Rings> {
    FLIGHT.get()
}
