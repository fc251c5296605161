//! Lines that C has formatted already: of the backends `log` and `ftrace`.

use super::enter;
use std::ffi::c_char;
use std::slice;
use vmtrace::foreign;

/// A line of the log: `qemu_log` in `src/c/log.c`.
///
/// # Safety
/// There are so many bytes.
#[unsafe(no_mangle)]
unsafe extern "C" fn vmtrace_log_line(text: *const c_char, length: usize) {
    // SAFETY: as the caller says.
    let text = unsafe { slice::from_raw_parts(text.cast(), length) };
    enter((), || foreign::log_line(text));
}

/// An entry of `trace_marker`: `ftrace_write` in `src/c/ftrace.c`.
///
/// # Safety
/// There are so many bytes.
#[unsafe(no_mangle)]
unsafe extern "C" fn vmtrace_marker(text: *const c_char, length: usize) {
    // SAFETY: as the caller says.
    let text = unsafe { slice::from_raw_parts(text.cast(), length) };
    enter((), || foreign::marker(text));
}
