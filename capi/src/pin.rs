//! What a group needs before anything of it is remembered: that it stays, and that it is not known already.

use std::collections::BTreeSet;
use std::ffi::c_void;
use std::sync::{Mutex, PoisonError};
use vmtrace::foreign;

/// Why a group that may be unloaded cannot be had.
pub(crate) const UNPINNED: &str = "the dynamic linker cannot keep the library that it is of";

// `src/c/pin.c`
unsafe extern "C" {
    safe fn vmtrace_pin(address: *const c_void) -> bool;
}

/// Has the library that a group is of stay for as long as the process lives: dlclose(3) leaves it where it is. False if that cannot be.
pub(crate) fn pin<T>(group: *const T) -> bool {
    vmtrace_pin(group.cast())
}

/// Whether a group is seen for the first time.
pub(crate) fn is_new<T>(group: *const T) -> bool {
    static SEEN: Mutex<BTreeSet<usize>> = Mutex::new(BTreeSet::new());
    foreign::exclusively(|| SEEN.lock().unwrap_or_else(PoisonError::into_inner).insert(group.addr()))
}
