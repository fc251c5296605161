//! Finding events and switching them, as QEMU's sources do.

use super::{enter, options};
use crate::events;
use crate::layout::TraceEvent;
use std::collections::HashSet;
use std::ffi::{CStr, c_char};
use std::ptr;
use vmtrace::generated::Group;

/// QEMU's structure: `trace/control.h`.
#[repr(C)]
pub(crate) struct TraceEventIter {
    event: usize,
    group: usize,
    group_id: usize,
    pattern: *const c_char,
}

/// Any group.
const ANY: usize = usize::MAX;

/// Begins.
///
/// # Safety
/// `iter` is C's, or NULL.
unsafe fn begin(iter: *mut TraceEventIter, group_id: usize, pattern: *const c_char) {
    if !iter.is_null() {
        // SAFETY: as the caller says; what lay there before is not looked at.
        unsafe { iter.write(TraceEventIter { event: 0, group: 0, group_id, pattern }) };
    }
}

/// All events.
///
/// # Safety
/// `iter` is C's, or NULL.
#[unsafe(no_mangle)]
unsafe extern "C" fn trace_event_iter_init_all(iter: *mut TraceEventIter) {
    // SAFETY: as the caller says.
    unsafe { begin(iter, ANY, ptr::null()) };
}

/// Those whose names match.
///
/// # Safety
/// `iter` is C's, or NULL; `pattern` is a text, for as long as `iter` is used, or NULL for all.
#[unsafe(no_mangle)]
unsafe extern "C" fn trace_event_iter_init_pattern(iter: *mut TraceEventIter, pattern: *const c_char) {
    // SAFETY: as the caller says.
    unsafe { begin(iter, ANY, pattern) };
}

/// Those of a group.
///
/// # Safety
/// `iter` is C's, or NULL.
#[unsafe(no_mangle)]
unsafe extern "C" fn trace_event_iter_init_group(iter: *mut TraceEventIter, group_id: usize) {
    // SAFETY: as the caller says.
    unsafe { begin(iter, group_id, ptr::null()) };
}

/// The next one.
///
/// # Safety
/// `iter` is one that was begun, or NULL.
#[unsafe(no_mangle)]
unsafe extern "C" fn trace_event_iter_next(iter: *mut TraceEventIter) -> *mut TraceEvent {
    enter(ptr::null_mut(), || {
        // SAFETY: as the caller says.
        let Some(iter) = (unsafe { iter.as_mut() }) else { return ptr::null_mut() };
        // SAFETY: as who began it says.
        let pattern = unsafe { text(iter.pattern) };
        if pattern.is_none() && !iter.pattern.is_null() {
            return ptr::null_mut();
        }
        while let Some(group) = events::group(iter.group) {
            if iter.group_id != ANY && iter.group_id != iter.group {
                (iter.group, iter.event) = (iter.group + 1, 0);
                continue;
            }
            while let Some(event) = group.get(iter.event) {
                iter.event += 1;
                if pattern.is_none_or(|pattern| vmtrace::matches(pattern, event.name())) {
                    return event.as_ptr();
                }
            }
            (iter.group, iter.event) = (iter.group + 1, 0);
        }
        ptr::null_mut()
    })
}

/// The event of a name.
///
/// # Safety
/// A text, or NULL.
#[unsafe(no_mangle)]
unsafe extern "C" fn trace_event_name(name: *const c_char) -> *mut TraceEvent {
    enter(ptr::null_mut(), || {
        // SAFETY: as the caller says.
        let Some(name) = (unsafe { text(name) }) else { return ptr::null_mut() };
        events::all().find(|event| event.name() == name).map_or(ptr::null_mut(), events::CEvent::as_ptr)
    })
}

/// Switches an event: `trace_event_set_state_dynamic` in `src/c/state.c`.
///
/// # Safety
/// C's event, or NULL.
#[unsafe(no_mangle)]
unsafe extern "C" fn vmtrace_set_state(event: *mut TraceEvent, on: bool) {
    enter((), || {
        let Some(known) = events::of(event) else { return };
        if let Some(event) = known.event() {
            options::switch(event, on);
        }
    });
}

/// Lists the names.
///
/// # Safety
/// C's stream, or NULL.
#[unsafe(no_mangle)]
unsafe extern "C" fn trace_list_events(stream: *mut libc::FILE) {
    enter((), || {
        if stream.is_null() {
            return;
        }
        let text = listing();
        // SAFETY: the caller's stream, and bytes of ours.
        unsafe { libc::fwrite(text.as_ptr().cast(), 1, text.len(), stream) };
    });
}

/// The names of all events, one a line: those of C in the order that its iterators have, and whatever else has registered itself.
pub(super) fn listing() -> String {
    let ours: HashSet<&str> = events::all().map(events::CEvent::name).collect();
    let others = vmtrace::registered_groups().flat_map(Group::events).map(|event| event.name());
    let others = others.filter(|name| !ours.contains(name));
    events::all().map(events::CEvent::name).chain(others).flat_map(|name| [name, "\n"]).collect()
}

/// No event has a vcpu.
#[unsafe(no_mangle)]
extern "C" fn trace_get_vcpu_event_count() -> u32 {
    0
}

/// A text of C's, `None` for NULL or what is not UTF-8: no event has such a name.
///
/// # Safety
/// As [`bytes`].
pub(super) unsafe fn text<'a>(text: *const c_char) -> Option<&'a str> {
    // SAFETY: as the caller says.
    std::str::from_utf8(unsafe { bytes(text) }?).ok()
}

/// The bytes of a text of C's, `None` for NULL.
///
/// # Safety
/// It is NULL or ends in a NUL, and lives as long as is said.
pub(super) unsafe fn bytes<'a>(text: *const c_char) -> Option<&'a [u8]> {
    // SAFETY: as the caller says.
    (!text.is_null()).then(|| unsafe { CStr::from_ptr(text) }.to_bytes())
}
