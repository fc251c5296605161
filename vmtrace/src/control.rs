//! Switching at run time: which events go to which sinks.

use crate::error::Error;
use crate::event::{Event, Group};
use crate::log_items::{LogItem, LogItems, log_help};
use crate::plan::{Switch, is_unmatched};
use crate::select::{self, Change, Target};
use crate::sink::{self, Losses, Unavailable};
use crate::{delivered, queue, registry};
use std::cell::Cell;
use std::mem::ManuallyDrop;
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};

/// The handle to tracing that is set up. Copies are the same thing, and [`tracing`] gives another at any place.
///
/// Its methods may be called on any thread while others emit events: those take no lock, and one that stays on at a sink
/// loses nothing. Two changes at once come one after the other, so none may be made in a signal handler.
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
    default: Vec<String>,
    /// What the options want switched, also of groups that come later.
    switches: Vec<Switch>,
    /// The sinks that cannot be had. Whoever changes anything holds this.
    missing: Mutex<Vec<Missing>>,
}

thread_local! {
    /// The lock, while the thread forks.
    static HELD: Cell<Option<ManuallyDrop<Held>>> = const { Cell::new(None) };
}

/// What a thread that forks has the child not wait for.
struct Held {
    _missing: Option<MutexGuard<'static, Vec<Missing>>>,
    _adding: registry::Adding,
}

/// Before a fork: whoever changes something has done, so that the child does not wait for a thread that it does not have.
pub(crate) fn hold() {
    let adding = registry::lock();
    let missing = tracing().map(Tracing::lock);
    HELD.set(Some(ManuallyDrop::new(Held { _missing: missing, _adding: adding })));
}

/// After a fork, in both processes.
pub(crate) fn release() {
    drop(HELD.take().map(ManuallyDrop::into_inner));
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
    /// How many records it took.
    pub delivered: u64,
    /// What is lost: what it could not take, and what a queue had no room for.
    pub losses: Losses,
}

/// Whether an event can be had and is, as QMP's `TraceEventState` has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EventState {
    /// Nothing was compiled for it: it is declared `disable`, or its group was made without backends.
    Unavailable,
    /// It goes nowhere.
    Disabled,
    /// It goes to a sink at least.
    Enabled,
}

/// An event as [`Tracing::states`] lists it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EventInfo {
    /// Its name.
    pub name: &'static str,
    /// Its state.
    pub state: EventState,
    /// The names of the sinks that it goes to.
    pub sinks: Vec<String>,
    /// Whether a tracer is attached to its USDT probe: it sees the event whatever its state is.
    pub probed: bool,
}

impl EventState {
    /// QMP's word for it: `unavailable`, `disabled`, `enabled`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Unavailable => "unavailable",
            Self::Disabled => "disabled",
            Self::Enabled => "enabled",
        }
    }
}

impl Tracing {
    /// Begins the one time that there is.
    pub(crate) fn begin(
        default: Vec<String>,
        switches: Vec<Switch>,
        missing: Vec<Missing>,
    ) -> Result<Self, Error> {
        let control = Control { default, switches, missing: Mutex::new(missing) };
        CONTROL.set(control).map_err(|_| Error::AlreadySetUp)?;
        tracing().ok_or(Error::AlreadySetUp)
    }

