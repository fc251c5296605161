//! The probes that are written by hand.

use super::Values;
use std::ptr;
use usdt::{Semaphore, Text};

usdt::semaphore!(static NONE);
usdt::semaphore!(static NARROW);
usdt::semaphore!(static WIDE);
usdt::semaphore!(static OTHER);
usdt::semaphore!(static TEXTS);
usdt::semaphore!(static TWELVE);

const SEMAPHORES: [(&str, &Semaphore); 6] = [
    ("probed:guarded_none", &NONE),
    ("probed:guarded_narrow", &NARROW),
    ("probed:guarded_wide", &WIDE),
    ("probed:guarded_other", &OTHER),
    ("probed:guarded_texts", &TEXTS),
    ("probed:guarded_twelve", &TWELVE),
];

/// The names of those that a tracer has switched on.
pub(crate) fn on() -> Vec<&'static str> {
    SEMAPHORES.iter().filter(|(_, semaphore)| semaphore.is_on()).map(|(name, _)| *name).collect()
}

/// Each once.
pub(crate) fn hit(values: &Values, first: i32) {
    plain(values, first);
    nop5(values, first);
    nop1(values, first);
    guarded(values, first);
}

/// All without a semaphore, of one form.
macro_rules! hit {
    ($form:ident, $provider:literal, $values:ident, $first:ident) => {
        let name = Text::new(Some($values.name.as_bytes()));
        let empty = Text::new(Some(b""));
        usdt::probe!($form, $provider, "none");
        usdt::probe!($form, $provider, "narrow"; a: u8 = $values.u8, b: i8 = $values.i8, c: u16 = $values.u16, d: i16 = $values.i16);
        usdt::probe!($form, $provider, "wide"; a: u32 = $values.u32, b: i32 = $values.i32, c: u64 = $values.u64, d: i64 = $values.i64);
        usdt::probe!($form, $provider, "other"; a: bool = $values.truth, b: usize = $values.u64 as usize,
            c: isize = $values.i64 as isize, d: ptr = ptr::without_provenance::<u8>($values.pointer));
        usdt::probe!($form, $provider, "texts"; a: ptr = name.as_ptr(), b: ptr = empty.as_ptr(), c: ptr = ptr::null::<u8>());
        usdt::probe!($form, $provider, "twelve"; a: i32 = $first, b: i32 = $first + 1, c: i32 = $first + 2, d: i32 = $first + 3,
            e: i32 = $first + 4, f: i32 = $first + 5, g: i32 = -$first - 6, h: i32 = -$first - 7, i: i32 = -$first - 8,
            j: i32 = -$first - 9, k: i32 = -$first - 10, l: i32 = -$first - 11);
    };
}

#[inline(never)]
#[allow(clippy::cast_possible_truncation)] // a usize has 64 bits where there are probes
fn plain(values: &Values, first: i32) {
    hit!(nop10, "probed", values, first);
}

#[inline(never)]
#[allow(clippy::cast_possible_truncation)] // as above
fn nop5(values: &Values, first: i32) {
    hit!(nop5, "probed_nop5", values, first);
}

#[inline(never)]
#[allow(clippy::cast_possible_truncation)] // as above
fn nop1(values: &Values, first: i32) {
    hit!(nop1, "probed_nop1", values, first);
}

#[inline(never)]
#[allow(clippy::cast_possible_truncation)] // as above
fn guarded(values: &Values, first: i32) {
    let name = || Text::new(Some(values.name.as_bytes()));
    let empty = || Text::new(Some(b""));
    usdt::probe!("probed", "guarded_none", if NONE);
    usdt::probe!("probed", "guarded_narrow", if NARROW; a: u8 = values.u8, b: i8 = values.i8, c: u16 = values.u16, d: i16 = values.i16);
    usdt::probe!("probed", "guarded_wide", if WIDE; a: u32 = values.u32, b: i32 = values.i32, c: u64 = values.u64, d: i64 = values.i64);
    usdt::probe!("probed", "guarded_other", if OTHER; a: bool = values.truth, b: usize = values.u64 as usize,
        c: isize = values.i64 as isize, d: ptr = ptr::without_provenance::<u8>(values.pointer));
    if TEXTS.is_on() {
        let (name, empty) = (name(), empty());
        usdt::probe!("probed", "guarded_texts", if TEXTS; a: ptr = name.as_ptr(), b: ptr = empty.as_ptr(), c: ptr = ptr::null::<u8>());
    }
    usdt::probe!("probed", "guarded_twelve", if TWELVE; a: i32 = first, b: i32 = first + 1, c: i32 = first + 2, d: i32 = first + 3,
        e: i32 = first + 4, f: i32 = first + 5, g: i32 = -first - 6, h: i32 = -first - 7, i: i32 = -first - 8,
        j: i32 = -first - 9, k: i32 = -first - 10, l: i32 = -first - 11);
}
