//! Gathers a summary from the items of a timeline, in their order. Holds a few words an exit.

use super::{Began, Ended, Filling, Named, Reason, Slow, Spread, Summary};
use crate::facts::Facts;
use crate::item::{Item, Source};
use crate::kernel::step::Step;
use crate::timeline::Timeline;
use std::collections::{BTreeMap, HashMap};

/// How many of the slowest exits are told.
const SLOWEST: usize = 5;

/// How many of a slow exit's events are told.
const MOST_EVENTS: usize = 8;

/// A summary in the making.
#[derive(Debug)]
pub(crate) struct Collector {
    from: Began,
    until: Ended,
    start: u64,
    /// Where the kernel's side ends, if it ends before the rest.
    end: Option<u64>,
    span: Option<(u64, u64)>,
    reasons: BTreeMap<String, Times>,
    open: HashMap<u32, Open>,
    slowest: Vec<Slow>,
    unfinished: u64,
    outside: BTreeMap<String, u64>,
}

#[derive(Debug, Default)]
struct Times {
    took: Vec<u64>,
    to_vmm: u64,
    first: Vec<u64>,
    silent: Vec<u64>,
    events: BTreeMap<String, Held>,
}

/// The times of the events of a name.
#[derive(Debug, Default)]
struct Held {
    until_next: Vec<u64>,
    after: Vec<u64>,
    vague: bool,
}

/// An event of the VMM's in an exit.
#[derive(Debug)]
struct Event {
    name: String,
    after: u64,
    vague: bool,
}

/// An exit that has not ended.
#[derive(Debug)]
struct Open {
    at: u64,
    reason: String,
    comm: Option<String>,
    to_vmm: bool,
    events: Vec<Event>,
}

impl Collector {
    pub(crate) fn new(timeline: &Timeline) -> Self {
        Self::of(&timeline.facts, timeline.start())
    }

    /// Of a timeline that begins at `start`.
    fn of(facts: &Facts, start: u64) -> Self {
        let from = match (facts.has_exit, facts.has_user_exit) {
            (true, _) => Began::KvmExit,
            (false, true) => Began::KvmUserspaceExit,
            (false, false) => Began::Nothing,
        };
        let until = if facts.has_entry || facts.has_call { Ended::EntryOrRun } else { Ended::NextKvmEvent };
        Self {
            from,
            until,
            start,
            end: facts.kernel_end,
            span: None,
            reasons: BTreeMap::new(),
            open: HashMap::new(),
            slowest: Vec::new(),
            unfinished: 0,
            outside: BTreeMap::new(),
        }
    }

    /// Takes the next item.
    pub(crate) fn item(&mut self, item: &Item<'_>) {
        if self.end.is_some_and(|end| item.placed > end) {
            // of later exits nothing is known
            return;
        }
        let span = self.span.get_or_insert((item.placed, item.placed));
        span.1 = span.1.max(item.placed);
        match (item.source, item.thread) {
            // what an exit ended with may be among what was lost
            (Source::Lost, _) => self.unfinished += self.open.drain().count() as u64,
            (Source::Vmm, Some(thread)) => match self.open.get_mut(&thread) {
                Some(open) => {
                    let after = item.placed.saturating_sub(open.at);
                    let vague = item.when.earliest != item.when.latest;
                    open.events.push(Event { name: item.event.clone().into_owned(), after, vague });
                }
                None => *self.outside.entry(item.event.clone().into_owned()).or_default() += 1,
            },
            (Source::Kernel(_), Some(thread)) => {
                if let Some(step) = item.step() {
                    self.step(thread, step, item);
                }
            }
            _ => {}
        }
    }

    fn step(&mut self, thread: u32, step: Step, item: &Item<'_>) {
        let ends = match self.until {
            Ended::EntryOrRun => matches!(step, Step::Entry | Step::Call),
            Ended::NextKvmEvent => {
                matches!(step, Step::Running)
                    || (self.from == Began::KvmUserspaceExit && matches!(step, Step::UserExit { .. }))
            }
        };
        if ends && let Some(open) = self.open.remove(&thread) {
            self.end(thread, open, item.placed);
        }
        let begins = match step {
            Step::Exit => self.from == Began::KvmExit,
            Step::UserExit { .. } => {
                if let Some(open) = self.open.get_mut(&thread) {
                    open.to_vmm = true;
                }
                self.from == Began::KvmUserspaceExit
            }
            _ => false,
        };
        if begins {
            let to_vmm = self.from == Began::KvmUserspaceExit;
            let (reason, comm) = (reason(&item.text()), item.comm.map(str::to_owned));
            let open = Open { at: item.placed, reason, comm, to_vmm, events: Vec::new() };
            // another exit before the first one's end: that was not recorded
            self.unfinished += u64::from(self.open.insert(thread, open).is_some());
        }
    }

