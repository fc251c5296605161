//! Sinks: where records go, and the table that a state word's bits index.

use crate::record::Record;
use crate::state::SINKS;
use std::sync::OnceLock;

/// A place that records go to. A VMM may bring its own with [`crate::Setup::sink`].
///
/// A sink must not emit events itself: they would come back to it.
pub trait Sink: Send + Sync + 'static {
    /// The name by which `sink=NAME` asks for it.
    fn name(&self) -> &str;

    /// Takes a record, on the thread where the event happened.
    fn emit(&self, record: &Record<'_>);

    /// What it could not take so far.
    fn losses(&self) -> Losses {
        Losses::default()
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
#[cfg(feature = "log")]
pub(crate) const LOG: usize = 0;
/// The bit of `trace_marker`.
#[cfg(feature = "ftrace")]
pub(crate) const FTRACE: usize = 2;
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

/// Hands a record to each sink of `bits`.
#[inline]
pub(crate) fn deliver(mut bits: u64, record: &Record<'_>) {
    while bits != 0 {
        if let Some(sink) = TABLE[bits.trailing_zeros() as usize].get() {
            sink.emit(record);
        }
        bits &= bits - 1;
    }
}
