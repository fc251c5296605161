//! The one file of all threads, which may be changed while they write it.

use crate::put::Kind;
use crate::target::Target;
use std::io;
use std::os::fd::{AsFd, AsRawFd, OwnedFd};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, OnceLock, PoisonError};

/// A descriptor for each kind that has been needed. A thread may be about to write when the kind changes: whatever is behind
/// the descriptor that it took must then be written in the way that it is going to write it.
#[derive(Debug)]
pub(crate) struct Place {
    file: OnceLock<OwnedFd>,
    guarded: OnceLock<OwnedFd>,
    /// Which of the two it is now.
    is_guarded: AtomicBool,
    broken: AtomicBool,
    /// Held by whoever changes the file.
    switching: Mutex<()>,
}

impl Place {
    pub(crate) fn new(fd: OwnedFd) -> Self {
        let is_guarded = Kind::of(&fd) == Kind::Guarded;
        let place = Self {
            file: OnceLock::new(),
            guarded: OnceLock::new(),
            is_guarded: AtomicBool::new(is_guarded),
            broken: AtomicBool::new(false),
            switching: Mutex::new(()),
        };
        place.slot(is_guarded).get_or_init(|| fd);
        place
    }

    fn slot(&self, is_guarded: bool) -> &OnceLock<OwnedFd> {
        if is_guarded { &self.guarded } else { &self.file }
    }

    /// Where a line goes that is written now.
    #[inline]
    pub(crate) fn target(&self) -> Option<Target<'_>> {
        let is_guarded = self.is_guarded.load(Ordering::Acquire);
        let kind = if is_guarded { Kind::Guarded } else { Kind::File };
        Some(Target { fd: self.slot(is_guarded).get()?.as_fd(), kind, broken: &self.broken })
    }

    /// Goes on in another file. One of the old kind takes the old one's place in one step, so that a thread that is writing
    /// finds the one or the other, never a closed descriptor.
    pub(crate) fn switch(&self, new: OwnedFd) -> io::Result<()> {
        let _one_by_one = self.switching.lock().unwrap_or_else(PoisonError::into_inner);
        let is_guarded = Kind::of(&new) == Kind::Guarded;
        // what is ready for a pipe is for a file too, and so lets the pipe go; a file stays open beside the pipe that
        // follows it
        if !is_guarded && let Some(guarded) = self.guarded.get() {
            replace(&new, guarded)?;
        }
        match self.slot(is_guarded).get() {
            Some(old) => replace(&new, old)?,
            None => _ = self.slot(is_guarded).set(new),
        }
        self.is_guarded.store(is_guarded, Ordering::Release);
        // whatever line was left without an end is in the file before
        self.broken.store(false, Ordering::Relaxed);
        Ok(())
    }
}

fn replace(new: &OwnedFd, old: &OwnedFd) -> io::Result<()> {
    // SAFETY: dup3(2) on two descriptors that are open and ours.
    let switched = unsafe { libc::dup3(new.as_raw_fd(), old.as_raw_fd(), libc::O_CLOEXEC) };
    if switched < 0 { Err(io::Error::last_os_error()) } else { Ok(()) }
}
