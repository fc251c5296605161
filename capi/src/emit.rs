//! An event of C's that is on: its arguments, which C hands over as words, become a record's.

use crate::group::ARGUMENTS_MAX;
use crate::layout::VmtraceEvent;
use std::ffi::c_char;
use std::mem::MaybeUninit;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::ptr;
use std::slice;
use std::sync::atomic::Ordering;
use vmtrace::generated::{Event, Value, emit};

/// What an argument is.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Kind {
    Number,
    /// Up to its NUL.
    String,
    /// Of so many bytes at most.
    Bounded(u32),
    /// Of as many bytes at most as that argument says; below zero up to its NUL.
    BoundedBy(usize),
}

/// What is known of an event once its group is registered.
pub(crate) struct Known {
    event: &'static Event,
    kinds: &'static [Kind],
    has_strings: bool,
}

impl Known {
    /// `kinds` are of [`ARGUMENTS_MAX`] arguments at most, and each that is bounded by one names one that there is.
    pub(crate) fn new(event: &'static Event, kinds: &'static [Kind]) -> Self {
        let has_strings = kinds.iter().any(|kind| !matches!(kind, Kind::Number));
        Self { event, kinds, has_strings }
    }
}

/// Hands an event to who wants it. For signal handlers too: nothing here allocates.
///
/// # Safety
/// It is NULL, or an event of a group that was registered, and there are as many arguments as it has: what is a string is NULL, or
/// readable up to its NUL or its bound.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn vmtrace_emit(event: *const VmtraceEvent, arguments: *const u64) {
    // SAFETY: the caller says so.
    let Some(event) = (unsafe { event.as_ref() }) else { return };
    let known = event.runtime.load(Ordering::Acquire).cast_const().cast::<Known>();
    // SAFETY: what `register` has stored there stays.
    let Some(known) = (unsafe { known.as_ref() }) else { return };
    let count = known.kinds.len().min(ARGUMENTS_MAX);
    let words: &[u64] = if count == 0 {
        &[]
    } else if arguments.is_null() {
        return;
    } else {
        // SAFETY: the caller says that there are so many.
        unsafe { slice::from_raw_parts(arguments, count) }
    };
    let mut room = [const { MaybeUninit::<Value<'_>>::uninit() }; ARGUMENTS_MAX];
    if known.has_strings {
        for ((value, &word), kind) in room.iter_mut().zip(words).zip(known.kinds) {
            // SAFETY: the caller says that the strings are readable.
            value.write(unsafe { value_of(*kind, word, words) });
        }
    } else {
        for (value, &word) in room.iter_mut().zip(words) {
            value.write(Value::Word(word));
        }
    }
    // SAFETY: as many were written.
    let values = unsafe { slice::from_raw_parts(ptr::from_ref(&room).cast::<Value<'_>>(), count) };
    // a sink of the VMM's own, in Rust, may panic: the panic's hook has told of it
    _ = catch_unwind(AssertUnwindSafe(|| emit(known.event, values)));
}

/// # Safety
/// What is a string is NULL, or readable as its kind says.
#[inline]
unsafe fn value_of<'a>(kind: Kind, word: u64, words: &[u64]) -> Value<'a> {
    let bound = match kind {
        Kind::Number => return Value::Word(word),
        Kind::String => usize::MAX,
        Kind::Bounded(most) => most as usize,
        #[allow(clippy::cast_possible_truncation)] // an int, which C has extended
        Kind::BoundedBy(index) => {
            words.get(index).map_or(0, |&most| usize::try_from(most as i32).unwrap_or(usize::MAX))
        }
    };
    let text = ptr::with_exposed_provenance::<c_char>(usize::try_from(word).unwrap_or_default());
    if text.is_null() {
        return Value::Str(None);
    }
    let len = if bound == usize::MAX {
        // SAFETY: the caller says so.
        unsafe { libc::strlen(text) }
    } else {
        // SAFETY: the caller says so.
        unsafe { libc::strnlen(text, bound) }
    };
    // SAFETY: strlen(3) has read so many.
    Value::Str(Some(unsafe { slice::from_raw_parts(text.cast::<u8>(), len) }))
}
