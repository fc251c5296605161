//! What belongs to one process: a page that the kernel empties in a forked child.

use crate::error::Error;
use crate::head::Head;
use crate::loss::Counts;
use rustix::io::Errno;
use rustix::mm::{Advice, MapFlags, ProtFlags, madvise, mmap_anonymous, munmap};
use std::ffi::c_void;
use std::mem::size_of;
use std::ops::Deref;
use std::ptr::{NonNull, null_mut};
use std::sync::atomic::{AtomicBool, AtomicI32, AtomicU32, AtomicU64, Ordering};

/// What a process knows of its way to the system log; all zero at first, and in a forked child again.
#[derive(Debug)]
pub(crate) struct Own {
    pid: AtomicU32,
    /// What its lines of this second begin with.
    pub(crate) head: Head,
    /// What it lost.
    pub(crate) counts: Counts,
    /// Waiting was in vain: none waits again until a line has gone through.
    pub(crate) waited: AtomicBool,
    /// No daemon was found: when to look again, in nanoseconds of CLOCK_MONOTONIC; 0 if one is there.
    pub(crate) look_at: AtomicU64,
    /// What came of looking, as errno(3) numbers it.
    pub(crate) look_errno: AtomicI32,
    /// The last record of the stream has no end.
    pub(crate) broken: AtomicBool,
    /// The daemon's socket is a stream.
    pub(crate) stream: AtomicBool,
}

/// The page. It is the kernel that empties it (MADV_WIPEONFORK, Linux 4.14), so that whoever forks need tell no one, be it by
/// clone(2) itself, and a line costs no getpid(2).
#[derive(Debug)]
pub(crate) struct Page {
    place: NonNull<Own>,
    is_emptied: bool,
}

// SAFETY: `Own` is atomics throughout, and the page lives as long as this value.
unsafe impl Send for Page {}
// SAFETY: as above.
unsafe impl Sync for Page {}

impl Page {
    pub(crate) fn new() -> Result<Self, Error> {
        const SIZE: usize = size_of::<Own>();
        let fault = |call| move |errno: Errno| Error::Kernel { call, source: errno.into() };
        let (protection, flags) = (ProtFlags::READ | ProtFlags::WRITE, MapFlags::PRIVATE);
        // SAFETY: a new mapping anywhere, of whole pages.
        let page = unsafe { mmap_anonymous(null_mut(), SIZE, protection, flags) }.map_err(fault("mmap"))?;
        // SAFETY: the mapping is ours; nothing is in it yet that a child could miss.
        let is_emptied = match unsafe { madvise(page, SIZE, Advice::LinuxWipeOnFork) } {
            Ok(()) => true,
            // an older kernel: the number is then asked for each time
            Err(Errno::INVAL) => false,
            Err(errno) => {
                // SAFETY: the mapping is ours, and no one has it.
                let _ = unsafe { munmap(page, SIZE) };
                return Err(fault("madvise")(errno));
            }
        };
        let place = NonNull::new(page.cast()).ok_or_else(|| fault("mmap")(Errno::FAULT))?;
        Ok(Self { place, is_emptied })
    }

    /// The number of this process (getpid(2)).
    #[inline]
    pub(crate) fn pid(&self) -> u32 {
        match self.pid.load(Ordering::Relaxed) {
            0 => self.ask(),
            pid if self.is_emptied => pid,
            _ => self.ask(),
        }
    }

    #[cold]
    fn ask(&self) -> u32 {
        let pid = rustix::process::getpid().as_raw_nonzero().get().unsigned_abs();
        self.pid.store(pid, Ordering::Relaxed);
        pid
    }
}

impl Deref for Page {
    type Target = Own;

    #[inline]
    fn deref(&self) -> &Own {
        // SAFETY: the page is mapped, aligned, as long as `Own`, and all zero is an `Own`; the kernel makes it so again in a
        // child before that runs.
        unsafe { self.place.as_ref() }
    }
}

impl Drop for Page {
    fn drop(&mut self) {
        let page: *mut c_void = self.place.as_ptr().cast();
        // SAFETY: the mapping is ours, and who borrows from it borrows from `self`.
        let _ = unsafe { munmap(page, size_of::<Own>()) };
    }
}
