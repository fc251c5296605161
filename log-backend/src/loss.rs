//! What could not be written, and what is said of it.

use printf::Text;
use std::sync::atomic::{AtomicI32, AtomicU64, Ordering};

/// What could not be written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Lost {
    /// How many lines.
    pub lines: u64,
    /// The last reason, as errno(3) numbers it; 0 for a line that was written in part.
    pub errno: i32,
}

#[derive(Debug, Default)]
pub(crate) struct Losses {
    lines: AtomicU64,
    errno: AtomicI32,
    /// Those of which the log does not tell yet.
    untold: AtomicU64,
}

impl Losses {
    #[cold]
    pub(crate) fn add(&self, lines: u64, errno: i32) {
        self.errno.store(errno, Ordering::Relaxed);
        self.lines.fetch_add(lines, Ordering::Relaxed);
        self.untold.fetch_add(lines, Ordering::Relaxed);
    }

    pub(crate) fn lost(&self) -> Lost {
        Lost { lines: self.lines.load(Ordering::Relaxed), errno: self.errno.load(Ordering::Relaxed) }
    }

    #[inline]
    pub(crate) fn are_untold(&self) -> bool {
        self.untold.load(Ordering::Relaxed) != 0
    }

    /// Takes over to tell of them; 0 if another thread has.
    pub(crate) fn take_untold(&self) -> u64 {
        self.untold.swap(0, Ordering::Relaxed)
    }

    /// They could not be told of.
    pub(crate) fn give_back(&self, lines: u64) {
        self.untold.fetch_add(lines, Ordering::Relaxed);
    }

    /// `vmtrace: 3 lines lost: No space left on device`.
    pub(crate) fn tell(&self, lines: u64, text: &mut Text<'_>) {
        text.unescaped(b"vmtrace: ");
        text.unsigned(lines);
        text.unescaped(if lines == 1 { b" line lost: " } else { b" lines lost: " });
        let errno = self.errno.load(Ordering::Relaxed);
        if let Some(words) = words(errno) {
            text.unescaped(words.as_bytes());
        } else {
            text.unescaped(b"errno ");
            text.signed(errno.into());
        }
    }
}

/// strerror(3) in English: that one may take a lock and allocate, which a signal handler must not.
fn words(errno: i32) -> Option<&'static str> {
    Some(match errno {
        0 => "written in part",
        libc::ENOSPC => "No space left on device",
        libc::EDQUOT => "Disk quota exceeded",
        libc::EFBIG => "File too large",
        libc::EROFS => "Read-only file system",
        libc::EIO => "Input/output error",
        libc::EPIPE => "Broken pipe",
        libc::ECONNRESET => "Connection reset by peer",
        libc::EAGAIN => "Resource temporarily unavailable",
        libc::EBADF => "Bad file descriptor",
        libc::ENOENT => "No such file or directory",
        libc::ENOTDIR => "Not a directory",
        libc::EISDIR => "Is a directory",
        libc::EACCES => "Permission denied",
        libc::EPERM => "Operation not permitted",
        libc::EMFILE => "Too many open files",
        libc::ENFILE => "Too many open files in system",
        libc::ENOSYS => "Function not implemented",
        libc::ESTALE => "Stale file handle",
        _ => return None,
    })
}
