//! Switching: which events go to which sinks, from the start and at run time.

use crate::error::Error;
use crate::event::{Event, Group};
use crate::pattern;
use crate::sink::{self, Losses, Sink, Unavailable};
use std::sync::OnceLock;

/// The handle to tracing that is set up. Copies are the same thing, and [`tracing`] gives another at any place.
#[derive(Clone, Copy, Debug)]
pub struct Tracing(&'static Control);

/// The handle, once [`crate::Setup::init`] has made one.
#[must_use]
pub fn tracing() -> Option<Tracing> {
    CONTROL.get().map(Tracing)
}

static CONTROL: OnceLock<Control> = OnceLock::new();

#[derive(Debug)]
struct Control {
    groups: Vec<&'static Group>,
    default: Vec<String>,
    missing: Vec<Missing>,
}

/// A sink that could not be had.
#[derive(Debug)]
pub(crate) struct Missing {
    pub(crate) name: String,
    pub(crate) bit: usize,
    pub(crate) why: String,
    /// Whether an option or the defaults name it.
    pub(crate) asked: bool,
}

/// A sink and how it fares.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SinkStatus {
    /// Its name.
    pub name: String,
    /// Why it cannot be had; `None` if it can.
    pub unavailable: Option<String>,
    /// What it lost.
    pub losses: Losses,
}

/// One thing that an option wants switched.
pub(crate) struct Switch {
    pattern: String,
    on: bool,
    sinks: Vec<String>,
    whence: String,
}

/// All that `init` has found out, not yet in force.
pub(crate) struct Plan {
    groups: Vec<&'static Group>,
    default: Vec<String>,
    found: Vec<(Vec<Selected>, Option<Vec<Target>>)>,
}

impl Switch {
    /// `-NAME` disables.
    pub(crate) fn new(pattern: &str, sinks: &[String], whence: String) -> Self {
        let (pattern, on) = pattern.strip_prefix('-').map_or((pattern, true), |rest| (rest, false));
        Self { pattern: pattern.to_owned(), on, sinks: sinks.to_vec(), whence }
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
        if tracing().is_some() {
            return Err(Error::AlreadySetUp);
        }
        let mut found = Vec::new();
        for Switch { pattern, on, sinks, whence } in switches {
            let wanted = known.iter().filter(|target| sinks.contains(&target.name));
            let targets: Option<Vec<Target>> = on.then(|| wanted.cloned().collect());
            if targets.as_ref().is_some_and(Vec::is_empty) {
                return Err(Error::NoSink);
            }
            found.push((select(&groups, pattern, targets.as_deref(), whence)?, targets));
        }
        Ok(Self { groups, default, found })
    }

    /// Installs the sinks that could be had, and switches.
    pub(crate) fn carry_out(
        self,
        sinks: Vec<(usize, Box<dyn Sink>)>,
        missing: Vec<Missing>,
    ) -> Result<Tracing, Error> {
        let Self { groups, default, found } = self;
        if CONTROL.set(Control { groups, default, missing }).is_err() {
            return Err(Error::AlreadySetUp);
        }
        let had: Vec<usize> = sinks.iter().map(|&(bit, _)| bit).collect();
        for (bit, sink) in sinks {
            sink::install(bit, sink);
        }
        for (events, mut targets) in found {
            if let Some(targets) = &mut targets {
                targets.retain(|target| had.contains(&target.bit));
            }
            switch(&events, targets.as_deref());
        }
        tracing().ok_or(Error::AlreadySetUp)
    }
}

/// A sink that events are sent to.
#[derive(Clone)]
pub(crate) struct Target {
    pub(crate) bit: usize,
    pub(crate) name: String,
}

impl Target {
    fn takes(&self, group: &Group) -> bool {
        self.bit >= sink::FIRST_OWN || group.allows(&self.name)
    }
}

