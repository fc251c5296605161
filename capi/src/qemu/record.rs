//! Records of the backend `simple`: C puts one together piece by piece, and it goes into the queue as a whole.

use crate::events;
use std::cell::{Cell, UnsafeCell};
use std::ffi::{c_char, c_int, c_uint};
use std::slice;
use vmtrace::foreign;

/// QEMU's structure: `trace/simple.h`. What is being made lies with its thread; here is the event's number, and how much there is.
#[repr(C)]
pub(crate) struct TraceBufferRecord {
    tbuf_idx: c_uint,
    rec_off: c_uint,
}

/// Sixteen strings of 512 bytes.
const ROOM: usize = 16 * (4 + 512);

/// A thread's record.
struct Making {
    /// Whether there is one: another comes from a signal handler.
    is_busy: Cell<bool>,
    /// How many bytes there are to be, and are.
    wanted: Cell<usize>,
    len: Cell<usize>,
    room: UnsafeCell<[u8; ROOM]>,
}

thread_local! {
    // without a destructor, so that the first use is safe in a signal handler
    static MAKING: Making = const {
        Making { is_busy: Cell::new(false), wanted: Cell::new(0), len: Cell::new(0), room: UnsafeCell::new([0; ROOM]) }
    };
}

impl Making {
    fn put(&self, bytes: &[u8]) {
        let start = self.len.get();
        let end = start.saturating_add(bytes.len());
        self.len.set(end);
        if end <= ROOM {
            let place = self.room.get().cast::<u8>().wrapping_add(start);
            // SAFETY: the room is the thread's, and nobody holds a reference to it between two calls; `start..end` lies within it.
            unsafe { place.copy_from_nonoverlapping(bytes.as_ptr(), bytes.len()) };
        }
    }
}

/// Begins a record: `trace_record_start` in `src/c/simple.c`.
///
/// # Safety
/// `rec` is C's, or NULL.
#[unsafe(no_mangle)]
unsafe extern "C" fn vmtrace_record_start(rec: *mut TraceBufferRecord, id: u32, arglen: usize) -> c_int {
    // SAFETY: as the caller says.
    let Some(rec) = (unsafe { rec.as_mut() }) else { return -libc::EINVAL };
    MAKING.with(|making| {
        if making.is_busy.get() || arglen > ROOM {
            foreign::lose_record();
            return -libc::ENOSPC;
        }
        making.is_busy.set(true);
        making.wanted.set(arglen);
        making.len.set(0);
        (rec.tbuf_idx, rec.rec_off) = (id, 0);
        0
    })
}

/// Adds a number.
#[unsafe(no_mangle)]
extern "C" fn trace_record_write_u64(_rec: *mut TraceBufferRecord, value: u64) {
    MAKING.with(|making| making.put(&value.to_ne_bytes()));
}

/// Adds a string.
///
/// # Safety
/// It has so many bytes, or is NULL and has none.
#[unsafe(no_mangle)]
unsafe extern "C" fn trace_record_write_str(_rec: *mut TraceBufferRecord, text: *const c_char, length: u32) {
    let bytes = if text.is_null() {
        &[][..]
    } else {
        // SAFETY: as the caller says.
        unsafe { slice::from_raw_parts(text.cast::<u8>(), length as usize) }
    };
    MAKING.with(|making| {
        making.put(&length.to_ne_bytes());
        making.put(bytes);
    });
}

/// Puts the record into the queue. One of another length than was said at its beginning is lost: nobody could read it.
///
/// # Safety
/// `rec` is C's, or NULL.
#[unsafe(no_mangle)]
unsafe extern "C" fn trace_record_finish(rec: *mut TraceBufferRecord) {
    // SAFETY: as the caller says.
    let Some(rec) = (unsafe { rec.as_ref() }) else { return };
    MAKING.with(|making| {
        let (len, wanted) = (making.len.get(), making.wanted.get());
        let event = events::by_number(rec.tbuf_idx).and_then(events::CEvent::event);
        match event.filter(|_| len == wanted && len <= ROOM) {
            Some(event) => {
                // SAFETY: `len` bytes of the room are written, and nobody writes it until `is_busy` ends.
                let arguments = unsafe { slice::from_raw_parts(making.room.get().cast::<u8>(), len) };
                // what is lost is counted there
                _ = foreign::record(event, arguments);
            }
            None => foreign::lose_record(),
        }
        making.is_busy.set(false);
    });
}