    /// The groups that were named or have registered themselves.
    pub fn groups(self) -> impl Iterator<Item = &'static Group> {
        registry::groups()
    }

    /// All events of all groups.
    pub fn events(self) -> impl Iterator<Item = &'static Event> {
        self.groups().flat_map(|group| group.events().iter().copied())
    }

    /// The names of the sinks that events go to when nothing else is said.
    #[must_use]
    pub fn default_sinks(self) -> &'static [String] {
        &self.0.default
    }

    /// The events of a name or pattern, none or more, those that nothing was compiled for included: group by group, in
    /// the order of their declarations, the latter after the others of their group.
    #[must_use]
    pub fn states(self, pattern: &str) -> Vec<EventInfo> {
        let is_named = select::is_named(pattern);
        let mut states = Vec::new();
        for group in self.groups() {
            let events = group.events().iter().filter(|event| is_named(event.name()));
            states.extend(events.map(|event| info(event, group)));
            let disabled = group.disabled().iter().copied().filter(|name| is_named(name));
            let state = EventState::Unavailable;
            states.extend(disabled.map(|name| EventInfo { name, state, sinks: Vec::new(), probed: false }));
        }
        states
    }

    /// Sends the events of a name or pattern to the default sinks as well. Gives back how many there are.
    ///
    /// # Errors
    /// [`Error::NoEvent`] for a name, [`Error::NoMatch`] for a pattern, [`Error::NotCompiled`], [`Error::NotBuiltFor`];
    /// [`Error::Unavailable`] if the default sink cannot be had.
    pub fn enable(self, pattern: &str) -> Result<usize, Error> {
        let names: Vec<&str> = self.0.default.iter().map(String::as_str).collect();
        self.change(Change::Add, pattern, &names, true, "enable")
    }

    /// Sends the events of a name or pattern to particular sinks as well. Gives back how many there are.
    ///
    /// # Errors
    /// As [`Tracing::enable`], and [`Error::UnknownSink`].
    pub fn enable_to(self, pattern: &str, sinks: &[&str]) -> Result<usize, Error> {
        self.change(Change::Add, pattern, sinks, false, "enable")
    }

    /// Takes the events of a name or pattern off every sink. Gives back how many there are.
    ///
    /// # Errors
    /// [`Error::NoEvent`], [`Error::NoMatch`], [`Error::NotCompiled`].
    pub fn disable(self, pattern: &str) -> Result<usize, Error> {
        self.change(Change::Only, pattern, &[], false, "disable")
    }

    /// Sends the events of a name or pattern to these sinks and no others (to none: switches them off). One that goes on
    /// to a sink that it went to before loses nothing there. Gives back how many there are.
    ///
    /// # Errors
    /// As [`Tracing::enable_to`].
    pub fn route(self, pattern: &str, sinks: &[&str]) -> Result<usize, Error> {
        self.change(Change::Only, pattern, sinks, false, "route")
    }

    /// Does what QEMU's `log ITEMS` asks for, a list with commas between: `trace:PATTERN` sends events to the log,
    /// `trace:-PATTERN` switches them off, `none` takes every event off the log and leaves other sinks, `tid` (a file a thread)
    /// stays as it was at the start, and is an error if it was not asked for then. A mistake anywhere
    /// changes nothing. Gives back the text for those who ask with `help` or `trace:help`, and then does nothing else.
    ///
    /// # Errors
    /// [`Error::LogItem`], [`Error::Option`] for more than 64 items, and as [`Tracing::enable_to`].
    pub fn log_items(self, items: &str) -> Result<Option<String>, Error> {
        let list = match LogItems::parse(items, "log")? {
            LogItems::Help => return Ok(Some(log_help("log"))),
            LogItems::Events => return Ok(Some(select::listing(&self.groups().collect::<Vec<_>>()))),
            LogItems::List(list) => list,
        };
        let missing = self.lock();
        let log = [target("log", &missing, "log")?];
        if list.contains(&LogItem::Tid) && !crate::sinks::has_log_file_a_thread() {
            let why = "a file a thread is for the start: `-d tid -D FILE`, with %d in the file's name";
            return Err(Error::Option { option: "log tid".to_owned(), why: why.to_owned() });
        }
        let groups: Vec<_> = self.groups().collect();
        let switches = list.iter().filter_map(|item| Switch::of_item(item, "log"));
        let found: Result<Vec<_>, Error> = switches.map(|switch| switch.find(&groups, &log)).collect();
        for (change, events, targets) in found? {
            change.make(&events, &targets, u64::MAX);
        }
        queue::wake();
        Ok(None)
    }

    /// The sinks that an option or the defaults ask for and that cannot be had, with the reason. The VMM tells its user.
    pub fn unavailable(self) -> impl Iterator<Item = Unavailable> {
        let missing = self.lock();
        let told: Vec<_> = missing.iter().filter(|missing| missing.asked).map(Missing::told).collect();
        told.into_iter()
    }

    /// The groups of libraries that were loaded since [`crate::Setup::init`] and that cannot be had, with the reason.
    #[must_use]
    pub fn refused(self) -> Vec<String> {
        let _adding = registry::lock();
        registry::refused().clone()
    }

    /// Every sink that is compiled in, with what it lost.
    #[must_use]
    pub fn sinks(self) -> Vec<SinkStatus> {
        // a VMM's own sink is asked for its losses, and may ask for something here
        let missing: Vec<(usize, SinkStatus)> = self.lock().iter().map(Missing::status).collect();
        let there = sink::installed().map(|(bit, sink)| {
            let (handed, own, dropped) = (delivered::of(bit), sink.losses(), queue::dropped(bit));
            let panicked = queue::panicked(bit);
            let why = [(dropped, queue::why()), (panicked, "the sink panicked")];
            let why = why.into_iter().find(|&(records, _)| records > 0).map(|(_, why)| why.to_owned());
            let losses = Losses { records: own.records + dropped + panicked, why: own.why.or(why) };
            let delivered = handed.saturating_sub(own.records);
            (bit, SinkStatus { name: sink.name().to_owned(), unavailable: None, delivered, losses })
        });
        in_order(there.chain(missing))
    }

    /// What options say of names and patterns that no event has so far, in words: see [`crate::Setup::more_groups`].
    #[must_use]
    pub fn unmatched(self) -> Vec<String> {
        let (groups, known) = (self.groups().collect::<Vec<_>>(), known(&self.lock()));
        let found = self.0.switches.iter().filter_map(|switch| switch.find(&groups, &known).err());
        found.filter(is_unmatched).map(|error| error.to_string()).collect()
    }

    /// Switches what options say of a group that comes later.
    pub(crate) fn join(self, group: &'static Group) {
        let known = known(&self.lock());
        let had = sink::installed().fold(0, |bits, (bit, _)| bits | 1 << bit);
        for (change, events, targets) in
            self.0.switches.iter().flat_map(|switch| switch.find(&[group], &known))
        {
            change.make(&events, &targets, had);
        }
        queue::wake();
    }

    /// How many records a queue gave out too late to stand in their place among those of other threads.
    #[must_use]
    pub fn late(self) -> u64 {
        queue::late()
    }

    /// Sends one event to the default sinks as well, or takes it off every sink: what QEMU's `trace_event_set_state_dynamic` does.
    ///
    /// # Errors
    /// [`Error::NotBuiltFor`], and [`Error::Unavailable`] if the default sink cannot be had.
    pub fn switch(self, event: &'static Event, on: bool) -> Result<(), Error> {
        let group =
            self.groups().find(|group| group.events().iter().any(|known| std::ptr::eq(*known, event)));
        let Some(group) = group else {
            return Err(Error::NoEvent { name: event.name().to_owned(), whence: "switch".to_owned() });
        };
        let missing = self.lock();
        let names = self.0.default.iter().filter(|_| on);
        let targets: Result<Vec<Target>, Error> =
            names.map(|name| Ok(Target { is_default: true, ..target(name, &missing, "switch")? })).collect();
        let targets = targets?;
        if on && !targets.iter().any(|target| target.takes(group)) {
            let (pattern, sinks) = (event.name().to_owned(), self.0.default.join(", "));
            return Err(Error::NotBuiltFor { pattern, whence: "switch".to_owned(), sinks });
        }
        let change = if on { Change::Add } else { Change::Only };
        change.make(&[(event, group)], &targets, u64::MAX);
        queue::wake();
        Ok(())
    }

    fn change(
        self,
        change: Change,
        pattern: &str,
        sinks: &[&str],
        is_default: bool,
        whence: &str,
    ) -> Result<usize, Error> {
        if change == Change::Add && sinks.is_empty() {
            return Err(Error::NoSink);
        }
        let missing = self.lock();
        let mut targets: Vec<Target> = Vec::new();
        for name in sinks {
            let target = Target { is_default, ..target(name, &missing, whence)? };
            // a client may name one ten thousand times, and each event would be asked about all
            if targets.iter().all(|other| other.bit != target.bit) {
                targets.push(target);
            }
        }
        let groups: Vec<_> = self.groups().collect();
        let events = select::select(&groups, pattern, &targets, whence)?;
        change.make(&events, &targets, u64::MAX);
        queue::wake();
        Ok(events.len())
    }

    /// A thread that panicked has left nothing half done that matters: each change is one of a word.
    pub(crate) fn lock(self) -> MutexGuard<'static, Vec<Missing>> {
        self.0.missing.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Missing {
    fn told(&self) -> Unavailable {
        Unavailable { name: self.name.clone(), why: self.why.clone() }
    }

    fn status(&self) -> (usize, SinkStatus) {
        let (name, unavailable) = (self.name.clone(), Some(self.why.clone()));
        (self.bit, SinkStatus { name, unavailable, delivered: 0, losses: Losses::default() })
    }
}

