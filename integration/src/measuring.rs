//! Measuring: ways to do a thing, each beside its bare limit, in turns in one run.

use std::fs::File;
use std::os::fd::AsRawFd;
use std::time::Instant;

const ROUNDS: usize = 31;

/// One thing that is measured.
#[derive(Clone, Copy, Debug)]
pub struct Measured {
    /// What it is, for the table.
    pub what: &'static str,
    /// Nanoseconds a call.
    pub ns: f64,
}

/// A way to do a thing so many times.
pub type Case<'a> = (&'static str, &'a mut dyn FnMut(u32));

/// Calls each in turn, round after round, so that what disturbs the machine disturbs all; the median round counts.
pub fn measure(calls: u32, before_round: &dyn Fn(), cases: &mut [Case<'_>]) -> Vec<Measured> {
    let mut rounds = vec![Vec::with_capacity(ROUNDS); cases.len()];
    for _ in 0..ROUNDS {
        for (index, (_, case)) in cases.iter_mut().enumerate() {
            before_round();
            let start = Instant::now();
            case(calls);
            rounds[index].push(start.elapsed().as_secs_f64() * 1e9 / f64::from(calls));
        }
    }
    let median = |mut round: Vec<f64>| {
        round.sort_by(f64::total_cmp);
        round[round.len() / 2]
    };
    cases.iter().zip(rounds).map(|((what, _), round)| Measured { what, ns: median(round) }).collect()
}

/// Prints a line of a table: the one, the other, and the ratio.
pub fn compare(one: &Measured, other: &Measured) {
    println!(
        "| {} | {:.2} | {} | {:.2} | {:.3} |",
        one.what,
        one.ns,
        other.what,
        other.ns,
        one.ns / other.ns
    );
}

/// Calls it so many times, with the number of the call.
pub fn each(calls: u32, mut call: impl FnMut(u32)) {
    for number in 0..calls {
        call(number);
    }
}

/// write(2) as it is.
///
/// # Panics
/// If not all is written.
pub fn write(to: &File, bytes: &[u8]) {
    // SAFETY: write(2) reads `bytes.len()` bytes of `bytes`; the descriptor is open.
    let written = unsafe { libc::write(to.as_raw_fd(), bytes.as_ptr().cast(), bytes.len()) };
    assert_eq!(written, bytes.len().cast_signed());
}
