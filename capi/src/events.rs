//! The events of C, as QEMU's code knows them: by number, by group, in the order of registration.
//!
//! They are looked up without a lock: by who writes a record, in a signal handler, in a forked child.

use crate::layout::TraceEvent;
use std::fmt;
use std::ptr::{self, NonNull};
use std::sync::Once;
use std::sync::atomic::{AtomicI32, AtomicU16, Ordering};
use vmtrace::foreign::{Switch, exclusively};
use vmtrace::generated::Event;

/// How many of QEMU's events are on, as their code asks before it looks at one. QEMU's own `control-target.c` counts here as well.
#[unsafe(no_mangle)]
#[allow(non_upper_case_globals)] // C's name
pub(crate) static trace_events_enabled_count: AtomicI32 = AtomicI32::new(0);

/// An event of C's.
pub(crate) struct CEvent {
    raw: &'static TraceEvent,
    name: &'static str,
    /// `None` if nothing was compiled for it.
    event: Option<&'static Event>,
}

// SAFETY: C hands an event over for good; only its number and its `dstate` are changed, as atomics.
unsafe impl Send for CEvent {}
// SAFETY: as above.
unsafe impl Sync for CEvent {}

/// The state of an event that QEMU's backends made.
pub(crate) struct DState(NonNull<u16>);

// SAFETY: it is changed as an atomic.
unsafe impl Send for DState {}
// SAFETY: as above.
unsafe impl Sync for DState {}

static GROUPS: boxcar::Vec<&'static [CEvent]> = boxcar::Vec::new();
static BY_NUMBER: boxcar::Vec<&'static CEvent> = boxcar::Vec::new();

impl DState {
    /// Of an event of C's, if it has one.
    pub(crate) fn of(event: &TraceEvent) -> Option<Self> {
        NonNull::new(event.dstate).map(Self)
    }
}

impl CEvent {
    /// Of an event of C's, which stays where it is, and what there is of it on this side.
    pub(crate) fn new(raw: &'static TraceEvent, name: &'static str, event: Option<&'static Event>) -> Self {
        Self { raw, name, event }
    }

    /// As C knows it.
    pub(crate) fn as_ptr(&self) -> *mut TraceEvent {
        ptr::from_ref(self.raw).cast_mut()
    }

    pub(crate) fn name(&self) -> &'static str {
        self.name
    }

    pub(crate) fn event(&self) -> Option<&'static Event> {
        self.event
    }
}

impl DState {
    fn atomic(&self) -> &AtomicU16 {
        // SAFETY: C hands the word over for good, and changes it by whole stores at most.
        unsafe { AtomicU16::from_ptr(self.0.as_ptr()) }
    }
}

impl fmt::Debug for DState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("DState").field(&self.atomic().load(Ordering::Relaxed)).finish()
    }
}

impl Switch for DState {
    fn is_on(&self) -> bool {
        self.atomic().load(Ordering::Relaxed) != 0
    }

    fn set(&self, on: bool) {
        let was_on = self.atomic().swap(u16::from(on), Ordering::Relaxed) != 0;
        match (was_on, on) {
            (false, true) => _ = trace_events_enabled_count.fetch_add(1, Ordering::Relaxed),
            (true, false) => _ = trace_events_enabled_count.fetch_sub(1, Ordering::Relaxed),
            _ => {}
        }
    }
}

/// Makes the events of a group known, and gives them their numbers.
pub(crate) fn add(events: Vec<CEvent>) {
    let events: &'static [CEvent] = events.leak();
    exclusively(|| add_alone(events));
}

fn add_alone(events: &'static [CEvent]) {
    if events.iter().filter_map(CEvent::event).any(|event| event.switch().is_none()) {
        // whoever asks for such an event's state looks at its word. So many that QEMU's function, which counts down for an event that
        // others switched on, never comes to 0
        static OURS: Once = Once::new();
        OURS.call_once(|| _ = trace_events_enabled_count.fetch_add(1 << 30, Ordering::Relaxed));
    }
    for event in events {
        let number = BY_NUMBER.push(event);
        event.raw.id.store(u32::try_from(number).unwrap_or(u32::MAX), Ordering::Relaxed);
    }
    GROUPS.push(events);
}

/// The event of a number.
#[inline]
pub(crate) fn by_number(id: u32) -> Option<&'static CEvent> {
    BY_NUMBER.get(id as usize).copied()
}

/// The event that C means. `None` if it was never registered.
pub(crate) fn of(event: *const TraceEvent) -> Option<&'static CEvent> {
    // SAFETY: C gives an event of its own, or NULL.
    let id = unsafe { event.as_ref() }?.id.load(Ordering::Relaxed);
    by_number(id).filter(|known| ptr::eq(known.as_ptr(), event))
}

/// The events of a group, by the order of registration.
pub(crate) fn group(index: usize) -> Option<&'static [CEvent]> {
    GROUPS.get(index).copied()
}

/// All events.
pub(crate) fn all() -> impl Iterator<Item = &'static CEvent> {
    (0..).map_while(group).flatten()
}
