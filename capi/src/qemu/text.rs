//! Lines that C has formatted already: of the backends `log` and `ftrace`.

use super::enter;
use std::ffi::c_char;
use std::slice;
use vmtrace::foreign::{self, Line};

/// As `src/c/shims.h` has them.
const ROOM: usize = 4096;
const _: () = assert!(foreign::FRONT == 64);

/// A line of the log: `qemu_log` in `src/c/log.c`.
///
/// # Safety
/// It is the room of `src/c/shims.h`, with so many bytes in it.
#[unsafe(no_mangle)]
unsafe extern "C" fn vmtrace_log_line(room: *mut c_char, length: usize) {
    // SAFETY: as the caller says; bytes that C has not written are C's, with whatever values, and not read.
    let room = unsafe { slice::from_raw_parts_mut(room.cast::<u8>(), foreign::FRONT + ROOM) };
    enter((), || {
        if let Some(line) = Line::new(room, length) {
            foreign::log_line(line);
        }
    });
}

/// An entry of `trace_marker`: `ftrace_write` in `src/c/ftrace.c`.
///
/// # Safety
/// As [`vmtrace_log_line`].
#[unsafe(no_mangle)]
unsafe extern "C" fn vmtrace_marker(room: *mut c_char, length: usize) {
    // SAFETY: as the caller says.
    let room = unsafe { slice::from_raw_parts_mut(room.cast::<u8>(), foreign::FRONT + ROOM) };
    enter((), || {
        if let Some(line) = Line::new(room, length) {
            foreign::marker(&line);
        }
    });
}