    fn end(&mut self, thread: u32, open: Open, at: u64) {
        let took = at.saturating_sub(open.at);
        let times = self.reasons.entry(open.reason.clone()).or_default();
        times.took.push(took);
        times.to_vmm += u64::from(open.to_vmm);
        match open.events.first() {
            Some(first) => times.first.push(first.after),
            None => times.silent.push(took),
        }
        for (index, Event { name, after, vague }) in open.events.iter().enumerate() {
            if !times.events.contains_key(name) {
                times.events.insert(name.clone(), Held::default());
            }
            if let Some(held) = times.events.get_mut(name) {
                let next = open.events.get(index + 1).map_or(took, |next| next.after);
                held.until_next.push(next.saturating_sub(*after));
                held.after.push(*after);
                held.vague |= vague;
            }
        }
        let place = self.slowest.partition_point(|slow| slow.took_ns >= took);
        if place < SLOWEST {
            let slow = Slow {
                time_ns: open.at,
                since_ns: open.at.saturating_sub(self.start),
                took_ns: took,
                reason: open.reason,
                thread,
                comm: open.comm,
                events: in_a_row(&open.events),
            };
            self.slowest.insert(place, slow);
            self.slowest.truncate(SLOWEST);
        }
    }

    /// The summary of what was taken.
    pub(crate) fn finish(&mut self) -> Summary {
        let mut reasons: Vec<Reason> = std::mem::take(&mut self.reasons)
            .into_iter()
            .map(|(name, mut times)| Reason {
                name,
                count: times.took.len() as u64,
                to_vmm: times.to_vmm,
                time: Spread::of(&mut times.took),
                first: Spread::of(&mut times.first),
                silent: times.silent.len() as u64,
                silent_time: Spread::of(&mut times.silent),
                events: fillings(times.events),
            })
            .collect();
        reasons.sort_by_key(|reason| std::cmp::Reverse(reason.time.total_ns));
        let mut outside: Vec<Named> = std::mem::take(&mut self.outside)
            .into_iter()
            .map(|(name, count)| Named { name, count })
            .collect();
        outside.sort_by_key(|named| std::cmp::Reverse(named.count));
        Summary {
            from: self.from,
            until: self.until,
            span_ns: self.span.map_or(0, |(first, last)| last - first),
            reasons,
            slowest: std::mem::take(&mut self.slowest),
            unfinished: self.unfinished + self.open.drain().count() as u64,
            outside,
        }
    }
}

fn fillings(events: BTreeMap<String, Held>) -> Vec<Filling> {
    let mut fillings: Vec<Filling> = events
        .into_iter()
        .map(|(name, mut held)| Filling {
            name,
            count: held.until_next.len() as u64,
            held: Spread::of(&mut held.until_next),
            after: Spread::of(&mut held.after),
            exact: !held.vague,
        })
        .collect();
    fillings.sort_by_key(|filling| std::cmp::Reverse(filling.held.total_ns));
    fillings
}

/// The names of events in their order, those in a row as one.
fn in_a_row(events: &[Event]) -> Vec<Named> {
    let mut found: Vec<Named> = Vec::new();
    for Event { name, .. } in events {
        if let Some(last) = found.last_mut().filter(|last| last.name == *name) {
            last.count += 1;
        } else if found.len() == MOST_EVENTS {
            break;
        } else {
            found.push(Named { name: name.clone(), count: 1 });
        }
    }
    found
}

/// The reason in an exit's text: `vcpu 0 reason HLT rip 0x..` and `reason KVM_EXIT_IO (2)`; on other machines
/// what stands before the first comma.
fn reason(text: &str) -> String {
    let Some((_, rest)) = text.split_once("reason ") else {
        return text.split(',').next().unwrap_or(text).to_owned();
    };
    let end = [" rip ", " info1 ", " ("].iter().filter_map(|after| rest.find(after)).min();
    rest[..end.unwrap_or(rest.len())].to_owned()
}

#[cfg(test)]
mod tests;
