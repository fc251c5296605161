//! The sites: functions of a few instructions, which differ in their probe alone.

use integration::bench;
use std::hint::black_box;

/// A function with a site, or without.
pub(crate) type Site = unsafe extern "C" fn(u64, i32) -> u64;

unsafe extern "C" {
    /// C's, without a probe (`integration/usdt/bench.c`).
    pub(crate) fn bench_c_bare(value: u64, count: i32) -> u64;
    /// C's, with one.
    pub(crate) fn bench_c_site(value: u64, count: i32) -> u64;
}

usdt::semaphore!(pub(crate) static GUARDED);
usdt::semaphore!(pub(crate) static GUARDED_NOP5);
usdt::semaphore!(static COSTLY);

/// What each computes.
#[inline(always)]
#[allow(clippy::inline_always)] // its own instructions
pub(crate) fn work(value: u64, count: i32) -> u64 {
    let count = u64::from_ne_bytes(i64::from(count).to_ne_bytes());
    (value ^ (value >> 29)).wrapping_mul(0x9e37_79b9_7f4a_7c15).wrapping_add(count)
}

/// What is costly to compute: a sum of 256 numbers that the compiler does not know.
#[inline(never)]
pub(crate) fn costly(value: u64) -> u64 {
    (0..256).fold(value, |sum, number| sum.rotate_left(5) ^ black_box(number))
}

/// A function whose body is a probe and the work.
macro_rules! site {
    ($(#[$attribute:meta])* $name:ident, $value:ident, $count:ident, $probe:expr) => {
        $(#[$attribute])*
        #[inline(never)]
        pub(crate) extern "C" fn $name($value: u64, $count: i32) -> u64 {
            $probe;
            $crate::sites::work($value, $count)
        }
    };
}
pub(crate) use site;

site!(/// Without a probe.
    bare, value, count, {});
site!(/// `nop` and the 10-byte one.
    nop10, value, count, usdt::probe!("bench", "nop10"; value: u64, count: i32));
site!(/// A lone 5-byte one.
    nop5, value, count, usdt::probe!(nop5, "bench", "nop5"; value: u64, count: i32));
site!(/// A lone 1-byte one.
    nop1, value, count, usdt::probe!(nop1, "bench", "nop1"; value: u64, count: i32));
site!(/// With a semaphore.
    guarded, value, count, usdt::probe!("bench", "guarded", if GUARDED; value: u64, count: i32));
site!(/// A 5-byte one, with a semaphore.
    guarded_nop5, value, count, usdt::probe!(nop5, "bench", "guarded_nop5", if GUARDED_NOP5; value: u64, count: i32));
site!(/// An argument that is costly, with a semaphore.
    costly_guarded, value, count, usdt::probe!("bench", "costly", if COSTLY; sum: u64 = costly(value), count: i32));
site!(/// The same without.
    costly_plain, value, count, usdt::probe!("bench", "costly_plain"; sum: u64 = costly(value), count: i32));
site!(/// An event of ours.
    event, value, count, bench::trace_bench_two(count, value));
