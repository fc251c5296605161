//! `trace_marker`: a message into the kernel's ring.

use crate::error::Error;
use crate::tracefs::open_folder;
use nix::fcntl::{OFlag, openat};
use nix::sys::stat::Mode;
use nix::sys::statfs::{TRACEFS_MAGIC, fstatfs};
use std::io;
use std::mem::MaybeUninit;
use std::os::fd::OwnedFd;
use std::path::Path;
use std::sync::atomic::{AtomicI32, AtomicU64, Ordering};

/// The most bytes that a kernel from 6.9 on puts into one entry of a ring with pages of 4 KiB is 4054 (measured); it
/// splits a longer write in two. Larger pages hold more, but a message of this size is long enough.
const MAX: usize = 4000;

/// The same before 6.9 (`TRACE_BUF_SIZE`, less what the kernel adds).
const OLD_MAX: usize = 1000;

/// What stands at the end of a message that was cut.
const CUT: &[u8] = "…".as_bytes();

/// An open `trace_marker`.
#[derive(Debug)]
pub struct Marker {
    file: OwnedFd,
    max: usize,
    counts: [AtomicU64; Loss::ALL.len()],
    cut: AtomicU64,
    errno: AtomicI32,
}

/// Why a message was lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
pub enum Loss {
    /// EBADF: the instance's tracing is off, or its ring is full, with the option `overwrite` off, or being resized. The
    /// kernel does not tell which.
    #[error("the instance's tracing is off, or its ring is full and does not overwrite (EBADF)")]
    TracingOff,
    /// EINVAL: the instance's option `markers` is off.
    #[error("the instance's option `markers` is off (EINVAL)")]
    MarkersOff,
    /// EACCES, EPERM: the right was taken away.
    #[error("the right to write was taken away (EACCES)")]
    Denied,
    /// ENODEV, EIO: tracefs or the instance went away.
    #[error("the instance went away (ENODEV)")]
    Gone,
    /// ENOSPC, ENOMEM, EAGAIN: the ring has no room.
    #[error("the ring has no room (ENOSPC)")]
    NoRoom,
    /// EINTR: a signal came first.
    #[error("a signal came first (EINTR)")]
    Interrupted,
    /// The kernel took a part only.
    #[error("the kernel took a part of the message only")]
    Short,
    /// Anything else: [`Losses::errno`] tells.
    #[error("the kernel refused it")]
    Other,
}

/// What a marker could not write, or not whole.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Losses {
    counts: [u64; Loss::ALL.len()],
    /// Messages that were longer than an entry holds, written with `…` at their end. They are not in [`Losses::total`].
    pub cut: u64,
    /// errno(3) of the last loss, 0 if there was none or the kernel gave no reason.
    pub errno: i32,
}

impl Loss {
    /// Every reason.
    pub const ALL: [Self; 8] = [
        Self::TracingOff,
        Self::MarkersOff,
        Self::Denied,
        Self::Gone,
        Self::NoRoom,
        Self::Interrupted,
        Self::Short,
        Self::Other,
    ];

    fn of(errno: i32) -> Self {
        match errno {
            libc::EBADF => Self::TracingOff,
            libc::EINVAL => Self::MarkersOff,
            libc::EACCES | libc::EPERM => Self::Denied,
            libc::ENODEV | libc::ENXIO | libc::EIO => Self::Gone,
            libc::ENOSPC | libc::ENOMEM | libc::EAGAIN => Self::NoRoom,
            libc::EINTR => Self::Interrupted,
            _ => Self::Other,
        }
    }
}

impl Losses {
    /// How many messages were lost for a reason.
    #[must_use]
    pub fn of(&self, loss: Loss) -> u64 {
        self.counts[loss as usize]
    }

    /// How many messages were lost.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.counts.iter().sum()
    }

    /// The most frequent reason, if there is one.
    #[must_use]
    pub fn reason(&self) -> Option<Loss> {
        Loss::ALL.into_iter().filter(|&loss| self.of(loss) > 0).max_by_key(|&loss| self.of(loss))
    }
}

