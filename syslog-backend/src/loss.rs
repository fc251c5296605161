//! What could not be sent, and why.

use rustix::io::Errno;
use std::sync::atomic::{AtomicI32, AtomicU64, Ordering};

/// Why a line was lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
pub enum Loss {
    /// No daemon listens at the socket.
    #[error("no daemon listens")]
    Absent,
    /// The daemon takes nothing: its queue is full, and stayed so as long as a call may wait.
    #[error("the daemon's queue is full")]
    Full,
    /// The socket's buffer is smaller than the line (EMSGSIZE).
    #[error("a line is longer than the socket takes (EMSGSIZE)")]
    TooLong,
    /// The right to reach the socket is missing, or a jail forbids it.
    #[error("the socket may not be reached (EACCES)")]
    Denied,
    /// A stream took a part only.
    #[error("a line was sent in part")]
    Short,
    /// Anything else: [`Losses::errno`] tells.
    #[error("the kernel refused it")]
    Other,
}

/// What could not be sent so far, or not whole.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Losses {
    counts: [u64; Loss::ALL.len()],
    /// Lines that were sent without their end or without a field, because they were too long. They are not in
    /// [`Losses::total`].
    pub cut: u64,
    /// How many of the lost the log has not been told of yet.
    pub untold: u64,
    /// errno(3) of the last loss, 0 if there was none or the kernel gave no reason.
    pub errno: i32,
}

impl Loss {
    /// Every reason.
    pub const ALL: [Self; 6] =
        [Self::Absent, Self::Full, Self::TooLong, Self::Denied, Self::Short, Self::Other];

    pub(crate) fn of(errno: Errno) -> Self {
        match errno {
            Errno::NOENT
            | Errno::NOTDIR
            | Errno::CONNREFUSED
            | Errno::NOTCONN
            | Errno::PIPE
            | Errno::CONNRESET
            | Errno::PROTOTYPE => Self::Absent,
            Errno::AGAIN | Errno::NOBUFS | Errno::NOMEM | Errno::INTR => Self::Full,
            Errno::MSGSIZE => Self::TooLong,
            Errno::ACCESS | Errno::PERM => Self::Denied,
            _ => Self::Other,
        }
    }
}

impl Losses {
    /// How many lines were lost for a reason.
    #[must_use]
    pub fn of(&self, loss: Loss) -> u64 {
        self.counts[loss as usize]
    }

    /// How many lines were lost.
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

/// The counts of a process. All zero is none.
#[derive(Debug)]
pub(crate) struct Counts {
    lost: [AtomicU64; Loss::ALL.len()],
    cut: AtomicU64,
    untold: AtomicU64,
    errno: AtomicI32,
}

impl Counts {
    #[cold]
    pub(crate) fn lose(&self, lines: u64, loss: Loss, errno: i32) {
        self.errno.store(errno, Ordering::Relaxed);
        self.lost[loss as usize].fetch_add(lines, Ordering::Relaxed);
        self.untold.fetch_add(lines, Ordering::Relaxed);
    }

    pub(crate) fn cut(&self) {
        self.cut.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn untold(&self) -> u64 {
        self.untold.load(Ordering::Relaxed)
    }

    /// Takes it on oneself to tell, so that no one else does.
    pub(crate) fn take_untold(&self) -> u64 {
        self.untold.swap(0, Ordering::Relaxed)
    }

    /// Gives back what could not be told.
    pub(crate) fn give_untold(&self, lines: u64) {
        self.untold.fetch_add(lines, Ordering::Relaxed);
    }

    pub(crate) fn read(&self) -> Losses {
        Losses {
            counts: self.lost.each_ref().map(|count| count.load(Ordering::Relaxed)),
            cut: self.cut.load(Ordering::Relaxed),
            untold: self.untold(),
            errno: self.errno.load(Ordering::Relaxed),
        }
    }
}
