//! How many records each sink was handed.
//!
//! Each thread counts for itself: one counter for all would have the processors of all vcpus wait for each other's caches.

use crate::sink::END;
use std::cell::Cell;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};

/// So many threads have counters of their own; further ones share the last, and count slower.
const OWN: usize = 255;

#[repr(align(128))]
struct Counters([AtomicU64; END]);

static COUNTERS: [Counters; OWN + 1] = [const { Counters([const { AtomicU64::new(0) }; END]) }; OWN + 1];

static TAKEN: AtomicU32 = AtomicU32::new(0);

thread_local! {
    /// The thread's place among the counters, plus one.
    static PLACE: Cell<u32> = const { Cell::new(0) };
}

/// Counts a record.
#[inline]
pub(crate) fn count(bit: usize) {
    let place = match PLACE.get() {
        0 => take(),
        place => place,
    };
    let place = place as usize - 1;
    let Some(counter) = COUNTERS.get(place).and_then(|counters| counters.0.get(bit)) else { return };
    if place < OWN {
        // no other thread writes it: no lock on the bus
        counter.store(counter.load(Ordering::Relaxed) + 1, Ordering::Relaxed);
    } else {
        counter.fetch_add(1, Ordering::Relaxed);
    }
}

/// A forked child counts its own. In a handler of pthread_atfork(3).
pub(crate) fn forked() {
    let taken = TAKEN.load(Ordering::Relaxed) as usize;
    for counters in COUNTERS.iter().take(taken.min(OWN) + 1).chain(COUNTERS.last()) {
        for counter in &counters.0 {
            // what is zero need not become the child's own memory
            if counter.load(Ordering::Relaxed) != 0 {
                counter.store(0, Ordering::Relaxed);
            }
        }
    }
}

/// How many all threads counted.
pub(crate) fn of(bit: usize) -> u64 {
    COUNTERS
        .iter()
        .filter_map(|counters| counters.0.get(bit))
        .map(|counter| counter.load(Ordering::Relaxed))
        .sum()
}

#[cold]
fn take() -> u32 {
    let most = u32::try_from(OWN).unwrap_or(u32::MAX);
    let place = TAKEN.fetch_add(1, Ordering::Relaxed).min(most) + 1;
    PLACE.set(place);
    place
}
