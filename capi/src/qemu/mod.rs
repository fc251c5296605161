//! QEMU's interface: what the C that `tracetool` makes with QEMU's backends calls, and what QEMU's own sources call to control it. The
//! headers in `include/trace` and `include/qemu` say what each function does.
//!
//! These functions do what their contract with QEMU's code wants: they print, and some exit.

mod control;
mod host;
mod options;
mod record;
mod register;
mod setup;
mod text;
mod trace_file;

pub(crate) use options::join;
pub(crate) use setup::{open_syslog, tell};

use std::panic::{AssertUnwindSafe, catch_unwind};

/// Runs what C has called. No panic crosses: C is told of it, and given `failure`.
fn enter<T>(failure: T, run: impl FnOnce() -> T) -> T {
    catch_unwind(AssertUnwindSafe(run)).unwrap_or_else(|_| {
        // what panicked may be the telling
        _ = catch_unwind(|| host::error("a fault in libvmtrace"));
        failure
    })
}
