//! Mapped memory: zeros at first, given back when dropped.

use crate::Error;
use rustix::io::Errno;
use rustix::mm::{Advice, MapFlags, ProtFlags, madvise, mmap, mmap_anonymous, munmap};
use std::ffi::c_void;
use std::fs::File;
use std::ptr::{self, NonNull};

/// A mapping of this process.
#[derive(Debug)]
pub(crate) struct Map {
    base: NonNull<u8>,
    len: usize,
}

// SAFETY: it is an address and a length; who reads and writes there answers for the threads that do.
unsafe impl Send for Map {}
// SAFETY: as above; no method changes it.
unsafe impl Sync for Map {}

impl Map {
    /// Memory of this process alone, of which a forked child sees zeros.
    pub(crate) fn anonymous(len: usize) -> Result<Self, Error> {
        // Miri, which runs some tests, knows neither this flag nor advice
        let flags = if cfg!(miri) { MapFlags::PRIVATE } else { MapFlags::PRIVATE | MapFlags::NORESERVE };
        // SAFETY: the kernel chooses the place, so nothing that is mapped is replaced.
        let base = unsafe { mmap_anonymous(ptr::null_mut(), len, ProtFlags::READ | ProtFlags::WRITE, flags) };
        let map = Self::new(base, len, "mmap of memory for rings (a smaller `total` may help)")?;
        if cfg!(miri) {
            return Ok(map);
        }
        // SAFETY: the range is our mapping, which holds nothing yet.
        unsafe { madvise(map.base.as_ptr().cast(), len, Advice::LinuxWipeOnFork) }.map_err(|errno| {
            Error::Memory { call: "madvise(MADV_WIPEONFORK), which needs Linux 4.14", source: errno.into() }
        })?;
        Ok(map)
    }

    /// A file's first `len` bytes, shared with whoever maps or reads it.
    pub(crate) fn file(file: &File, len: usize) -> Result<Self, Error> {
        // SAFETY: the kernel chooses the place, so nothing that is mapped is replaced.
        let base = unsafe {
            mmap(ptr::null_mut(), len, ProtFlags::READ | ProtFlags::WRITE, MapFlags::SHARED, file, 0)
        };
        Self::new(base, len, "mmap of the file")
    }

    fn new(base: Result<*mut c_void, Errno>, len: usize, call: &'static str) -> Result<Self, Error> {
        let base = base.map_err(|errno| Error::Memory { call, source: errno.into() })?;
        let base = NonNull::new(base.cast())
            .ok_or(Error::Memory { call, source: std::io::ErrorKind::AddrNotAvailable.into() })?;
        Ok(Self { base, len })
    }

    /// The address of the byte at `offset`, behind which there are `len` more in the mapping.
    pub(crate) fn at(&self, offset: usize, len: usize) -> NonNull<u8> {
        assert!(offset <= self.len && len <= self.len - offset, "an address within the mapping");
        // SAFETY: the offset lies within the mapping, as was just seen.
        unsafe { self.base.add(offset) }
    }

    /// Has the kernel put pages there, so that no write finds none: false if it is too old to be asked (before Linux
    /// 5.14). What the memory holds stays.
    pub(crate) fn populate(&self, offset: usize, len: usize) -> Result<bool, Errno> {
        let start = offset - offset % rustix::param::page_size();
        let address = self.at(start, offset + len - start);
        if cfg!(miri) {
            return Ok(false);
        }
        loop {
            // SAFETY: the range is our mapping; this advice changes no byte of it.
            let done =
                unsafe { madvise(address.as_ptr().cast(), offset + len - start, Advice::LinuxPopulateWrite) };
            match done {
                Ok(()) => return Ok(true),
                Err(Errno::INVAL) => return Ok(false),
                Err(Errno::INTR | Errno::AGAIN) => {}
                Err(errno) => return Err(errno),
            }
        }
    }
}

impl Drop for Map {
    fn drop(&mut self) {
        // SAFETY: the range is our mapping, and nobody has a pointer into it: those who do keep the mapping.
        // Failing, it stays mapped, which harms nobody.
        unsafe { munmap(self.base.as_ptr().cast(), self.len) }.ok();
    }
}
