//! From the wall clock to the monotonic one.
//!
//! Both clocks of Linux run at the same rate, slewed alike (clock_gettime(2)): CLOCK_REALTIME is
//! CLOCK_MONOTONIC plus an offset, which changes in steps only, when somebody sets the clock or the machine
//! sleeps. So the readings of a recording fall into eras of one offset each. Each reading brackets the
//! offset, and all of an era's together bracket it closer.

use recording::ClockPair;

/// How far readings may disagree without the clock having been stepped, in nanoseconds: the time-stamp
/// counters of two cpus are not read at the same moment.
const SLACK: i128 = 1000;

/// A time that is known to lie between two, both included: nanoseconds of CLOCK_MONOTONIC.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Interval {
    /// Not before this.
    pub earliest: u64,
    /// Not after this.
    pub latest: u64,
}

impl Interval {
    /// A time that is known to the nanosecond.
    #[must_use]
    pub const fn at(time: u64) -> Self {
        Self { earliest: time, latest: time }
    }

    /// Any time at all.
    pub(crate) const ANY: Self = Self { earliest: 0, latest: u64::MAX };

    /// The middle.
    pub(crate) const fn middle(self) -> u64 {
        self.earliest + (self.latest - self.earliest) / 2
    }
}

/// The way from the wall clock to the monotonic one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct ClockMap {
    eras: Vec<Era>,
}

/// A time with one offset: wall - mono, nanoseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Era {
    low: i128,
    high: i128,
    /// Its first and last readings, on the monotonic clock.
    first: u64,
    last: u64,
}

/// The wall clock was set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Jump {
    /// Between these times of the monotonic clock.
    pub(crate) between: Interval,
    /// By so many nanoseconds, forward if above zero.
    pub(crate) by: i128,
}

impl ClockMap {
    /// The way that these readings tell. A reading that is none (its end before its beginning, or out of
    /// order) is left out.
    pub(crate) fn new(pairs: &[ClockPair]) -> Self {
        let mut eras: Vec<Era> = Vec::new();
        for pair in pairs {
            let wall = i128::from(pair.wall);
            let (low, high) = (wall - i128::from(pair.mono_after), wall - i128::from(pair.mono_before));
            let (first, last) = (pair.mono_before, pair.mono_after);
            let era = Era { low, high, first, last };
            if low > high {
                continue;
            }
            match eras.last_mut() {
                Some(before) if before.last > first => {}
                Some(before) if low <= before.high + SLACK && high + SLACK >= before.low => {
                    // where two do not meet, the offset is taken to lie between them
                    let (a, b) = (before.low.max(low), before.high.min(high));
                    (before.low, before.high) = (a.min(b), a.max(b));
                    before.last = last;
                }
                _ => eras.push(era),
            }
        }
        Self { eras }
    }

    /// Whether there was any reading.
    pub(crate) fn is_empty(&self) -> bool {
        self.eras.is_empty()
    }

    /// When the wall clock showed `wall`, of a clock that is read off in steps of `resolution`.
    /// [`Interval::ANY`] without any reading.
    pub(crate) fn mono(&self, wall: u64, resolution: u64) -> Interval {
        let wall = i128::from(wall);
        let mut best: Option<(i128, Interval)> = None;
        for (index, era) in self.eras.iter().enumerate() {
            let from = index.checked_sub(1).map_or(0, |before| self.eras[before].last);
            let to = self.eras.get(index + 1).map_or(u64::MAX, |next| next.first);
            let (earliest, latest) = (wall - era.high, wall + i128::from(resolution) - 1 - era.low);
            let within =
                Interval { earliest: clamp(earliest).clamp(from, to), latest: clamp(latest).clamp(from, to) };
            // Before the first reading and after the last the clock is unknown: a time there is believed in
            // only if the clock never showed it between them.
            let begin = if index == 0 { era.first } else { from };
            let end = if index + 1 == self.eras.len() { era.last } else { to };
            let miss = (i128::from(begin) - latest).max(earliest - i128::from(end)).max(0);
            match &mut best {
                Some((least, all)) if miss == *least => {
                    all.earliest = all.earliest.min(within.earliest);
                    all.latest = all.latest.max(within.latest);
                }
                Some((least, _)) if miss > *least => {}
                best => *best = Some((miss, within)),
            }
        }
        best.map_or(Interval::ANY, |(_, interval)| interval)
    }

    /// How well the offset is known: at most so many nanoseconds off, in the worst era.
    pub(crate) fn error(&self) -> u64 {
        self.eras.iter().map(|era| clamp((era.high - era.low + 1) / 2)).max().unwrap_or(0)
    }

    /// When the wall clock was set.
    pub(crate) fn jumps(&self) -> Vec<Jump> {
        self.eras
            .windows(2)
            .map(|eras| Jump {
                between: Interval { earliest: eras[0].last, latest: eras[1].first },
                by: (eras[1].low + eras[1].high - eras[0].low - eras[0].high) / 2,
            })
            .collect()
    }
}

fn clamp(time: i128) -> u64 {
    u64::try_from(time.max(0)).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn pair(mono_before: u64, wall: u64, mono_after: u64) -> ClockPair {
        ClockPair { mono_before, wall, mono_after }
    }

    const fn between(earliest: u64, latest: u64) -> Interval {
        Interval { earliest, latest }
    }

    #[test]
    fn an_offset_is_bracketed_closer_by_every_reading() {
        // the offset is 1,000,000
        let table: &[(&[ClockPair], u64, Interval)] = &[
            (&[], 0, Interval::ANY),
            (&[pair(100, 1_000_110, 120)], 10, between(4_990, 6_009)),
            (&[pair(100, 1_000_110, 120), pair(900, 1_000_902, 903)], 2, between(4_998, 6_000)),
            // out of order, and impossible: as if not there
            (&[pair(100, 1_000_110, 120), pair(50, 9, 51), pair(900, 5, 899)], 10, between(4_990, 6_009)),
            // a disagreement within the slack widens
            (&[pair(100, 1_000_100, 100), pair(900, 1_000_940, 900)], 20, between(4_960, 5_999)),
        ];
        for (pairs, error, want) in table {
            let map = ClockMap::new(pairs);
            assert_eq!((map.error(), map.mono(1_005_000, 1000)), (*error, *want), "{pairs:?}");
            assert_eq!(map.jumps(), []);
        }
    }

    #[test]
    fn a_clock_that_is_set_is_found_out() {
        let hour = 3_600_000_000;
        let pairs = [pair(0, hour, 0), pair(10_000, hour + 10_000, 10_000), pair(20_000, 20_000, 20_000)];
        let map = ClockMap::new(&pairs);
        assert_eq!(map.jumps(), [Jump { between: between(10_000, 20_000), by: -i128::from(hour) }]);
        for (wall, want) in [
            (hour + 5_000, between(5_000, 5_999)),
            (hour + 15_000, between(15_000, 15_999)),
            (25_000, between(25_000, 25_999)),
            (12_000, between(12_000, 12_999)),
            // times that the clock never showed: after the last reading, before the first
            (hour / 2, between(hour / 2, hour / 2 + 999)),
            (hour - 7_000, between(0, 0)),
        ] {
            assert_eq!(map.mono(wall, 1000), want, "{wall}");
        }

        // set back by 4 microseconds: some times came twice
        let map = ClockMap::new(&[
            pair(0, 100_000, 0),
            pair(10_000, 110_000, 10_000),
            pair(20_000, 116_000, 20_000),
        ]);
        assert_eq!(map.mono(112_000, 1000), between(12_000, 16_999));
    }
}
