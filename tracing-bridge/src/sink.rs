//! From vmtrace to `tracing`'s subscriber.

use crate::GROUP;
use std::cell::Cell;
use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use tracing::Level;
use vmtrace::{Losses, Record, Sink};

/// The target of all that [`SubscriberSink`] says.
pub const TARGET: &str = "vmtrace";

/// A sink that hands records to the current subscriber of `tracing`, at one level, with target [`TARGET`] and the fields
/// `event`, the event's name, and `text`, what its format makes of the arguments, with control bytes escaped.
///
/// It is called `tracing`, so `sink=tracing` routes to it. What the subscriber does (it may allocate, lock, and write) is done
/// on the thread of the event; one that happens in a signal handler must not go here. An event that the subscriber itself
/// emits while it is handed one is counted as lost.
#[derive(Debug)]
pub struct SubscriberSink {
    level: Level,
    nested: AtomicU64,
}

thread_local! {
    static IS_INSIDE: Cell<bool> = const { Cell::new(false) };
}

/// Ends the time inside, in a panic too.
struct Inside;

impl Drop for Inside {
    fn drop(&mut self) {
        IS_INSIDE.set(false);
    }
}

impl SubscriberSink {
    /// Says everything at a level.
    #[must_use]
    pub fn new(level: Level) -> Self {
        Self { level, nested: AtomicU64::new(0) }
    }
}

impl Sink for SubscriberSink {
    fn name(&self) -> &'static str {
        "tracing"
    }

    fn emit(&self, record: &Record<'_>) {
        // what came from the subscriber does not go back
        if GROUP.events().iter().any(|&event| std::ptr::eq(event, record.event())) {
            return;
        }
        if IS_INSIDE.replace(true) {
            self.nested.fetch_add(1, Ordering::Relaxed);
            return;
        }
        let _inside = Inside;
        // a level is a part of the callsite, so there is one for each
        macro_rules! say {
            ($level:ident) => {
                tracing::$level!(target: TARGET, event = record.event().name(), text = %Text(record))
            };
        }
        match self.level {
            Level::ERROR => say!(error),
            Level::WARN => say!(warn),
            Level::INFO => say!(info),
            Level::DEBUG => say!(debug),
            Level::TRACE => say!(trace),
        }
    }

    fn losses(&self) -> Losses {
        let records = self.nested.load(Ordering::Relaxed);
        let why = "they happened in the subscriber itself, while it was handed another";
        Losses { records, why: (records > 0).then(|| why.to_owned()) }
    }
}

/// The line without its name, rendered if the subscriber looks at it.
struct Text<'a, 'b>(&'a Record<'b>);

impl fmt::Display for Text<'_, '_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let line = self.0.line();
        let text = line.get(self.0.event().name().len() + 1..).unwrap_or_default();
        text.utf8_chunks().try_for_each(|chunk| {
            f.write_str(chunk.valid())?;
            if chunk.invalid().is_empty() { Ok(()) } else { f.write_str("\u{fffd}") }
        })
    }
}
