//! Records of the backend `simple`: C puts one together piece by piece, and it goes into the queue as a whole.
//!
//! What is being made lies in a room that is taken for as long as that takes: a thread that makes no record has none, and a signal
//! handler's event within another of its thread has its own.

use crate::events;
use std::cell::{Cell, UnsafeCell};
use std::ffi::{c_char, c_int, c_uint};
use std::slice;
use std::sync::atomic::{AtomicUsize, Ordering};
use vmtrace::foreign;

/// QEMU's structure: `trace/simple.h`. Of the record that is being made, the event's number and the room's.
#[repr(C)]
pub(crate) struct TraceBufferRecord {
    tbuf_idx: c_uint,
    rec_off: c_uint,
}

/// Sixteen strings of 512 bytes.
const BYTES: usize = 16 * (4 + 512);

/// More than are made at once. A child has those that were taken when it was forked taken for good.
const COUNT: usize = 256;

/// Where a record is made. Untouched, it takes no memory. On cache lines of its own.
#[repr(align(128))]
struct Room {
    /// The address of C's structure; 0 is nobody's. While it is someone's, the rest is too.
    owner: AtomicUsize,
    wanted: Cell<usize>,
    len: Cell<usize>,
    bytes: UnsafeCell<[u8; BYTES]>,
}

// SAFETY: all but `owner` is its owner's alone, and passes to the next one by Release and Acquire.
unsafe impl Sync for Room {}

static ROOMS: [Room; COUNT] = [const {
    Room {
        owner: AtomicUsize::new(0),
        wanted: Cell::new(0),
        len: Cell::new(0),
        bytes: UnsafeCell::new([0; BYTES]),
    }
}; COUNT];

thread_local! {
    /// Where the thread had its last room: another thread is not likely to be there.
    static LAST: Cell<Option<u8>> = const { Cell::new(None) };
}

impl Room {
    /// Takes one that is free. Its number.
    fn take(owner: *const TraceBufferRecord) -> Option<usize> {
        static NEXT: AtomicUsize = AtomicUsize::new(0);
        // in between the number is nobody's: threads that come are spread
        let first = LAST.get().map_or_else(|| NEXT.fetch_add(1, Ordering::Relaxed), usize::from);
        let number = (first..first + COUNT).map(|number| number % COUNT).find(|&number| {
            let free = &ROOMS[number].owner;
            free.compare_exchange(0, owner.addr(), Ordering::Acquire, Ordering::Relaxed).is_ok()
        })?;
        LAST.set(u8::try_from(number).ok());
        Some(number)
    }

    /// The one in which a record is made.
    ///
    /// # Safety
    /// `rec` is C's, or NULL.
    unsafe fn of(rec: *const TraceBufferRecord) -> Option<(c_uint, &'static Self)> {
        // SAFETY: as the caller says.
        let TraceBufferRecord { tbuf_idx, rec_off } = unsafe { rec.as_ref() }?;
        let room = ROOMS.get(*rec_off as usize)?;
        (room.owner.load(Ordering::Relaxed) == rec.addr()).then_some((*tbuf_idx, room))
    }

    fn put(&self, bytes: &[u8]) {
        let start = self.len.get();
        let end = start.saturating_add(bytes.len());
        self.len.set(end);
        if end <= BYTES {
            let place = self.bytes.get().cast::<u8>().wrapping_add(start);
            // SAFETY: the room is the caller's, and nobody holds a reference to its bytes between two calls; `start..end` lies within
            // them.
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
    let number = if arglen > BYTES { None } else { Room::take(rec) };
    let Some((number, room)) =
        number.and_then(|number| Some((c_uint::try_from(number).ok()?, &ROOMS[number])))
    else {
        foreign::lose_record();
        return -libc::ENOSPC;
    };
    room.wanted.set(arglen);
    room.len.set(0);
    (rec.tbuf_idx, rec.rec_off) = (id, number);
    0
}

/// Adds a number.
///
/// # Safety
/// `rec` is C's, or NULL.
#[unsafe(no_mangle)]
unsafe extern "C" fn trace_record_write_u64(rec: *mut TraceBufferRecord, value: u64) {
    // SAFETY: as the caller says.
    if let Some((_, room)) = unsafe { Room::of(rec) } {
        room.put(&value.to_ne_bytes());
    }
}

/// Adds a string.
///
/// # Safety
/// It has so many bytes, or is NULL and has none; `rec` is C's, or NULL.
#[unsafe(no_mangle)]
unsafe extern "C" fn trace_record_write_str(rec: *mut TraceBufferRecord, text: *const c_char, length: u32) {
    // SAFETY: as the caller says.
    let Some((_, room)) = (unsafe { Room::of(rec) }) else { return };
    let bytes = if text.is_null() {
        &[][..]
    } else {
        // SAFETY: as the caller says.
        unsafe { slice::from_raw_parts(text.cast::<u8>(), length as usize) }
    };
    room.put(&length.to_ne_bytes());
    room.put(bytes);
}

/// Puts the record into the queue. One of another length than was said at its beginning is lost: nobody could read it.
///
/// # Safety
/// `rec` is C's, or NULL.
#[unsafe(no_mangle)]
unsafe extern "C" fn trace_record_finish(rec: *mut TraceBufferRecord) {
    // SAFETY: as the caller says.
    let Some((id, room)) = (unsafe { Room::of(rec) }) else { return };
    let (len, wanted) = (room.len.get(), room.wanted.get());
    let event = events::by_number(id).and_then(events::CEvent::event);
    match event.filter(|_| len == wanted && len <= BYTES) {
        Some(event) => {
            // SAFETY: `len` of the bytes are written, and nobody writes them while the room is the caller's.
            let arguments = unsafe { slice::from_raw_parts(room.bytes.get().cast::<u8>(), len) };
            // what is lost is counted there
            _ = foreign::record(event, arguments);
        }
        None => foreign::lose_record(),
    }
    room.owner.store(0, Ordering::Release);
}