impl Marker {
    /// Opens the marker of an instance, or of the top level: `folder` is what holds `trace_marker`.
    ///
    /// # Errors
    /// [`Error::Foreign`] if the folder or the file is not tracefs'; [`Error::NoInstance`], [`Error::NotMounted`];
    /// [`Error::Rights`] names what is missing; [`Error::LockedDown`], [`Error::Io`].
    pub fn open(folder: &Path) -> Result<Self, Error> {
        let path = folder.join("trace_marker");
        // The folder is asked first: opening a FIFO of that name elsewhere would wait for ever.
        let folder = open_folder(folder)?;
        let flags = OFlag::O_WRONLY | OFlag::O_CLOEXEC | OFlag::O_NOFOLLOW;
        let file = openat(&folder, "trace_marker", flags, Mode::empty())
            .map_err(|errno| Error::of_instance("open", &path, errno.into()))?;
        match fstatfs(&file) {
            Ok(stat) if stat.filesystem_type() == TRACEFS_MAGIC => {}
            _ => return Err(Error::Foreign { path }),
        }
        let counts = [const { AtomicU64::new(0) }; Loss::ALL.len()];
        Ok(Self { file, max: max(), counts, cut: AtomicU64::new(0), errno: AtomicI32::new(0) })
    }

    /// Writes a message, which the kernel ends with a newline, as one entry. One that is longer than an entry holds is
    /// cut on a character's border and ends in `…`. No allocation, no lock, errno as it was: a signal handler may call
    /// this.
    ///
    /// # Errors
    /// The loss, which is counted as well.
    #[inline]
    pub fn write(&self, message: &[u8]) -> Result<(), Loss> {
        if message.len() > self.max { self.write_cut(message) } else { self.write_whole(message) }
    }

    /// What could not be written so far.
    #[must_use]
    pub fn losses(&self) -> Losses {
        Losses {
            counts: self.counts.each_ref().map(|count| count.load(Ordering::Relaxed)),
            cut: self.cut.load(Ordering::Relaxed),
            errno: self.errno.load(Ordering::Relaxed),
        }
    }

    #[inline]
    fn write_whole(&self, message: &[u8]) -> Result<(), Loss> {
        // rustix makes the system call in place and never touches errno
        match rustix::io::write(&self.file, message) {
            Ok(written) if written == message.len() => Ok(()),
            Ok(_) => Err(self.lose(Loss::Short, 0)),
            Err(errno) => Err(self.lose(Loss::of(errno.raw_os_error()), errno.raw_os_error())),
        }
    }

    #[cold]
    fn write_cut(&self, message: &[u8]) -> Result<(), Loss> {
        let mut end = self.max - CUT.len();
        // a continuation byte of UTF-8 begins no character; bytes that are not UTF-8 are cut anywhere
        while end > self.max - CUT.len() - 3 && message[end] & 0xc0 == 0x80 {
            end -= 1;
        }
        let mut room = [MaybeUninit::<u8>::uninit(); MAX];
        for (to, from) in room.iter_mut().zip(message[..end].iter().chain(CUT)) {
            to.write(*from);
        }
        let written: *const [MaybeUninit<u8>] = &raw const room[..end + CUT.len()];
        // SAFETY: the loop wrote `end + CUT.len()` bytes of `room`, which has at least `self.max`.
        self.write_whole(unsafe { &*(written as *const [u8]) })?;
        self.cut.fetch_add(1, Ordering::Relaxed);
        Ok(())
    }

    #[cold]
    fn lose(&self, loss: Loss, errno: i32) -> Loss {
        self.errno.store(errno, Ordering::Relaxed);
        self.counts[loss as usize].fetch_add(1, Ordering::Relaxed);
        loss
    }
}

/// How long a message this kernel keeps in one entry.
fn max() -> usize {
    let release = nix::sys::utsname::uname().map(|uname| uname.release().to_string_lossy().into_owned());
    let mut numbers =
        release.as_deref().unwrap_or("0").split(|c: char| !c.is_ascii_digit()).map(str::parse::<u32>);
    let (major, minor) = (numbers.next().and_then(Result::ok), numbers.next().and_then(Result::ok));
    if (major, minor) >= (Some(6), Some(9)) { MAX } else { OLD_MAX }
}

impl From<Loss> for Error {
    fn from(loss: Loss) -> Self {
        Self::Io { call: "write", path: "trace_marker".into(), source: io::Error::other(loss) }
    }
}
