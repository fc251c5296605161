//! Finding the events that someone names, and changing where they go.

use crate::error::Error;
use crate::event::{Event, Group};
use crate::pattern;
use crate::sink;
use crate::state::SINKS;

/// A sink that events are sent to.
#[derive(Clone, Debug)]
pub(crate) struct Target {
    pub(crate) bit: usize,
    pub(crate) name: String,
    /// Whether nobody has named it: events go there when nothing is said.
    pub(crate) is_default: bool,
}

/// An event, and the group that says which sinks it was built for.
pub(crate) type Selected = (&'static Event, &'static Group);

/// What becomes of events.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Change {
    /// They go to these sinks as well.
    Add,
    /// They go to these and no others.
    Only,
    /// They no longer go to these.
    Remove,
}

impl Target {
    /// Whether a group's events may go there. Those that are on or off as a whole go where they were made to go: never to a sink of the
    /// VMM's own, and anywhere if nobody has named a sink.
    pub(crate) fn takes(&self, group: &Group) -> bool {
        let is_whole = group.events().first().is_some_and(|event| event.switch().is_some());
        let is_own = self.bit >= sink::FIRST_OWN;
        if is_whole {
            self.is_default || !is_own && group.allows(&self.name)
        } else {
            is_own || group.allows(&self.name)
        }
    }
}

impl Change {
    /// Changes each event's word; of the sinks only those whose bits are in `had` are there. One that goes on to a sink is never off
    /// it in between.
    pub(crate) fn make(self, events: &[Selected], targets: &[Target], had: u64) {
        for (event, group) in events {
            let mut taking = targets.iter().filter(|target| target.takes(group));
            if let Some(switch) = event.switch() {
                match self {
                    Self::Add if taking.next().is_none() => {}
                    Self::Add => switch.set(true),
                    Self::Only => switch.set(taking.next().is_some()),
                    Self::Remove if is_all(group, targets) => switch.set(false),
                    Self::Remove => {}
                }
                continue;
            }
            let bits = taking.fold(0, |bits, target| bits | 1 << target.bit) & had;
            match self {
                Self::Add => event.state.add(bits),
                Self::Only => {
                    event.state.add(bits);
                    event.state.remove(SINKS & !bits);
                }
                Self::Remove => event.state.remove(bits),
            }
        }
    }
}

/// Whether a group's events go nowhere else.
fn is_all(group: &Group, targets: &[Target]) -> bool {
    group
        .backends()
        .is_some_and(|sinks| sinks.iter().all(|sink| targets.iter().any(|target| target.name == *sink)))
}

/// Whether a name is the one that is asked for, or matches. What kind it is, is looked for once, not for each event.
pub(crate) fn is_named(pattern: &str) -> impl Fn(&str) -> bool {
    let is_pattern = pattern::is_pattern(pattern);
    let pattern = pattern::shortest(pattern);
    move |name| if is_pattern { pattern::matches(&pattern, name) } else { pattern == name }
}

/// All events that are compiled in.
pub(crate) fn all(groups: &[&'static Group]) -> impl Iterator<Item = Selected> {
    groups.iter().flat_map(|&group| group.events().iter().map(move |&event| (event, group)))
}

/// The names of all events that are compiled in, one a line, as QEMU lists them.
pub(crate) fn listing(groups: &[&'static Group]) -> String {
    all(groups).flat_map(|(event, _)| [event.name(), "\n"]).collect()
}

/// The events of a name or pattern, at least one. If there are targets, those of them that may go to one, at least one.
pub(crate) fn select(
    groups: &[&'static Group],
    pattern: &str,
    targets: &[Target],
    whence: &str,
) -> Result<Vec<Selected>, Error> {
    const SHOWN: usize = 5;
    let is_named = is_named(pattern);
    let mut found: Vec<Selected> = all(groups).filter(|(event, _)| is_named(event.name())).collect();
    let whence = whence.to_owned();
    if !found.is_empty() {
        found.retain(|(_, group)| targets.is_empty() || targets.iter().any(|target| target.takes(group)));
        if found.is_empty() {
            let sinks: Vec<&str> = targets.iter().map(|target| target.name.as_str()).collect();
            return Err(Error::NotBuiltFor { pattern: pattern.to_owned(), whence, sinks: sinks.join(", ") });
        }
        return Ok(found);
    }
    if groups.is_empty() {
        return Err(Error::NoGroup { whence });
    }
    let disabled = groups.iter().flat_map(|group| group.disabled()).copied();
    let mut disabled: Vec<&str> = disabled.filter(|name| is_named(name)).collect();
    if disabled.len() > SHOWN {
        disabled.truncate(SHOWN);
        disabled.push("...");
    }
    let (pattern, names) = (pattern.to_owned(), disabled.join(", "));
    Err(match names.as_str() {
        "" if pattern::is_pattern(&pattern) => Error::NoMatch { pattern, whence },
        "" => Error::NoEvent { name: pattern, whence },
        _ => Error::NotCompiled { pattern, names, whence },
    })
}
