//! Sinks: where records go, and the table that a state word's bits index.

use crate::delivered;
use crate::record::Record;
use crate::state::SINKS;
use printf::Text;
use std::mem::MaybeUninit;
use std::sync::OnceLock;

/// A place that records go to. A VMM may bring its own with [`crate::Setup::sink`].
///
/// A sink must not emit events itself: they would come back to it.
pub trait Sink: Send + Sync + 'static {
    /// The name by which `sink=NAME` asks for it.
    fn name(&self) -> &str;

    /// Takes a record, on the thread where the event happened.
    fn emit(&self, record: &Record<'_>);

    /// Takes a record that was queued: on the writer's thread, in order of time, one at a time. One that panics loses the record.
    /// In a forked child, where the writer's thread is not, records are lost until [`crate::Tracing::forked`].
    fn emit_queued(&self, record: &Record<'_>) {
        self.emit(record);
    }

    /// Is told that a queue had no room for records of this sink, on the writer's thread, at the place in the order where
    /// they are missing.
    fn dropped(&self, dropped: Dropped) {
        let _ = dropped;
    }

    /// Ends a batch of queued records: what was put off is to be written now. On the writer's thread, which calls it now and
    /// then while there is nothing, too.
    fn flush(&self) {}

    /// What it could not take so far, itself: what a queue had no room for is counted there.
    fn losses(&self) -> Losses {
        Losses::default()
    }
}

/// Records that a queue had no room for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Dropped {
    /// How many.
    pub records: u64,
    /// CLOCK_MONOTONIC in nanoseconds, when the next record found room.
    pub time: u64,
    /// The same moment by CLOCK_REALTIME, in nanoseconds since 1970.
    pub wall_time: u64,
    /// The thread whose they were (gettid(2)); 0 of several that could have no ring.
    pub thread: u32,
}

impl Dropped {
    /// `vmtrace: N events lost`, in the caller's room, which is large enough for any number.
    #[must_use]
    pub fn line<'a>(&self, room: &'a mut [MaybeUninit<u8>; 48]) -> &'a [u8] {
        let mut text = Text::new(room);
        text.plain(b"vmtrace: ");
        text.unsigned(self.records);
        text.plain(b" events lost");
        text.into_bytes()
    }
}

/// What a sink lost.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Losses {
    /// How many records.
    pub records: u64,
    /// Why, the most recent or the most frequent reason, in words.
    pub why: Option<String>,
}

/// A sink that was asked for and cannot be had. Its `Display` says why, and where there is one, the way out.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("trace sink `{name}` is not available: {why}")]
pub struct Unavailable {
    /// The sink.
    pub name: String,
    /// Why.
    pub why: String,
}

/// The bit of QEMU's log.
pub(crate) const LOG: usize = 0;
/// The bit of QEMU's binary trace.
pub(crate) const SIMPLE: usize = 1;
/// The bit of `trace_marker`.
pub(crate) const FTRACE: usize = 2;
/// The bit of the system's log.
pub(crate) const SYSLOG: usize = 3;
/// The bit of the flight recorder.
pub(crate) const FLIGHT: usize = 4;
/// The first bit of a VMM's own sinks; those below are kept for ours.
pub(crate) const FIRST_OWN: usize = 8;
/// One past the last.
pub(crate) const END: usize = SINKS.count_ones() as usize;

static TABLE: [OnceLock<Box<dyn Sink>>; END] = [const { OnceLock::new() }; END];

/// Puts a sink at its bit. False if there is one already.
pub(crate) fn install(bit: usize, sink: Box<dyn Sink>) -> bool {
    TABLE.get(bit).is_some_and(|place| place.set(sink).is_ok())
}

/// The sinks that there are, with their bits.
pub(crate) fn installed() -> impl Iterator<Item = (usize, &'static dyn Sink)> {
    TABLE.iter().enumerate().filter_map(|(bit, place)| Some((bit, place.get()?.as_ref())))
}

/// The sink of a bit.
#[inline]
pub(crate) fn at(bit: usize) -> Option<&'static dyn Sink> {
    Some(TABLE.get(bit)?.get()?.as_ref())
}

/// Hands a record to each sink of `bits`.
#[inline]
pub(crate) fn deliver(mut bits: u64, record: &Record<'_>) {
    while bits != 0 {
        let bit = bits.trailing_zeros() as usize;
        if let Some(sink) = at(bit) {
            sink.emit(record);
            delivered::count(bit);
        }
        bits &= bits - 1;
    }
}
