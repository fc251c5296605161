//! What `init` is going to do, all found out before any of it is done.

use crate::control::{Missing, Tracing};
use crate::error::Error;
use crate::event::{Event, Group};
use crate::log_items::LogItem;
use crate::select::{self, Change, Selected, Target};
use crate::sink::{self, Sink};

/// One thing that an argument wants changed.
#[derive(Debug)]
pub(crate) struct Switch {
    /// `None` is every event that there is, if any.
    pattern: Option<String>,
    change: Change,
    sinks: Vec<String>,
    whence: String,
}

/// All that `init` has found out, not yet in force.
pub(crate) struct Plan {
    groups: Vec<&'static Group>,
    events: Vec<&'static Event>,
    default: Vec<String>,
    found: Vec<(Change, Vec<Selected>, Vec<Target>)>,
}

impl Switch {
    /// To more sinks, or with `-NAME` to none at all.
    pub(crate) fn new(pattern: &str, sinks: &[String], whence: String) -> Self {
        match pattern.strip_prefix('-') {
            Some(off) => {
                Self { pattern: Some(off.to_owned()), change: Change::Only, sinks: Vec::new(), whence }
            }
            None => {
                Self { pattern: Some(pattern.to_owned()), change: Change::Add, sinks: sinks.to_vec(), whence }
            }
        }
    }

    /// What a log item asks for of events.
    pub(crate) fn of_item(item: &LogItem, whence: &str) -> Option<Self> {
        let (sinks, whence) = (vec!["log".to_owned()], whence.to_owned());
        match item {
            LogItem::None => Some(Self { pattern: None, change: Change::Remove, sinks, whence }),
            LogItem::Trace(pattern) => Some(Self::new(pattern, &sinks, whence)),
            LogItem::Tid => None,
        }
    }

    /// The events and the sinks that it is about. `known` are the sinks that there may be.
    pub(crate) fn find(
        &self,
        groups: &[&'static Group],
        known: &[Target],
    ) -> Result<(Change, Vec<Selected>, Vec<Target>), Error> {
        let targets = known.iter().filter(|target| self.sinks.contains(&target.name));
        let targets: Vec<Target> = targets.cloned().collect();
        if self.change == Change::Add && targets.is_empty() {
            return Err(Error::NoSink);
        }
        let events = match &self.pattern {
            Some(pattern) => select::select(groups, pattern, &targets, &self.whence)?,
            None => select::all(groups).collect(),
        };
        Ok((self.change, events, targets))
    }
}

impl Plan {
    /// Finds everything first, so that a mistake leaves nothing half done. `known` are the sinks that there may be.
    pub(crate) fn new(
        groups: Vec<&'static Group>,
        switches: &[Switch],
        default: Vec<String>,
        known: &[Target],
    ) -> Result<Self, Error> {
        if crate::tracing().is_some() {
            return Err(Error::AlreadySetUp);
        }
        let found: Result<_, Error> = switches.iter().map(|switch| switch.find(&groups, known)).collect();
        let events = select::all(&groups).map(|(event, _)| event).collect();
        Ok(Self { found: found?, groups, events, default })
    }

    /// All events, in the order of their numbers.
    pub(crate) fn events(&self) -> &[&'static Event] {
        &self.events
    }

    /// Installs the sinks that could be had, and switches.
    pub(crate) fn carry_out(
        self,
        sinks: Vec<(usize, Box<dyn Sink>)>,
        missing: Vec<Missing>,
    ) -> Result<Tracing, Error> {
        let tracing = Tracing::begin(self.groups, self.default, missing)?;
        let had: Vec<usize> = sinks.iter().map(|&(bit, _)| bit).collect();
        for (bit, sink) in sinks {
            sink::install(bit, sink);
        }
        for (change, events, mut targets) in self.found {
            targets.retain(|target| had.contains(&target.bit));
            change.make(&events, &targets);
        }
        Ok(tracing)
    }
}