fn info(event: &'static Event, group: &'static Group) -> EventInfo {
    if let Some(switch) = event.switch() {
        let sinks = group.backends().unwrap_or_default().iter().map(|&sink| sink.to_owned());
        let (state, sinks) = if switch.is_on() {
            (EventState::Enabled, sinks.collect())
        } else {
            (EventState::Disabled, Vec::new())
        };
        return EventInfo { name: event.name(), state, probed: false, sinks };
    }
    let bits = event.state.sinks();
    let sinks = sink::installed().filter(|(bit, _)| bits & (1 << bit) != 0);
    let state = if bits == 0 { EventState::Disabled } else { EventState::Enabled };
    let probed = event.is_probed();
    EventInfo {
        name: event.name(),
        state,
        probed,
        sinks: sinks.map(|(_, sink)| sink.name().to_owned()).collect(),
    }
}

/// The sinks that there are or might have been.
fn known(missing: &[Missing]) -> Vec<Target> {
    let there = sink::installed().map(|(bit, sink)| (bit, sink.name()));
    let all = there.chain(missing.iter().map(|missing| (missing.bit, missing.name.as_str())));
    all.map(|(bit, name)| Target { bit, name: name.to_owned(), is_default: false }).collect()
}

/// A sink by its name.
fn target(name: &str, missing: &[Missing], whence: &str) -> Result<Target, Error> {
    if let Some((bit, _)) = sink::installed().find(|(_, sink)| sink.name() == name) {
        return Ok(Target { bit, name: name.to_owned(), is_default: false });
    }
    let missed = missing.iter().find(|missing| missing.name == name);
    Err(missed.map_or_else(|| unknown(name, missing, whence), |missed| missed.told().into()))
}

pub(crate) fn unknown(name: &str, missing: &[Missing], whence: &str) -> Error {
    let there = sink::installed().map(|(bit, sink)| (bit, sink.name()));
    let known = in_order(there.chain(missing.iter().map(|missing| (missing.bit, missing.name.as_str()))));
    Error::UnknownSink { name: name.to_owned(), known: known.join(", "), whence: whence.to_owned() }
}

/// What is told of sinks, in the order of their bits.
fn in_order<T>(sinks: impl Iterator<Item = (usize, T)>) -> Vec<T> {
    let mut sinks: Vec<(usize, T)> = sinks.collect();
    sinks.sort_by_key(|&(bit, _)| bit);
    sinks.into_iter().map(|(_, told)| told).collect()
}