impl Tracing {
    /// The groups that were named.
    #[must_use]
    pub fn groups(self) -> &'static [&'static Group] {
        &self.0.groups
    }

    /// All events of all groups.
    pub fn events(self) -> impl Iterator<Item = &'static Event> {
        self.groups().iter().flat_map(|group| group.events().iter().copied())
    }

    /// Sends the events of a name or pattern to the default sinks as well. Gives back how many there are.
    ///
    /// # Errors
    /// [`Error::NoMatch`], [`Error::NotCompiled`]; [`Error::Unavailable`] if the default sink cannot be had.
    pub fn enable(self, pattern: &str) -> Result<usize, Error> {
        let names: Vec<&str> = self.0.default.iter().map(String::as_str).collect();
        self.enable_to(pattern, &names)
    }

    /// Sends the events of a name or pattern to particular sinks as well. Gives back how many there are.
    ///
    /// # Errors
    /// As [`Tracing::enable`], and [`Error::UnknownSink`].
    pub fn enable_to(self, pattern: &str, sinks: &[&str]) -> Result<usize, Error> {
        if sinks.is_empty() {
            return Err(Error::NoSink);
        }
        let mut targets = Vec::new();
        for &name in sinks {
            targets.push(Target { bit: self.bit(name)?, name: name.to_owned() });
        }
        let events = select(&self.0.groups, pattern, Some(&targets), "enable")?;
        switch(&events, Some(&targets));
        Ok(events.len())
    }

    /// Takes the events of a name or pattern off every sink. Gives back how many there are.
    ///
    /// # Errors
    /// [`Error::NoMatch`], [`Error::NotCompiled`].
    pub fn disable(self, pattern: &str) -> Result<usize, Error> {
        let events = select(&self.0.groups, pattern, None, "disable")?;
        switch(&events, None);
        Ok(events.len())
    }

    /// The sinks that an option or the defaults ask for and that cannot be had, with the reason. The VMM tells its user.
    pub fn unavailable(self) -> impl Iterator<Item = Unavailable> {
        self.0.missing.iter().filter(|missing| missing.asked).map(Missing::told)
    }

    /// Every sink that is compiled in, with what it lost.
    #[must_use]
    pub fn sinks(self) -> Vec<SinkStatus> {
        let there = sink::installed().map(|(bit, sink)| {
            (bit, SinkStatus { name: sink.name().to_owned(), unavailable: None, losses: sink.losses() })
        });
        let missing = self.0.missing.iter().map(|Missing { name, bit, why, .. }| {
            (
                *bit,
                SinkStatus { name: name.clone(), unavailable: Some(why.clone()), losses: Losses::default() },
            )
        });
        let mut all: Vec<(usize, SinkStatus)> = there.chain(missing).collect();
        all.sort_by_key(|&(bit, _)| bit);
        all.into_iter().map(|(_, status)| status).collect()
    }

    fn bit(self, name: &str) -> Result<usize, Error> {
        if let Some((bit, _)) = sink::installed().find(|(_, sink)| sink.name() == name) {
            return Ok(bit);
        }
        if let Some(missing) = self.0.missing.iter().find(|missing| missing.name == name) {
            return Err(missing.told().into());
        }
        let known: Vec<String> = self.sinks().into_iter().map(|status| status.name).collect();
        let (name, known) = (name.to_owned(), known.join(", "));
        Err(Error::UnknownSink { name, known, whence: "enable".to_owned() })
    }
}

impl Missing {
    fn told(&self) -> Unavailable {
        Unavailable { name: self.name.clone(), why: self.why.clone() }
    }
}

/// An event, and the group that says which sinks it was built for.
type Selected = (&'static Event, &'static Group);

/// The events of a name or pattern, at least one, of which at least one may go to the targets.
fn select(
    groups: &[&'static Group],
    pattern: &str,
    targets: Option<&[Target]>,
    whence: &str,
) -> Result<Vec<Selected>, Error> {
    const SHOWN: usize = 5;
    let wanted = |name: &str| {
        if pattern::is_glob(pattern) { pattern::matches(pattern, name) } else { pattern == name }
    };
    let events = groups.iter().flat_map(|&group| group.events().iter().map(move |&event| (event, group)));
    let mut found: Vec<Selected> = events.filter(|(event, _)| wanted(event.name())).collect();
    let (pattern, whence) = (pattern.to_owned(), whence.to_owned());
    if !found.is_empty() {
        if let Some(targets) = targets.filter(|targets| !targets.is_empty()) {
            found.retain(|(_, group)| targets.iter().any(|target| target.takes(group)));
            if found.is_empty() {
                let sinks: Vec<&str> = targets.iter().map(|target| target.name.as_str()).collect();
                return Err(Error::NotBuiltFor { pattern, whence, sinks: sinks.join(", ") });
            }
        }
        return Ok(found);
    }
    let disabled = groups.iter().flat_map(|group| group.disabled()).copied();
    let mut disabled: Vec<&str> = disabled.filter(|name| wanted(name)).collect();
    if groups.is_empty() {
        return Err(Error::NoGroup { whence });
    }
    if disabled.is_empty() {
        return Err(Error::NoMatch { pattern, whence });
    }
    if disabled.len() > SHOWN {
        disabled.truncate(SHOWN);
        disabled.push("...");
    }
    Err(Error::NotCompiled { pattern, whence, names: disabled.join(", ") })
}

/// Adds sinks to events, or with `None` takes all away.
fn switch(events: &[Selected], targets: Option<&[Target]>) {
    for (event, group) in events {
        match targets {
            Some(targets) => {
                let taking = targets.iter().filter(|target| target.takes(group));
                event.state.add(taking.fold(0, |bits, target| bits | 1 << target.bit));
            }
            None => event.state.clear_sinks(),
        }
    }
}
