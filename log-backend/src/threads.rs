//! A file a thread: made at its first line, closed at its end.

use crate::error::Error;
use crate::open::{self, Template};
use crate::put::Kind;
use crate::target::Target;
use rustix::fs::{Mode, OFlags};
use rustix::io::Errno;
use std::ffi::{CStr, c_void};
use std::os::fd::{AsFd, BorrowedFd, FromRawFd, IntoRawFd, OwnedFd, RawFd};
use std::path::Path;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, AtomicI32, AtomicU32, AtomicU64, Ordering};

/// The most files of threads that are open at once in a process.
pub const THREAD_FILES: usize = 256;

/// The longest name of a file within its folder, its end included.
const NAME: usize = 1024;

/// The most threads that Linux numbers (PID_MAX_LIMIT).
const MOST_THREADS: usize = 1 << 22;

/// The folder and the names of a log with a file a thread.
#[derive(Debug)]
pub(crate) struct Threads {
    /// Tells the logs of a process apart.
    number: u32,
    folder: OwnedFd,
    prefix: Vec<u8>,
    suffix: Vec<u8>,
    /// A bit a thread: whether its file has been made. One that is opened again goes on at its end. Half a megabyte, of which
    /// the pages exist that are touched.
    made: Box<[AtomicU64]>,
}

/// A place for an open file. The table is the process's, so that the end of a thread needs no log to be there still.
#[derive(Debug)]
struct Slot {
    /// The log's number and the thread's.
    owner: AtomicU64,
    fd: AtomicI32,
    is_guarded: AtomicBool,
    broken: AtomicBool,
}

const FREE: RawFd = -1;
const TAKEN: RawFd = -2;

static SLOTS: [Slot; THREAD_FILES] = [const {
    Slot {
        owner: AtomicU64::new(0),
        fd: AtomicI32::new(FREE),
        is_guarded: AtomicBool::new(false),
        broken: AtomicBool::new(false),
    }
}; THREAD_FILES];

/// The thread's slot, for pthread_getspecific(3). A C key in place of a thread_local with a destructor: setting one of the
/// first keys neither allocates nor locks.
static KEY: OnceLock<libc::pthread_key_t> = OnceLock::new();

/// Closes the files of a thread that ends.
unsafe extern "C" fn ended(slot: *mut c_void) {
    // SAFETY: only addresses of slots are set.
    let owner = unsafe { &*slot.cast::<Slot>() }.owner.load(Ordering::Relaxed);
    close_all(|other| tid_of(other) == tid_of(owner));
}

fn tid_of(owner: u64) -> u64 {
    owner & u64::from(u32::MAX)
}

fn close_all(is_meant: impl Fn(u64) -> bool) {
    for slot in &SLOTS {
        let owner = slot.owner.load(Ordering::Acquire);
        // the end of a thread and that of the log may come at once, and one of them closes the file
        let is_ours = owner != 0
            && is_meant(owner)
            && slot.owner.compare_exchange(owner, 0, Ordering::Acquire, Ordering::Relaxed).is_ok();
        if is_ours {
            let fd = slot.fd.load(Ordering::Acquire);
            if fd >= 0 {
                // SAFETY: the slot's descriptor, which nobody else takes out.
                drop(unsafe { OwnedFd::from_raw_fd(fd) });
                slot.fd.store(FREE, Ordering::Release);
            }
        }
    }
}

impl Slot {
    fn target(&self) -> Option<Target<'_>> {
        let fd = self.fd.load(Ordering::Relaxed);
        let kind = if self.is_guarded.load(Ordering::Relaxed) { Kind::Guarded } else { Kind::File };
        // SAFETY: the descriptor of a slot is closed at its thread's end, or the log's, and nobody but that thread asks.
        (fd >= 0).then(|| Target { fd: unsafe { BorrowedFd::borrow_raw(fd) }, kind, broken: &self.broken })
    }
}

impl Threads {
    pub(crate) fn new(template: &Path) -> Result<Self, Error> {
        static NUMBER: AtomicU32 = AtomicU32::new(1);
        let fault = |source| Error::Open { path: template.to_path_buf(), source };
        let (folder, prefix, suffix) = Template::of(template)?.into_parts().ok_or(Error::NoThread)?;
        if prefix.len() + suffix.len() + 11 > NAME {
            return Err(fault(Errno::NAMETOOLONG.into()));
        }
        let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let folder = rustix::fs::open(&folder, flags, Mode::empty()).map_err(|errno| fault(errno.into()))?;
        key().map_err(fault)?;
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        // zeroed memory of this size comes untouched from the kernel
        let made = Box::into_raw(vec![0u64; MOST_THREADS / 64].into_boxed_slice()) as *mut [AtomicU64];
        // SAFETY: a box of our own, whose words are laid out as atomic ones are.
        let made = unsafe { Box::from_raw(made) };
        Ok(Self { number, folder, prefix, suffix, made })
    }

