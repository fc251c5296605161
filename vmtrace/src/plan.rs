//! What `init` is going to do, all found out before any of it is done.

use crate::control::{Missing, Tracing};
use crate::error::Error;
use crate::event::Group;
use crate::log_items::LogItem;
use crate::registry::{self, Adding};
use crate::select::{self, Change, Selected, Target};
use crate::sink::{self, Sink};

/// One thing that an argument wants changed.
#[derive(Debug)]
pub(crate) struct Switch {
    /// `None` is every event that there is, if any.
    pattern: Option<String>,
    change: Change,
    sinks: Vec<String>,
    /// Whether nobody has named the sinks.
    is_default: bool,
    whence: String,
}

/// Whether there is no such event, so far.
pub(crate) fn is_unmatched(error: &Error) -> bool {
    matches!(error, Error::NoEvent { .. } | Error::NoMatch { .. } | Error::NoGroup { .. })
}

/// All that `init` has found out, not yet in force.
pub(crate) struct Plan {
    groups: Vec<&'static Group>,
    switches: Vec<Switch>,
    default: Vec<String>,
    found: Vec<(Change, Vec<Selected>, Vec<Target>)>,
}

impl Switch {
    /// To more sinks, or with `-NAME` to none at all.
    pub(crate) fn new(pattern: &str, sinks: &[String], whence: String) -> Self {
        match pattern.strip_prefix('-') {
            Some(off) => Self {
                pattern: Some(off.to_owned()),
                change: Change::Only,
                sinks: Vec::new(),
                is_default: false,
                whence,
            },
            None => Self {
                pattern: Some(pattern.to_owned()),
                change: Change::Add,
                sinks: sinks.to_vec(),
                is_default: false,
                whence,
            },
        }
    }

    /// The sinks are those that events go to when nothing is said.
    pub(crate) fn by_default(self) -> Self {
        Self { is_default: true, ..self }
    }

    /// What a log item asks for of events.
    pub(crate) fn of_item(item: &LogItem, whence: &str) -> Option<Self> {
        let (sinks, whence) = (vec!["log".to_owned()], whence.to_owned());
        match item {
            LogItem::None => {
                Some(Self { pattern: None, change: Change::Remove, sinks, is_default: false, whence })
            }
            // QEMU's means the event, wherever it goes
            LogItem::Trace(pattern) => Some(Self::new(pattern, &sinks, whence).by_default()),
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
        let targets: Vec<Target> =
            targets.map(|target| Target { is_default: self.is_default, ..target.clone() }).collect();
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
        switches: Vec<Switch>,
        default: Vec<String>,
        known: &[Target],
        more_groups: bool,
    ) -> Result<Self, Error> {
        if crate::tracing().is_some() {
            return Err(Error::AlreadySetUp);
        }
        let found = switches.iter().map(|switch| switch.find(&groups, known));
        let found: Result<_, Error> = found
            .filter(|found| !(more_groups && matches!(found, Err(error) if is_unmatched(error))))
            .collect();
        Ok(Self { found: found?, groups, switches, default })
    }

    /// Makes the groups known: nothing is wrong any more.
    pub(crate) fn begin(&self, adding: &Adding) {
        registry::begin(&self.groups, adding);
    }

    /// Installs the sinks that could be had, and switches.
    pub(crate) fn carry_out(
        self,
        sinks: Vec<(usize, Box<dyn Sink>)>,
        missing: Vec<Missing>,
    ) -> Result<Tracing, Error> {
        let tracing = Tracing::begin(self.default, self.switches, missing)?;
        let had = sinks.iter().fold(0, |bits, &(bit, _)| bits | 1 << bit);
        for (bit, sink) in sinks {
            sink::install(bit, sink);
        }
        for (change, events, targets) in self.found {
            change.make(&events, &targets, had);
        }
        Ok(tracing)
    }
}
