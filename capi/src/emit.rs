//! An event of C's that is on: its arguments, which C hands over as words, become a record's.

use crate::layout::VmtraceEvent;
use std::ffi::c_char;
use std::ptr;
use std::slice;
use std::sync::atomic::Ordering;
use vmtrace::generated::{Event, Value, emit_from_c};

/// The most arguments of an event.
pub(crate) const ARGUMENTS_MAX: usize = 16;

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
    /// How many arguments it has, and which of them are strings.
    count: usize,
    strings: &'static [(usize, Kind)],
    hand_over: HandOver,
}

impl Known {
    /// `kinds` are of [`ARGUMENTS_MAX`] arguments at most, and each that is bounded by one names one that there is.
    pub(crate) fn new(event: &'static Event, kinds: &[Kind]) -> Self {
        let kinds = kinds.iter().copied().take(ARGUMENTS_MAX);
        let count = kinds.len();
        let strings: Vec<(usize, Kind)> =
            kinds.enumerate().filter(|(_, kind)| !matches!(kind, Kind::Number)).collect();
        Self { event, count, strings: strings.leak(), hand_over: HAND_OVER[count] }
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
    let words: &[u64] = if known.count == 0 {
        &[]
    } else if arguments.is_null() {
        return;
    } else {
        // SAFETY: the caller says that there are so many.
        unsafe { slice::from_raw_parts(arguments, known.count) }
    };
    // SAFETY: the caller says that strings are readable.
    unsafe { (known.hand_over)(known, words) };
}

/// What hands over the arguments of an event of so many: a loop whose end is known when it is compiled costs what Rust's own events
/// pay.
type HandOver = unsafe fn(&Known, &[u64]);

#[rustfmt::skip] // a line a number says no more
const HAND_OVER: [HandOver; ARGUMENTS_MAX + 1] = [
    hand_over::<0>, hand_over::<1>, hand_over::<2>, hand_over::<3>, hand_over::<4>, hand_over::<5>, hand_over::<6>,
    hand_over::<7>, hand_over::<8>, hand_over::<9>, hand_over::<10>, hand_over::<11>, hand_over::<12>, hand_over::<13>,
    hand_over::<14>, hand_over::<15>, hand_over::<16>,
];

/// # Safety
/// As [`vmtrace_emit`].
unsafe fn hand_over<const N: usize>(known: &Known, words: &[u64]) {
    let Some(words) = words.first_chunk::<N>() else { return };
    // One by one, as C has just stored them: a processor hands a store on to a load of the same bytes, while a wider load, as the compiler
    // would make of two, waits for the stores: 5 ns. SAFETY: a reference is valid for reads.
    let mut values = words.each_ref().map(|word| Value::Word(unsafe { ptr::read_volatile(word) }));
    for &(index, kind) in known.strings {
        if let Some(value) = values.get_mut(index) {
            // SAFETY: the caller says that the strings are readable.
            *value = unsafe { value_of(kind, words[index], words) };
        }
    }
    emit_from_c(known.event, &values);
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
