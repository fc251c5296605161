//! The wall clock against the monotonic one, read again and again while recording.

use nix::time::{ClockId, clock_gettime};
use recording::ClockPair;
use std::time::{Duration, Instant};

/// So many readings each time, of which the tightest is kept: one of them may be interrupted, hardly all.
const READINGS: usize = 9;

/// So many pairs at most, however long the recording: then every other is dropped, and half as many are taken.
const MOST: usize = 4096;

/// The pairs of one recording.
pub(crate) struct Clocks {
    pairs: Vec<ClockPair>,
    every: Duration,
    last: Instant,
}

impl Clocks {
    /// Takes the first pair.
    pub(crate) fn start() -> Self {
        Self { pairs: read().into_iter().collect(), every: Duration::from_secs(1), last: Instant::now() }
    }

    /// Takes another pair if it is time for one, and tells if it did.
    pub(crate) fn tick(&mut self) -> bool {
        let due = self.last.elapsed() >= self.every;
        if due {
            self.take();
        }
        due
    }

    /// Takes another pair.
    pub(crate) fn take(&mut self) {
        self.last = Instant::now();
        self.pairs.extend(read());
        if self.pairs.len() > MOST {
            self.thin();
        }
    }

    /// All of them, first to last.
    pub(crate) fn pairs(&self) -> &[ClockPair] {
        &self.pairs
    }

    /// Drops every other pair, but never the first.
    fn thin(&mut self) {
        let mut index = 0;
        self.pairs.retain(|_| {
            index += 1;
            index % 2 == 1
        });
        self.every *= 2;
    }
}

/// The tightest of several readings. `None` only where the kernel has no such clock, that is never.
fn read() -> Option<ClockPair> {
    (0..READINGS).filter_map(|_| read_once()).min_by_key(|pair| pair.mono_after - pair.mono_before)
}

fn read_once() -> Option<ClockPair> {
    let nanoseconds = |clock| {
        let time = clock_gettime(clock).ok()?;
        let seconds = u64::try_from(time.tv_sec()).ok()?;
        Some(seconds * 1_000_000_000 + u64::try_from(time.tv_nsec()).ok()?)
    };
    Some(ClockPair {
        mono_before: nanoseconds(ClockId::CLOCK_MONOTONIC)?,
        wall: nanoseconds(ClockId::CLOCK_REALTIME)?,
        mono_after: nanoseconds(ClockId::CLOCK_MONOTONIC)?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pair_brackets_the_wall_clock() {
        let pair = read().unwrap();
        assert!(pair.mono_before <= pair.mono_after);
        assert!(pair.wall > 1_500_000_000_000_000_000);
    }

    #[test]
    fn pairs_are_bounded_and_stay_in_order() {
        let mut clocks = Clocks::start();
        let first = clocks.pairs()[0];
        for _ in 0..3 * MOST {
            clocks.take();
        }
        assert!(clocks.pairs().len() <= MOST);
        assert_eq!(clocks.pairs()[0], first);
        assert!(clocks.pairs().is_sorted_by_key(|pair| pair.mono_before));
        assert!(clocks.every > Duration::from_secs(1));
    }
}
