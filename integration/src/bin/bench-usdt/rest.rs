//! At rest: a function with a site against the same without.

use crate::rivals;
use crate::sites::{self, Site};
use integration::measuring::{Case, compare, measure};
use std::hint::black_box;

const CALLS: u32 = 2_000_000;

/// What is measured against which of those before it.
const CASES: &[(&str, Site, &str)] = &[
    ("a function of four instructions", sites::bare, ""),
    ("with a site, `nop` and 10-byte `nop`", sites::nop10, "a function of four instructions"),
    ("with a site, 5-byte `nop`", sites::nop5, "a function of four instructions"),
    ("with a site, 1-byte `nop`", sites::nop1, "a function of four instructions"),
    ("with a site and a semaphore", sites::guarded, "a function of four instructions"),
    ("with an event", sites::event, "a function of four instructions"),
    ("crate `probe`: `probe!`", rivals::probe_crate, "a function of four instructions"),
    ("crate `probe`: `probe_lazy!`", rivals::probe_lazy, "a function of four instructions"),
    ("crate `usdt`", rivals::oxide_crate, "a function of four instructions"),
    ("the function in C", sites::bench_c_bare, ""),
    ("in C, with `DTRACE_PROBE2`", sites::bench_c_site, "the function in C"),
    (
        "an argument that is costly, with a semaphore",
        sites::costly_guarded,
        "a function of four instructions",
    ),
    ("the same argument without a semaphore", sites::costly_plain, "a function of four instructions"),
    (
        "the same argument, crate `probe`: `probe_lazy!`",
        rivals::probe_lazy_costly,
        "a function of four instructions",
    ),
    ("the same argument, crate `usdt`", rivals::oxide_costly, "a function of four instructions"),
];

/// Measures, and prints a table.
pub(crate) fn measure_all() {
    let mut runs: Vec<_> =
        CASES.iter().map(|&(what, site, _)| (what, move |calls| chain(site, calls))).collect();
    let mut cases: Vec<Case<'_>> =
        runs.iter_mut().map(|(what, run)| (*what, run as &mut dyn FnMut(u32))).collect();
    let measured = measure(CALLS, &|| {}, &mut cases);
    println!("| at rest | ns | against | ns | ratio |\n| --- | --- | --- | --- | --- |");
    for (one, &(_, _, against)) in measured.iter().zip(CASES) {
        if let Some(other) = measured.iter().find(|other| other.what == against) {
            compare(one, other);
        }
    }
}

/// Calls a function with what it gave the last time, as code does whose calls depend on each other.
pub(crate) fn chain(site: Site, calls: u32) {
    let mut value = black_box(1);
    for call in 0..calls {
        // SAFETY: a function of two numbers.
        value = unsafe { site(value, call.cast_signed()) };
    }
    black_box(value);
}
