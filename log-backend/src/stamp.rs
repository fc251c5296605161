//! `TID@SECONDS.MICROSECONDS:`, the stamp of QEMU's log.

use printf::{Conversion, Spec, Text};
use rustix::time::{ClockId, clock_gettime};
use std::cell::Cell;
use std::mem::MaybeUninit;
use std::sync::atomic::{Ordering, compiler_fence};

/// Microseconds have six digits.
const MICROSECONDS: Spec = Spec { width: 6, zero: true, ..Spec::long(Conversion::Unsigned) };

/// The longest `TID@SECONDS.`: ten digits, twenty, and two.
const HEAD: usize = 32;

/// What is the same for all lines of a thread within a second: made once, it saves fifteen digits a line.
struct Head {
    /// Zero, which is no thread's, while the rest is being written.
    tid: Cell<u32>,
    seconds: Cell<u64>,
    len: Cell<usize>,
    bytes: Cell<[u8; HEAD]>,
    /// A signal handler that comes while the thread writes this must not write it too.
    writing: Cell<bool>,
}

thread_local! {
    static HEAD_OF_THREAD: Head =
        const { Head { tid: Cell::new(0), seconds: Cell::new(0), len: Cell::new(0), bytes: Cell::new([0; HEAD]), writing: Cell::new(false) } };
}

/// Reads the clock once: the first time, rustix asks the kernel where the vDSO is (prctl(2)), for which a jail would kill
/// the program when its first event happens.
pub(crate) fn find_clock() {
    let _ = clock_gettime(ClockId::Realtime);
}

/// Writes the stamp of now.
pub(crate) fn write(text: &mut Text<'_>, tid: u32) {
    let now = clock_gettime(ClockId::Realtime);
    let (seconds, nanoseconds) = (now.tv_sec.cast_unsigned(), now.tv_nsec.cast_unsigned());
    let (bytes, len) =
        HEAD_OF_THREAD.with(|head| head.read(tid, seconds)).unwrap_or_else(|| make(tid, seconds));
    text.unescaped(bytes.get(..len).unwrap_or_default());
    text.integer(nanoseconds / 1000, &MICROSECONDS);
    text.plain(b":");
}

impl Head {
    /// The bytes, if they are this second's. A signal handler of this thread may write its own in between, so what was
    /// read counts only if it was the same before and after.
    fn read(&self, tid: u32, seconds: u64) -> Option<([u8; HEAD], usize)> {
        let is_current = || self.tid.get() == tid && self.seconds.get() == seconds;
        if !is_current() {
            return None;
        }
        compiler_fence(Ordering::SeqCst);
        let read = (self.bytes.get(), self.len.get());
        compiler_fence(Ordering::SeqCst);
        is_current().then_some(read)
    }

    fn write(&self, tid: u32, seconds: u64, bytes: [u8; HEAD], len: usize) {
        if self.writing.replace(true) {
            return;
        }
        compiler_fence(Ordering::SeqCst);
        self.tid.set(0);
        compiler_fence(Ordering::SeqCst);
        self.seconds.set(seconds);
        self.bytes.set(bytes);
        self.len.set(len);
        compiler_fence(Ordering::SeqCst);
        self.tid.set(tid);
        compiler_fence(Ordering::SeqCst);
        self.writing.set(false);
    }
}

#[cold]
fn make(tid: u32, seconds: u64) -> ([u8; HEAD], usize) {
    let mut room = [MaybeUninit::uninit(); HEAD];
    let mut text = Text::new(&mut room);
    text.unsigned(u64::from(tid));
    text.plain(b"@");
    text.unsigned(seconds);
    text.plain(b".");
    let (mut bytes, len) = ([0; HEAD], text.len());
    bytes[..len].copy_from_slice(text.as_bytes());
    HEAD_OF_THREAD.with(|head| head.write(tid, seconds, bytes, len));
    (bytes, len)
}
