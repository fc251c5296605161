//! Registration of groups that QEMU's backends made.

use super::control::text;
use super::{enter, host, setup};
use crate::events::{self, CEvent, DState};
use crate::layout::TraceEvent;
use crate::pin;
use std::cell::Cell;
use std::ffi::{c_char, c_uint};
use std::ptr::NonNull;
use std::sync::atomic::{AtomicU32, Ordering};
use vmtrace::foreign;
use vmtrace::generated::{Event, Group, State};

/// The backends' bits in `qemu/module.h`, and the sinks that are meant.
const BACKENDS: [(u32, &str); 4] = [(1, "log"), (2, "simple"), (4, "ftrace"), (SYSLOG, "syslog")];
const SYSLOG: u32 = 8;

/// The backends of all groups so far; one that does not tell may have syslog's.
static USED: AtomicU32 = AtomicU32::new(0);

/// Whose constructor runs on this thread.
#[derive(Clone, Copy)]
struct Unit {
    name: &'static str,
    backends: u32,
}

thread_local! {
    static UNIT: Cell<Option<Unit>> = const { Cell::new(None) };
}

/// Whether a group was made with a backend, or may have been.
pub(super) fn is_used(sink: &str) -> bool {
    let bit = BACKENDS.iter().find(|(_, name)| *name == sink).map_or(0, |(bit, _)| *bit);
    USED.load(Ordering::Relaxed) & bit != 0
}

/// What `trace_init` of our `qemu/module.h` expands to: runs the function that registers a group.
///
/// # Safety
/// `name` is the function's name, for as long as the program runs, or NULL.
#[unsafe(no_mangle)]
unsafe extern "C" fn vmtrace_trace_init(
    register: Option<extern "C" fn()>,
    name: *const c_char,
    backends: c_uint,
) {
    // SAFETY: as the caller says.
    let name = unsafe { text(name) }.unwrap_or_default();
    let name = name.strip_prefix("trace_").unwrap_or(name);
    let name = name.strip_suffix("_register_events").unwrap_or(name);
    let before = UNIT.replace(Some(Unit { name, backends }));
    if let Some(register) = register {
        register();
    }
    UNIT.set(before);
}

/// Makes a group known.
///
/// # Safety
/// An array of events that ends with NULL, or NULL; they stay.
#[unsafe(no_mangle)]
unsafe extern "C" fn trace_event_register_group(group: *mut *mut TraceEvent) {
    enter((), || {
        let Some(group) = NonNull::new(group) else { return };
        if !pin::is_new(group.as_ptr()) {
            return;
        }
        if !pin::pin(group.as_ptr()) {
            let name = UNIT.get().map_or("qemu", |unit| unit.name);
            foreign::refuse(name, pin::UNPINNED);
            setup::tell(pin::UNPINNED);
            return;
        }
        let mut events = Vec::new();
        for index in 0.. {
            let place = group.as_ptr().wrapping_add(index);
            // SAFETY: the end has not come yet.
            let Some(raw) = NonNull::new(unsafe { *place }) else { break };
            // SAFETY: as the caller says.
            events.extend(unsafe { known(raw) });
        }
        let unit = UNIT.get().unwrap_or_else(|| {
            // QEMU's own headers do not tell
            USED.fetch_or(SYSLOG, Ordering::Relaxed);
            Unit { name: "qemu", backends: host::linked_backends() }
        });
        USED.fetch_or(unit.backends, Ordering::Relaxed);
        let disabled =
            events.iter().filter(|event| event.event().is_none()).map(CEvent::name).collect::<Vec<_>>();
        let enabled = events.iter().filter_map(CEvent::event).collect::<Vec<_>>();
        let sinks = BACKENDS.iter().filter(|(bit, _)| unit.backends & bit != 0).map(|(_, sink)| *sink);
        let sinks = sinks.collect::<Vec<_>>();
        let group = Group::new(unit.name, enabled.leak(), disabled.leak()).with_backends(sinks.leak());
        events::add(events);
        super::join(Box::leak(Box::new(group)));
        if vmtrace::tracing().is_some() {
            setup::open_syslog();
        }
    });
}

/// What there is to know of an event of C's; `None` without a name or state.
///
/// # Safety
/// It stays, and so do its name and state.
unsafe fn known(raw: NonNull<TraceEvent>) -> Option<CEvent> {
    // SAFETY: as the caller says.
    let raw: &'static TraceEvent = unsafe { raw.as_ref() };
    // SAFETY: as the caller says.
    let name = unsafe { text(raw.name) }?;
    if !raw.sstate {
        return Some(CEvent::new(raw, name, None));
    }
    let dstate: &'static DState = Box::leak(Box::new(DState::of(raw)?));
    let state: &'static State = Box::leak(Box::new(State::new()));
    // its text and arguments are known to its own code alone
    let event = Event::of_parts(state, name, "", "\"\"", &[], &[]).with_switch(dstate);
    Some(CEvent::new(raw, name, Some(Box::leak(Box::new(event)))))
}
