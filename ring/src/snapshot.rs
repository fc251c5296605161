//! The records that are in the rings now, while threads go on.

use crate::merge::{Copy, merge};
use crate::rings::Inner;
use crate::slot::Ring;
use crate::{Entry, Rings};
use std::sync::atomic::Ordering;

impl Rings {
    /// Gives out all records that are in the rings now, in order of time, and says how many entries that were. Threads go
    /// on: what they overwrite meanwhile is left out, and what comes out is whole. Rings of threads that have ended are
    /// among them until another thread has taken them.
    ///
    /// Takes as much memory as there is in the rings, and none of the threads' time. Not for signal handlers, since it
    /// allocates. In a forked child there is nothing.
    pub fn snapshot(&self, f: impl FnMut(Entry<'_>)) -> usize {
        let inner = &self.inner;
        if inner.life().load(Ordering::Relaxed) != 1 {
            return 0;
        }
        let copies: Vec<Copy> = inner.used().map(|index| copy(inner, index)).collect();
        // a copy that is damaged ends there: only another process that writes to the file could have done it
        merge(&copies, f, |_, _, _| {})
    }
}

/// Copies a ring while its thread may write to it.
fn copy(inner: &Inner, index: usize) -> Copy {
    let ring = inner.ring(index);
    let circle = ring.circle();
    let (tail, head) = circle.kept();
    // behind the positions: another thread that takes the ring gives up what lies before them, and has put nothing there yet
    let tid = ring.head.tid.load(Ordering::Acquire);
    let len = usize::try_from(head - tail).unwrap_or(usize::MAX);
    if len > ring.size {
        // written to by another process
        return Copy { tid, bytes: Vec::new(), start: 0 };
    }
    let mut bytes = Vec::with_capacity(len);
    let first = len.min(ring.size - ring.index(tail));
    append(&mut bytes, &ring, tail, first);
    append(&mut bytes, &ring, tail + first as u64, len - first);
    let start = usize::try_from(circle.kept_from().saturating_sub(tail)).unwrap_or(usize::MAX).min(len);
    Copy { tid, bytes, start }
}

/// Appends bytes that lie in one piece in the ring.
fn append(bytes: &mut Vec<u8>, ring: &Ring<'_>, from: u64, len: usize) {
    debug_assert!(bytes.capacity() - bytes.len() >= len, "made for the whole");
    // SAFETY: the vector was made for all that is appended.
    let end = unsafe { bytes.as_mut_ptr().add(bytes.len()) };
    // SAFETY: the bytes lie in the ring, and there is as much room behind the vector's end. The ring's thread may be
    // writing some of them at this moment: what was copied of those is not looked at, since the tail has moved behind
    // them by the time at which it is looked at again.
    unsafe { end.copy_from_nonoverlapping(ring.address(from), len) };
    // SAFETY: they have just been written.
    unsafe { bytes.set_len(bytes.len() + len) };
}