    /// Has a line written to the calling thread's file.
    #[inline]
    pub(crate) fn with(&self, tid: u32, write: impl FnOnce(Target<'_>)) -> Result<(), Errno> {
        let owner = self.owner(tid);
        if let Some(target) =
            current().filter(|slot| slot.owner.load(Ordering::Relaxed) == owner).and_then(Slot::target)
        {
            write(target);
            return Ok(());
        }
        self.with_other(tid, write)
    }

    /// The first line of a thread, one after that of another log, or one for which there is no slot.
    #[cold]
    fn with_other(&self, tid: u32, write: impl FnOnce(Target<'_>)) -> Result<(), Errno> {
        let slot = self.slot(tid)?;
        if let Some(target) = slot.and_then(Slot::target) {
            write(target);
            return Ok(());
        }
        let fd = self.open(tid)?;
        write(Target { fd: fd.as_fd(), kind: Kind::of(&fd), broken: &AtomicBool::new(false) });
        Ok(())
    }

    /// The slot of the calling thread, which is filled if there is a free one.
    fn slot(&self, tid: u32) -> Result<Option<&'static Slot>, Errno> {
        let owner = self.owner(tid);
        let is_free = |slot: &&Slot| {
            slot.fd.compare_exchange(FREE, TAKEN, Ordering::Acquire, Ordering::Relaxed).is_ok()
        };
        let mine = SLOTS.iter().find(|slot| slot.owner.load(Ordering::Relaxed) == owner);
        let Some(slot) = mine.or_else(|| SLOTS.iter().find(is_free)) else { return Ok(None) };
        if mine.is_none() {
            // a signal handler that writes a line now finds a slot that is taken, and opens the file for itself
            slot.owner.store(owner, Ordering::Release);
            match self.open(tid) {
                Ok(fd) => {
                    slot.is_guarded.store(Kind::of(&fd) == Kind::Guarded, Ordering::Relaxed);
                    slot.broken.store(false, Ordering::Relaxed);
                    slot.fd.store(fd.into_raw_fd(), Ordering::Release);
                }
                Err(errno) => {
                    slot.owner.store(0, Ordering::Relaxed);
                    slot.fd.store(FREE, Ordering::Release);
                    return Err(errno);
                }
            }
        }
        remember(slot);
        Ok(Some(slot))
    }

    fn owner(&self, tid: u32) -> u64 {
        (u64::from(self.number) << 32) | u64::from(tid)
    }

    /// Opens a thread's file: anew the first time, at its end later on.
    pub(crate) fn open(&self, tid: u32) -> Result<OwnedFd, Errno> {
        let mut name = [0u8; NAME];
        let digits = decimal(tid);
        let parts = [&self.prefix[..], digits.as_slice(), &self.suffix[..]];
        let mut at = 0;
        for part in parts {
            name[at..at + part.len()].copy_from_slice(part);
            at += part.len();
        }
        let name = CStr::from_bytes_until_nul(&name).map_err(|_| Errno::NAMETOOLONG)?;
        let number = tid as usize % MOST_THREADS;
        let (word, bit) = (&self.made[number / 64], 1 << (number % 64));
        let is_made = word.load(Ordering::Relaxed) & bit != 0;
        let fd = open::within(&self.folder, name, !is_made)?;
        word.fetch_or(bit, Ordering::Relaxed);
        Ok(fd)
    }
}

impl Drop for Threads {
    fn drop(&mut self) {
        let number = u64::from(self.number);
        close_all(|owner| owner >> 32 == number);
    }
}

fn key() -> std::io::Result<libc::pthread_key_t> {
    if let Some(&key) = KEY.get() {
        return Ok(key);
    }
    let mut key = 0;
    // SAFETY: pthread_key_create(3) writes a key to ours; `ended` takes what is set, addresses of slots.
    let fault = unsafe { libc::pthread_key_create(&raw mut key, Some(ended)) };
    if fault != 0 {
        return Err(std::io::Error::from_raw_os_error(fault));
    }
    // another thread may have been first; one key more is none too many
    Ok(*KEY.get_or_init(|| key))
}

fn current() -> Option<&'static Slot> {
    // SAFETY: the key is made; pthread_getspecific(3) cannot fail.
    let slot = unsafe { libc::pthread_getspecific(*KEY.get()?) }.cast::<Slot>();
    // SAFETY: null, or the address of a slot, which lasts as long as the program.
    unsafe { slot.as_ref() }
}

fn remember(slot: &'static Slot) {
    if let Some(&key) = KEY.get() {
        // SAFETY: the key is made, and the address is a slot's.
        unsafe { libc::pthread_setspecific(key, std::ptr::from_ref(slot).cast()) };
    }
}

/// The digits of a thread's number.
struct Digits([u8; 10], usize);

impl Digits {
    fn as_slice(&self) -> &[u8] {
        &self.0[self.1..]
    }
}

fn decimal(mut number: u32) -> Digits {
    let mut digits = Digits([b'0'; 10], 10);
    while number > 0 || digits.1 == 10 {
        digits.1 -= 1;
        #[allow(clippy::cast_possible_truncation)] // below 10
        let digit = (number % 10) as u8;
        digits.0[digits.1] = b'0' + digit;
        number /= 10;
    }
    digits
}
