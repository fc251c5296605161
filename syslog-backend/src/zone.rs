//! The time zone: what local time is, found out once.

use std::mem::MaybeUninit;

/// The steps at which the offset is looked at. A zone does not change and change back within: the shortest such time there
/// is, Morocco's Ramadan, lasts four weeks.
const STEP: i64 = 14 * 86_400;

/// The end of 2100. After it the last offset holds on.
const END: i64 = 4_133_980_800;

/// How far local time is from UTC, and from when on.
///
/// All is asked for beforehand, since localtime_r(3) takes a lock: a signal handler that interrupts a thread which holds it
/// would wait for ever, and so would a child forked at that moment. It also reads a file the first time, which a jail may forbid.
#[derive(Debug)]
pub(crate) struct Zone {
    /// Seconds since 1970, and the seconds to add from there on; the first is long ago.
    changes: Box<[(i64, i64)]>,
}

impl Zone {
    /// The zone of the environment's TZ, or of /etc/localtime.
    pub(crate) fn local() -> Self {
        // SAFETY: tzset(3) reads the environment, as localtime_r(3) does the first time in any case; both are
        // thread-safe but for someone who changes the environment at the same time, which Rust's set_var calls unsafe.
        unsafe { tzset() };
        let mut changes = vec![(i64::MIN, offset(0))];
        for start in (0..END / STEP).map(|step| step * STEP) {
            let (mut from, end) = (start, start + STEP);
            let last = offset(end);
            // a change, and mostly no more
            while offset(from) != last {
                let (mut before, mut after) = (from, end);
                let first = offset(before);
                while after - before > 1 {
                    let middle = before + (after - before) / 2;
                    if offset(middle) == first { before = middle } else { after = middle }
                }
                changes.push((after, offset(after)));
                from = after;
            }
        }
        Self { changes: changes.into() }
    }

    /// Local time as if it were UTC.
    pub(crate) fn local_seconds(&self, utc: i64) -> i64 {
        let after = self.changes.partition_point(|&(from, _)| from <= utc);
        utc + self.changes[after - 1].1
    }
}

/// What local time is ahead of UTC. Not tm_gmtoff, since the zones `right/...` count leap seconds besides.
fn offset(utc: i64) -> i64 {
    let mut tm = MaybeUninit::<libc::tm>::zeroed();
    // SAFETY: localtime_r(3) reads a time and writes a tm, both ours.
    unsafe { libc::localtime_r(&raw const utc, tm.as_mut_ptr()) };
    // SAFETY: all zero is a tm; the call above fails for years beyond 32 bits alone, and leaves it then.
    let tm = unsafe { tm.assume_init() };
    let days = days_before(i64::from(tm.tm_year) + 1900) + i64::from(tm.tm_yday);
    days * 86_400 + i64::from(tm.tm_hour) * 3600 + i64::from(tm.tm_min) * 60 + i64::from(tm.tm_sec) - utc
}

/// The days from 1970 to the start of a year, which is not before 1969.
fn days_before(year: i64) -> i64 {
    let leap_days = |year: i64| year / 4 - year / 100 + year / 400;
    (year - 1970) * 365 + leap_days(year - 1) - leap_days(1969)
}

unsafe extern "C" {
    fn tzset();
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::process::Command;

    /// With no summer time, with it on either side of the equator, with one that pauses, with quarters of an hour, by a rule that needs no
    /// file, with leap seconds, and unknown.
    const ZONES: [&str; 9] = [
        "UTC",
        "Europe/Berlin",
        "America/Sao_Paulo",
        "Australia/Lord_Howe",
        "Africa/Casablanca",
        "Asia/Kathmandu",
        "EST5EDT,M3.2.0,M11.1.0",
        "right/America/New_York",
        "No/Such",
    ];

    /// Not a test but what the next one starts with another TZ: a process has one zone.
    #[test]
    fn is_what_localtime_says() {
        let zone = Zone::local();
        // all of it in steps of eleven hours, and each second around 2026's changes of Europe and America
        let steps = (0..END).step_by(39_599);
        let changes = [1_774_746_000, 1_792_890_000, 1_772_953_200, 1_793_512_800i64];
        for utc in steps.chain(changes.into_iter().flat_map(|change| change - 100..change + 100)) {
            assert_eq!(zone.local_seconds(utc), utc + offset(utc), "{utc}");
        }
    }

    #[test]
    fn is_what_localtime_says_everywhere() {
        let program = std::env::current_exe().unwrap();
        for zone in ZONES {
            let mut test = Command::new(&program);
            let test = test.args(["zone::tests::is_what_localtime_says", "--exact"]).env("TZ", zone);
            let output = test.output().unwrap();
            assert!(output.status.success(), "{zone}: {}", String::from_utf8_lossy(&output.stdout));
        }
    }
}
