//! Where a guest's time went: what each kind of exit cost, and which of the VMM's events filled it.

mod collect;
mod print;

pub(crate) use collect::Collector;

use serde::Serialize;

/// The exits of a recording, by their reason.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Summary {
    /// What began an exit.
    pub from: Began,
    /// What ended it.
    pub until: Ended,
    /// Nanoseconds that were looked at.
    pub span_ns: u64,
    /// Each reason, the one that took longest in all first.
    pub reasons: Vec<Reason>,
    /// The exits that took longest, the longest first.
    pub slowest: Vec<Slow>,
    /// Exits whose end is not in the recording: at its end, and where events were lost.
    pub unfinished: u64,
    /// Events of the VMM's outside any exit, the most frequent first.
    pub outside: Vec<Named>,
}

/// What began an exit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Began {
    /// No exit was recorded.
    #[default]
    Nothing,
    /// `kvm_exit`: the guest stopped.
    KvmExit,
    /// `kvm_userspace_exit`, where the kernel makes no `kvm_exit`: KVM_RUN returned to the VMM.
    KvmUserspaceExit,
}

/// What ended an exit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Ended {
    /// The thread's `kvm_entry` or its next call of KVM_RUN, whichever came first.
    EntryOrRun,
    /// Neither was recorded: the thread's next kvm event that only KVM_RUN makes. So it holds the guest's own
    /// time, too.
    #[default]
    NextKvmEvent,
}

/// The exits of a reason. Their time is that to the first event, that which each event holds, and the silent
/// ones'.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Reason {
    /// As the kernel names it: `KVM_EXIT_IO`, `EPT_VIOLATION`.
    pub name: String,
    /// How many.
    pub count: u64,
    /// How many of them went to the VMM.
    pub to_vmm: u64,
    /// From the exits to their ends.
    pub time: Spread,
    /// From the exits to the VMM's first event in each.
    pub first: Spread,
    /// How many exits have no event of the VMM's.
    pub silent: u64,
    /// Those exits' time.
    pub silent_time: Spread,
    /// The VMM's events in the exits, those that hold most time first.
    pub events: Vec<Filling>,
}

/// An event of the VMM's that exits of a reason are filled with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Filling {
    /// The event.
    pub name: String,
    /// How many.
    pub count: u64,
    /// From the events to the VMM's next one in the exit, or its end.
    pub held: Spread,
    /// From the exits to the events.
    pub after: Spread,
    /// All of the events come from a marker, whose stamps are exact; those of a log are known to the
    /// microsecond.
    pub exact: bool,
}

/// How times are spread, nanoseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Spread {
    /// Their sum.
    pub total_ns: u64,
    /// Half are at most this.
    pub p50_ns: u64,
    /// 99 of 100 are at most this.
    pub p99_ns: u64,
    /// The greatest.
    pub max_ns: u64,
}

/// An exit that took long.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Slow {
    /// When, on CLOCK_MONOTONIC.
    pub time_ns: u64,
    /// Nanoseconds after the timeline's first item.
    pub since_ns: u64,
    /// How long.
    pub took_ns: u64,
    /// Its reason.
    pub reason: String,
    /// Its thread.
    pub thread: u32,
    /// The thread's name, where it is known.
    pub comm: Option<String>,
    /// The VMM's events in it, in their order; of the same in a row one with its count.
    pub events: Vec<Named>,
}

/// A name that occurs so many times.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Named {
    /// The event.
    pub name: String,
    /// How many.
    pub count: u64,
}

impl Spread {
    /// How these are spread; they are sorted.
    pub(crate) fn of(times: &mut [u64]) -> Self {
        times.sort_unstable();
        // the least that so many of a hundred are at most
        let rank = |percent: usize| {
            let at = (times.len() * percent).div_ceil(100).saturating_sub(1);
            times.get(at).copied().unwrap_or(0)
        };
        Self {
            total_ns: times.iter().fold(0, |sum, time| sum.saturating_add(*time)),
            p50_ns: rank(50),
            p99_ns: rank(99),
            max_ns: times.last().copied().unwrap_or(0),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spreads() {
        let spread = |total_ns, p50_ns, p99_ns, max_ns| Spread { total_ns, p50_ns, p99_ns, max_ns };
        assert_eq!(Spread::of(&mut []), spread(0, 0, 0, 0));
        assert_eq!(Spread::of(&mut [7]), spread(7, 7, 7, 7));
        assert_eq!(Spread::of(&mut [3, 1, 2]), spread(6, 2, 3, 3));
        let mut hundred: Vec<u64> = (1..=100).rev().collect();
        assert_eq!(Spread::of(&mut hundred), spread(5050, 50, 99, 100));
        assert_eq!(Spread::of(&mut [u64::MAX, u64::MAX]).total_ns, u64::MAX);
    }
}
