//! A trace counted: how often each event was, and how the values of arguments are spread.

use super::declared::{Declaration, Declarations};
use super::histogram::{Field, Histogram};
use super::in_order::{self, Work};
use super::told::{Notice, Teller, Trouble};
use crate::Error;
use simpletrace::{Argument, Block, Blocks, Event, Record};
use std::io::Read;

/// A trace, counted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Stats {
    /// The events that were, the most frequent first.
    pub events: Vec<Frequency>,
    /// How many events were lost.
    pub dropped: u64,
    /// How many records tell of lost ones.
    pub dropped_records: u64,
    /// From the earliest record to the latest, in nanoseconds of CLOCK_MONOTONIC; `None` if there is no record.
    pub span: Option<(u64, u64)>,
    /// In the order in which they were asked for.
    pub histograms: Vec<Histogram>,
}

/// How often an event was.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Frequency {
    /// Its name: printable ASCII.
    pub name: String,
    /// How often.
    pub count: u64,
}

impl Stats {
    /// How many events there are.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.events.iter().map(|event| event.count).sum()
    }
}

/// Counts a trace, by all processors. `histograms` are `EVENT.ARGUMENT` each. `tell` is told of events with a histogram whose
/// records are not as declared, each once, on any thread.
///
/// With the counts comes the error that ended them behind the last whole record, if the trace is cut off or damaged.
///
/// # Errors
/// [`Error::Histogram`] if something is asked for that is not declared.
pub fn stats<R: Read + Send>(
    blocks: Blocks<R>,
    declarations: &Declarations,
    histograms: &[String],
    tell: &(dyn Fn(&Notice) + Sync),
) -> Result<(Stats, Result<(), Error>), Error> {
    let asked = histograms.iter().map(|asked| find(declarations, asked)).collect::<Result<Vec<_>, _>>()?;
    let teller = Teller::new(tell);
    let worker = || Counter {
        teller: &teller,
        counts: Vec::new(),
        dropped: (0, 0),
        span: None,
        asked: &asked,
        histograms: asked.iter().map(|asked| asked.field.histogram()).collect(),
    };
    let (counters, result) = in_order::work_through(blocks, worker, &mut std::io::sink());
    Ok((counters.into_iter().reduce(add).map(finish).unwrap_or_default(), result))
}

/// A histogram that was asked for.
struct Asked<'a> {
    declaration: &'a Declaration,
    /// Which argument.
    index: usize,
    field: Field,
}

fn find<'a>(declarations: &'a Declarations, asked: &str) -> Result<Asked<'a>, Error> {
    let wrong = |why: String| Error::Histogram { asked: asked.escape_debug().to_string(), why };
    let (event, argument) =
        asked.rsplit_once('.').ok_or_else(|| wrong("it should be EVENT.ARGUMENT".to_owned()))?;
    let declaration = declarations.get(event).ok_or_else(|| wrong("the event is not declared".to_owned()))?;
    let args = &declaration.event.args;
    let index = args.iter().position(|arg| arg.name == argument).ok_or_else(|| {
        let names: Vec<&str> = args.iter().map(|arg| arg.name.as_str()).collect();
        wrong(match names.as_slice() {
            [] => "the event has no arguments".to_owned(),
            names => format!("the event's arguments are {}", names.join(", ")),
        })
    })?;
    Ok(Asked { declaration, index, field: Field::new(declaration, index) })
}

struct Counter<'a> {
    teller: &'a Teller<'a>,
    /// By the events' numbers.
    counts: Vec<Count>,
    dropped: (u64, u64),
    span: Option<(u64, u64)>,
    asked: &'a [Asked<'a>],
    histograms: Vec<Histogram>,
}

#[derive(Default)]
struct Count {
    name: String,
    times: u64,
    /// Which histograms take it.
    histograms: Vec<usize>,
}

impl Work for Counter<'_> {
    fn block(&mut self, block: &Block, _: &mut Vec<u8>) -> Result<(), Error> {
        let (mut from, mut to) = self.span.unwrap_or((u64::MAX, 0));
        for record in block.records() {
            let time = match record {
                Record::Event(event) => {
                    self.event(&event);
                    event.time
                }
                Record::Dropped(dropped) => {
                    let (events, records) = self.dropped;
                    self.dropped = (events.saturating_add(dropped.count), records + 1);
                    dropped.time
                }
            };
            (from, to) = (from.min(time), to.max(time));
        }
        self.span = (from <= to).then_some((from, to));
        Ok(())
    }
}

impl Counter<'_> {
    #[inline]
    fn event(&mut self, event: &Event<'_>) {
        if self.counts.get(event.number).is_none_or(|count| count.times == 0) {
            self.first(event);
        }
        let count = &mut self.counts[event.number];
        count.times += 1;
        for &index in &count.histograms {
            match value(event, &self.asked[index]) {
                Some(value) => self.histograms[index].add(value),
                None => self.teller.tell(event, Trouble::Arguments),
            }
        }
    }

    #[cold]
    fn first(&mut self, event: &Event<'_>) {
        if self.counts.len() <= event.number {
            self.counts.resize_with(event.number + 1, Count::default);
        }
        let asked = self.asked.iter().enumerate();
        let asked = asked.filter(|(_, asked)| asked.declaration.event.name == event.name());
        let histograms = asked.map(|(index, _)| index).collect();
        self.counts[event.number] = Count { name: event.name().to_owned(), times: 0, histograms };
    }
}

/// The argument that is asked for; `None` if the record is not as declared.
fn value<'a>(event: &Event<'a>, asked: &Asked<'_>) -> Option<Argument<'a>> {
    let mut arguments = event.arguments();
    let mut value = None;
    for (index, kind) in asked.declaration.kinds.iter().enumerate() {
        let argument = arguments.next(*kind)?;
        if index == asked.index {
            value = Some(argument);
        }
    }
    value.filter(|_| arguments.is_empty())
}

/// What two threads have counted.
fn add<'a>(mut sum: Counter<'a>, counter: Counter<'a>) -> Counter<'a> {
    if sum.counts.len() < counter.counts.len() {
        sum.counts.resize_with(counter.counts.len(), Count::default);
    }
    for (sum, count) in sum.counts.iter_mut().zip(counter.counts) {
        if sum.times == 0 {
            *sum = count;
        } else {
            sum.times += count.times;
        }
    }
    sum.dropped = (sum.dropped.0.saturating_add(counter.dropped.0), sum.dropped.1 + counter.dropped.1);
    sum.span = match (sum.span, counter.span) {
        (Some((a, b)), Some((c, d))) => Some((a.min(c), b.max(d))),
        (one, other) => one.or(other),
    };
    for (sum, histogram) in sum.histograms.iter_mut().zip(counter.histograms) {
        sum.merge(histogram);
    }
    sum
}

fn finish(counter: Counter<'_>) -> Stats {
    let (dropped, dropped_records) = counter.dropped;
    let counts = counter.counts.into_iter().filter(|count| count.times > 0);
    let mut events: Vec<_> =
        counts.map(|Count { name, times, .. }| Frequency { name, count: times }).collect();
    events.sort_by(|a, b| b.count.cmp(&a.count).then_with(|| a.name.cmp(&b.name)));
    Stats { events, dropped, dropped_records, span: counter.span, histograms: counter.histograms }
}
