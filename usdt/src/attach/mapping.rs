//! Memory that is shared with the kernel, or a file's bytes as code.

use rustix::io::Errno;
use rustix::mm::{MapFlags, ProtFlags, mmap, munmap};
use std::os::fd::BorrowedFd;
use std::ptr::{self, NonNull};

/// A mapping of a descriptor's memory, gone with this value.
pub(super) struct Mapping {
    start: NonNull<u8>,
    length: usize,
}

// SAFETY: the memory is no thread's own; who reads it from two threads at once does so by atomics.
unsafe impl Send for Mapping {}
// SAFETY: as above.
unsafe impl Sync for Mapping {}

impl Mapping {
    /// Maps `length` bytes of what `of` refers to, from `offset` on.
    pub(super) fn new(
        of: BorrowedFd<'_>,
        length: usize,
        offset: u64,
        protection: ProtFlags,
        flags: MapFlags,
    ) -> Result<Self, Errno> {
        // SAFETY: the kernel chooses the place, so that no memory of anyone's changes.
        let start = unsafe { mmap(ptr::null_mut(), length, protection, flags, of, offset) }?;
        let start = NonNull::new(start.cast()).ok_or(Errno::NOMEM)?;
        Ok(Self { start, length })
    }

    /// Where it begins: a page's begin. The memory is there as long as this value.
    pub(super) fn start(&self) -> NonNull<u8> {
        self.start
    }

    /// Its size in bytes.
    pub(super) fn length(&self) -> usize {
        self.length
    }
}

impl Drop for Mapping {
    fn drop(&mut self) {
        // SAFETY: it is ours, and whoever has a pointer into it has borrowed this value.
        let unmapped = unsafe { munmap(self.start.as_ptr().cast(), self.length) };
        debug_assert!(unmapped.is_ok());
    }
}
