//! What a sink's file holds, and whether it is what was emitted: all of it, in order, with each gap told where it is.

use crate::program::Said;
use simpletrace::{Reader, Record};
use std::collections::BTreeMap;
use std::fs::{self, File};
use std::path::Path;

/// What a file holds, in its order.
#[derive(Debug, Default)]
pub(crate) struct Trail(pub(crate) Vec<Entry>);

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Entry {
    /// In nanoseconds of whatever clock the file has.
    pub(crate) time: u64,
    pub(crate) thread: u32,
    pub(crate) what: What,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum What {
    /// An event of a worker's, its name, its number and its count.
    Event(&'static str, u64, u64),
    /// So many are missing here.
    Lost(u64),
}

impl What {
    pub(crate) fn is_event(&self) -> bool {
        matches!(self, Self::Event(..))
    }
}

const NAMES: [&str; 4] = ["emitter_tick", "emitter_other", "emitter_signal", "emitter_child"];

fn name(name: &str) -> &'static str {
    NAMES.into_iter().find(|&known| known == name).unwrap_or_else(|| panic!("an event {name}"))
}

impl Trail {
    /// A binary trace, whole.
    pub(crate) fn simple(path: &Path) -> Self {
        let (trail, error) = Self::simple_so_far(path);
        assert!(error.is_none(), "{}: {error:?}", path.display());
        trail
    }

    /// A binary trace up to its last whole record, and what comes then.
    pub(crate) fn simple_so_far(path: &Path) -> (Self, Option<simpletrace::Error>) {
        let mut trail = Self::default();
        let file = File::open(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        let mut reader = match Reader::new(file) {
            Ok(reader) => reader,
            Err(error) => return (trail, Some(error)),
        };
        loop {
            match reader.next() {
                Ok(None) => return (trail, None),
                Err(error) => return (trail, Some(error)),
                Ok(Some(Record::Dropped(dropped))) => {
                    let what = What::Lost(dropped.count);
                    trail.0.push(Entry { time: dropped.time, thread: dropped.thread, what });
                }
                Ok(Some(Record::Event(event))) => {
                    let (name, mut arguments) = (name(event.name()), event.arguments());
                    let what = if name == "emitter_signal" {
                        let count = arguments.word().unwrap();
                        assert_eq!(arguments.string().unwrap(), text(count).as_bytes(), "{event:?}");
                        What::Event(name, 0, count)
                    } else {
                        What::Event(name, arguments.word().unwrap(), arguments.word().unwrap())
                    };
                    assert!(arguments.is_empty(), "{event:?}");
                    trail.0.push(Entry { time: event.time, thread: event.thread, what });
                }
            }
        }
    }

    /// A log with stamps, whose every line is whole.
    pub(crate) fn log(path: &Path) -> Self {
        let text = fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        assert!(text.is_empty() || text.ends_with('\n'), "{}: the last line is torn", path.display());
        let entry = |line: &str| {
            let (stamp, rest) = line.split_once(':')?;
            let (thread, time) = stamp.split_once('@')?;
            let (seconds, micros) = time.split_once('.')?;
            let time = (seconds.parse::<u64>().ok()? * 1_000_000 + micros.parse::<u64>().ok()?) * 1000;
            Some(Entry { time, thread: thread.parse().ok()?, what: what(rest)? })
        };
        let entries = text.lines().map(|line| entry(line).unwrap_or_else(|| panic!("what is {line:?}?")));
        Self(entries.collect())
    }

    /// What a sink of the emitter's own was handed, and the thread that handed it over.
    pub(crate) fn own(path: &Path) -> (Self, Vec<String>) {
        let text = fs::read_to_string(path).unwrap();
        let (mut trail, mut by) = (Self::default(), Vec::new());
        for line in text.lines() {
            let [time, thread, wall, thread_name, rest] = line.splitn(5, ' ').collect::<Vec<_>>()[..] else {
                panic!("what is {line:?}?")
            };
            let what = match rest.strip_prefix("lost ") {
                Some(count) if thread_name == "vmtrace" && !count.contains(' ') => {
                    What::Lost(count.parse().unwrap())
                }
                _ => what(rest).unwrap_or_else(|| panic!("what is {line:?}?")),
            };
            let time = time.parse().unwrap();
            assert!(wall.parse::<u64>().unwrap() > time, "1970 is before the machine's start");
            trail.0.push(Entry { time, thread: thread.parse().unwrap(), what });
            by.push(thread_name.to_owned());
        }
        (trail, by)
    }

    /// The entries of one event, and what is lost.
    pub(crate) fn of(&self, event: &str) -> Self {
        let is_of = |entry: &&Entry| match entry.what {
            What::Event(name, ..) => name == event,
            What::Lost(_) => true,
        };
        Self(self.0.iter().filter(is_of).cloned().collect())
    }

    pub(crate) fn events(&self) -> u64 {
        self.0.iter().filter(|entry| entry.what.is_event()).count() as u64
    }

    pub(crate) fn lost(&self) -> u64 {
        self.0.iter().map(|entry| if let What::Lost(count) = entry.what { count } else { 0 }).sum()
    }

    /// How many entries are older than the one before.
    pub(crate) fn inversions(&self) -> usize {
        self.0.windows(2).filter(|two| two[1].time < two[0].time).count()
    }

    /// Each thread's events in order of time, and of their counts. (That something is lost may be told with a time that is not
    /// over for the thread, when others' records had to be written in haste.)
    pub(crate) fn check_order(&self) {
        let (mut times, mut counts) = (BTreeMap::new(), BTreeMap::new());
        for entry in &self.0 {
            let before = times.get(&entry.thread).copied().unwrap_or(0);
            assert!(before <= entry.time, "{entry:?} comes after {before}");
            if entry.what.is_event() {
                times.insert(entry.thread, entry.time);
            }
            if let What::Event(name, worker, count) = entry.what
                && let Some(before) = counts.insert((name, worker), count)
            {
                assert!(before < count, "{entry:?} comes after the count {before}");
            }
        }
    }

    /// All that the workers emitted of one event: each is there, or missing where the file says so, in each thread's order. Where
    /// `ends` is false, the end may be missing without a word.
    pub(crate) fn check(&self, said: &Said, ends: bool) {
        self.check_order();
        // a thread's next count, and what was told of it since the last
        let mut next: BTreeMap<u32, (u64, u64, u64)> = BTreeMap::new();
        for entry in &self.0 {
            let (worker, expected, missing) = next.entry(entry.thread).or_default();
            match entry.what {
                What::Lost(count) => *missing += count,
                What::Event(_, number, count) => {
                    assert_eq!(count, *expected + *missing, "{entry:?}: {missing} were told to be missing");
                    (*worker, *expected, *missing) = (number, count + 1, 0);
                }
            }
        }
        if !ends {
            return;
        }
        let told: BTreeMap<u64, u64> = next
            .values()
            .filter(|(_, expected, _)| *expected > 0)
            .map(|&(worker, next, missing)| (worker, next + missing))
            .collect();
        // a thread of which nothing is there is known by its number alone
        let silent: u64 =
            next.values().filter(|(_, expected, _)| *expected == 0).map(|(_, _, missing)| missing).sum();
        let unheard: u64 = said
            .workers
            .iter()
            .filter(|(worker, _)| !told.contains_key(worker))
            .map(|(_, count)| count)
            .sum();
        assert_eq!(silent, unheard, "of workers that are not heard of");
        for (worker, count) in &told {
            assert_eq!(count, &said.workers[worker], "worker {worker}");
        }
    }
}

/// What a line without its frame tells.
pub(crate) fn what(line: &str) -> Option<What> {
    if let Some(count) = line.strip_prefix("vmtrace: ") {
        return Some(What::Lost(count.split(' ').next()?.parse().ok()?));
    }
    let (event, rest) = line.split_once(' ')?;
    let name = NAMES.into_iter().find(|&known| known == event)?;
    let words: Vec<&str> = rest.split(' ').collect();
    let [_, first, _, second] = words[..] else { return None };
    if name == "emitter_signal" {
        let count = first.parse().ok()?;
        return (second == text(count)).then_some(What::Event(name, 0, count));
    }
    Some(What::Event(name, first.parse().ok()?, second.parse().ok()?))
}

/// The text that `emitter_signal` has with a count.
fn text(count: u64) -> &'static str {
    const TEXT: &str = "0123456789abcdefghijklmnopqrstuvwxyz0123456789abcdefghijklmnopqrstuvwxyz";
    &TEXT[..usize::try_from(count % 64).unwrap()]
}
