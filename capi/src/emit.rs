//! An event of C's that is on: its arguments, which C hands over as words, become a record's.

use crate::group::ARGUMENTS_MAX;
use crate::layout::VmtraceEvent;
use std::array;
use std::ffi::c_char;
use std::ptr;
use std::slice;
use std::sync::atomic::Ordering;
use vmtrace::generated::{Event, Value, emit_from_c};

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
    hand_over: HandOver,
}

impl Known {
    /// `kinds` are of [`ARGUMENTS_MAX`] arguments at most, and each that is bounded by one names one that there is.
    pub(crate) fn new(event: &'static Event, kinds: &'static [Kind]) -> Self {
        let has_strings = kinds.iter().any(|kind| !matches!(kind, Kind::Number));
        let hand_over = if has_strings { MIXED } else { NUMBERS }[kinds.len()];
        Self { event, kinds, hand_over }
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
    let words: &[u64] = if known.kinds.is_empty() {
        &[]
    } else if arguments.is_null() {
        return;
    } else {
        // SAFETY: the caller says that there are so many.
        unsafe { slice::from_raw_parts(arguments, known.kinds.len()) }
    };
    // SAFETY: the caller says that strings are readable.
    unsafe { (known.hand_over)(known, words) };
}

/// What hands over the arguments of an event of N: the loops have no end that is found out at run time, and where all are
/// numbers no argument is asked what it is. Rust's own events pay no more.
type HandOver = unsafe fn(&Known, &[u64]);

const NUMBERS: [HandOver; ARGUMENTS_MAX + 1] = [
    numbers::<0>,
    numbers::<1>,
    numbers::<2>,
    numbers::<3>,
    numbers::<4>,
    numbers::<5>,
    numbers::<6>,
    numbers::<7>,
    numbers::<8>,
    numbers::<9>,
    numbers::<10>,
    numbers::<11>,
    numbers::<12>,
    numbers::<13>,
    numbers::<14>,
    numbers::<15>,
    numbers::<16>,
];

const MIXED: [HandOver; ARGUMENTS_MAX + 1] = [
    mixed::<0>,
    mixed::<1>,
    mixed::<2>,
    mixed::<3>,
    mixed::<4>,
    mixed::<5>,
    mixed::<6>,
    mixed::<7>,
    mixed::<8>,
    mixed::<9>,
    mixed::<10>,
    mixed::<11>,
    mixed::<12>,
    mixed::<13>,
    mixed::<14>,
    mixed::<15>,
    mixed::<16>,
];

fn numbers<const N: usize>(known: &Known, words: &[u64]) {
    if let Some(words) = words.first_chunk::<N>() {
        emit_from_c(known.event, &words.map(Value::Word));
    }
}

/// # Safety
/// As [`vmtrace_emit`].
unsafe fn mixed<const N: usize>(known: &Known, words: &[u64]) {
    if let (Some(words), Some(kinds)) = (words.first_chunk::<N>(), known.kinds.first_chunk::<N>()) {
        // SAFETY: the caller says that the strings are readable.
        let values: [Value<'_>; N] =
            array::from_fn(|index| unsafe { value_of(kinds[index], words[index], words) });
        emit_from_c(known.event, &values);
    }
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
