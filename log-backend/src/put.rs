//! One write(2) that never kills: neither by SIGPIPE (nobody reads the pipe any more) nor by SIGXFSZ (the file is as large as
//! setrlimit(2) lets it be).

use rustix::fs::{FileType, fstat};
use rustix::io::{Errno, ReadWriteFlags, pwritev2};
use rustix::pipe::{PipeFlags, pipe_with};
use std::io::IoSlice;
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, BorrowedFd};
use std::sync::atomic::{AtomicU8, Ordering};

/// What lies behind a descriptor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A file, or a terminal: a write is one piece however long, and raises no signal.
    File,
    /// A pipe or a socket, where a write may raise SIGPIPE and up to PIPE_BUF bytes are one piece; or a file that may
    /// grow to a limit only.
    Guarded,
}

impl Kind {
    pub(crate) fn of(fd: impl AsFd) -> Self {
        let is = fstat(fd).map(|stat| FileType::from_raw_mode(stat.st_mode));
        match is {
            Ok(FileType::RegularFile) if is_limited() => {
                SILENCE.store(NONE, Ordering::Relaxed);
                Self::Guarded
            }
            Ok(FileType::RegularFile | FileType::CharacterDevice) => Self::File,
            _ => {
                find_silence();
                Self::Guarded
            }
        }
    }
}

/// Whether the kernel writes to a pipe or a socket without SIGPIPE when asked: from Linux 6.18 on. It costs next to nothing, and
/// holding the signals back two system calls more.
static SILENCE: AtomicU8 = AtomicU8::new(UNKNOWN);
const UNKNOWN: u8 = 0;
const THERE: u8 = 1;
/// Or not enough, where a file may raise SIGXFSZ.
const NONE: u8 = 2;

/// RWF_NOSIGNAL of linux/fs.h.
const NO_SIGNAL: ReadWriteFlags = ReadWriteFlags::from_bits_retain(0x100);

/// Tries it with a pipe that nobody reads: a kernel that does not know the flag refuses it before it writes.
fn find_silence() {
    if SILENCE.load(Ordering::Relaxed) == UNKNOWN
        && let Ok((reader, writer)) = pipe_with(PipeFlags::CLOEXEC)
    {
        drop(reader);
        let is_there = silently(writer.as_fd(), b"x") == Err(Errno::PIPE);
        let found = if is_there { THERE } else { NONE };
        let _ = SILENCE.compare_exchange(UNKNOWN, found, Ordering::Relaxed, Ordering::Relaxed);
    }
}

fn silently(fd: BorrowedFd<'_>, bytes: &[u8]) -> Result<usize, Errno> {
    loop {
        // the offset is that of write(2)
        match pwritev2(fd, &[IoSlice::new(bytes)], u64::MAX, NO_SIGNAL) {
            Err(Errno::INTR) => {}
            done => return done,
        }
    }
}

/// Whether the process may not write files of any length.
fn is_limited() -> bool {
    let mut limit = libc::rlimit { rlim_cur: 0, rlim_max: 0 };
    // SAFETY: getrlimit(2) writes an rlimit, to one that is ours.
    let asked = unsafe { libc::getrlimit(libc::RLIMIT_FSIZE, &raw mut limit) };
    asked != 0 || limit.rlim_cur != libc::RLIM_INFINITY
}

/// Writes what can be written at once, and says how much that was. errno stays as it was.
#[inline]
pub(crate) fn put(fd: BorrowedFd<'_>, kind: Kind, bytes: &[u8]) -> Result<usize, Errno> {
    match kind {
        Kind::File => write(fd, bytes),
        Kind::Guarded => guarded(fd, bytes),
    }
}

#[inline]
fn write(fd: BorrowedFd<'_>, bytes: &[u8]) -> Result<usize, Errno> {
    loop {
        // rustix makes the system call in place and never touches errno
        match rustix::io::write(fd, bytes) {
            // nothing was written: a signal came first, such as one that kicks a vcpu
            Err(Errno::INTR) => {}
            done => return done,
        }
    }
}

/// Has the kernel raise no signal, or holds the two back in this thread and takes the one that the write has raised: what the process does about
/// them is the VMM's affair, and stays so.
#[cold]
fn guarded(fd: BorrowedFd<'_>, bytes: &[u8]) -> Result<usize, Errno> {
    if SILENCE.load(Ordering::Relaxed) == THERE {
        match silently(fd, bytes) {
            // a jail, or a file system of its own kind, may not let it through
            Err(Errno::NOSYS | Errno::PERM | Errno::OPNOTSUPP) => {}
            done => return done,
        }
    }
    let signals = set_of(&[libc::SIGPIPE, libc::SIGXFSZ]);
    let mut before = MaybeUninit::<libc::sigset_t>::uninit();
    // SAFETY: pthread_sigmask(3) reads one set of ours and fills the other; its arguments cannot be wrong.
    unsafe { libc::pthread_sigmask(libc::SIG_BLOCK, &raw const signals, before.as_mut_ptr()) };
    // SAFETY: filled just now.
    let before = unsafe { before.assume_init() };
    let written = write(fd, bytes);
    let raised = match written {
        Err(Errno::PIPE) => Some(libc::SIGPIPE),
        Err(Errno::FBIG) => Some(libc::SIGXFSZ),
        _ => None,
    };
    // SAFETY: sigismember(3) reads a set of ours.
    let was_held = |signal| unsafe { libc::sigismember(&raw const before, signal) } == 1;
    // who holds the signal back himself may have one waiting, and has ours waiting like that of any other write
    if let Some(signal) = raised.filter(|&signal| !was_held(signal)) {
        take(signal);
    }
    // SAFETY: as above; the mask is this thread's from before.
    unsafe { libc::pthread_sigmask(libc::SIG_SETMASK, &raw const before, std::ptr::null_mut()) };
    written
}

/// Takes a signal that waits for this thread, if one does.
fn take(signal: i32) {
    let signals = set_of(&[signal]);
    let now = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: the address of this thread's errno is always good.
    let errno = unsafe { libc::__errno_location() };
    // SAFETY: as above; sigtimedwait(2) does not wait, and sets errno if there was no signal.
    let before = unsafe { *errno };
    // SAFETY: sigtimedwait(2) reads a set and a time that are ours.
    unsafe { libc::sigtimedwait(&raw const signals, std::ptr::null_mut(), &raw const now) };
    // SAFETY: as above.
    unsafe { *errno = before };
}

fn set_of(signals: &[i32]) -> libc::sigset_t {
    let mut set = MaybeUninit::<libc::sigset_t>::uninit();
    // SAFETY: sigemptyset(3) fills the set.
    unsafe { libc::sigemptyset(set.as_mut_ptr()) };
    for &signal in signals {
        // SAFETY: sigaddset(3) changes the set, which is filled; the signal's number is good.
        unsafe { libc::sigaddset(set.as_mut_ptr(), signal) };
    }
    // SAFETY: filled above.
    unsafe { set.assume_init() }
}
