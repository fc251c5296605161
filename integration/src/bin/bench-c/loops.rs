//! Loops around the events, in both languages.

use capi as _; // what C's events call
use integration::bench;
use integration::measuring::each;

/// So many calls.
pub(crate) type Loop = fn(u32);

pub(crate) fn rust_two(calls: u32) {
    each(calls, |_| bench::trace_bench_two(3, 0xfee0_00b0));
}

pub(crate) fn rust_four(calls: u32) {
    each(calls, |_| bench::trace_bench_four(0x0012_3456, 8, true, c"virtio-disk0"));
}

/// Those of `integration/c/bench.c`.
macro_rules! loops {
    ($($(#[$attribute:meta])* $name:ident = $function:ident;)*) => {
        mod c {
            unsafe extern "C" {
                $(pub(crate) fn $function(calls: u32);)*
            }
        }
        $(
            $(#[$attribute])*
            pub(crate) fn $name(calls: u32) {
                // SAFETY: it takes any number, and does nothing but emit events.
                unsafe { c::$function(calls) };
            }
        )*
    };
}

loops! {
    c_two = bench_c_two_vmtrace;
    c_four = bench_c_four_vmtrace;
    log_two = bench_c_two_log;
    log_four = bench_c_four_log;
    ftrace_two = bench_c_two_ftrace;
    ftrace_four = bench_c_four_ftrace;
    simple_two = bench_c_two_simple;
    simple_four = bench_c_four_simple;
    syslog_two = bench_c_two_syslog;
}
