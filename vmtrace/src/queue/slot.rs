//! A thread's place for its ring.
//!
//! Not a value with a destructor: the first use of one allocates, and a thread's first event may come in a signal handler
//! that has interrupted the allocator. A key of pthreads' tells of the thread's end in its place: glibc has room for the first
//! 32 keys of a process in each thread, and allocates for the others.

use crate::thread;
use ring::{Producer, Rings};
use std::cell::{Cell, UnsafeCell};
use std::ffi::c_void;
use std::mem::MaybeUninit;
use std::ptr;
use std::sync::OnceLock;

/// The key whose values are slots with a ring. Made by `init`.
static KEY: OnceLock<libc::pthread_key_t> = OnceLock::new();

/// Before a thread's first record.
const NONE: u64 = 0;
/// Its thread is at it, or has ended.
const CLOSED: u64 = 1;
/// It has a ring since [`thread::generation`] and this.
const READY: u64 = 2;

pub(super) struct Slot {
    /// [`NONE`], [`CLOSED`], or [`READY`] and more: a forked child's thread has its parent's slot, and no ring.
    state: Cell<u64>,
    producer: UnsafeCell<MaybeUninit<Producer>>,
}

/// Makes the key.
pub(super) fn watch_threads() {
    KEY.get_or_init(|| {
        let mut key = 0;
        // SAFETY: pthread_key_create(3) writes a key to ours, and keeps a function that takes what the key is set to.
        unsafe { libc::pthread_key_create(&raw mut key, Some(end)) };
        key
    });
}

/// The end of a thread that has a ring: it is another's once it is empty.
extern "C" fn end(slot: *mut c_void) {
    // SAFETY: only `register` sets the key, to a slot of the thread that ends; thread-local memory lasts longer than keys.
    let slot = unsafe { &*slot.cast::<Slot>() };
    if slot.state.replace(CLOSED) == READY + u64::from(thread::generation()) {
        // SAFETY: nobody else borrows it: this is the thread, at its end.
        let producer = unsafe { &mut *slot.producer.get() };
        // SAFETY: the slot was ready, so there is a producer; it is dropped once, for the slot is closed for good.
        unsafe { producer.assume_init_drop() };
    }
}

impl Slot {
    pub(super) const fn new() -> Self {
        Self { state: Cell::new(NONE), producer: UnsafeCell::new(MaybeUninit::uninit()) }
    }

    /// The thread's ring, if it has one.
    #[inline]
    pub(super) fn producer(&self) -> Option<&Producer> {
        if self.state.get() != READY + u64::from(thread::generation()) {
            return None;
        }
        // SAFETY: it is borrowed mutably only before the slot is ready and when the thread ends.
        let producer = unsafe { &*self.producer.get() };
        // SAFETY: the slot is ready, so there is a producer.
        Some(unsafe { producer.assume_init_ref() })
    }

    /// Gives the thread a ring. `None` in a handler that interrupted this, at the thread's end, and if there is none to be
    /// had.
    pub(super) fn register(&self, rings: &Rings) -> Option<&Producer> {
        let before = self.state.replace(CLOSED);
        let (Some(key), false) = (KEY.get(), before == CLOSED) else { return None };
        let Some(producer) = rings.producer(thread::id()) else {
            // another thread may end by the time of the next record
            self.state.set(before);
            return None;
        };
        // SAFETY: the slot is closed, so nobody looks at the place.
        unsafe { &mut *self.producer.get() }.write(producer);
        // SAFETY: pthread_setspecific(3) of a key that was made keeps the pointer. Without memory for it the ring is the
        // thread's for ever.
        unsafe { libc::pthread_setspecific(*key, ptr::from_ref(self).cast()) };
        self.state.set(READY + u64::from(thread::generation()));
        self.producer()
    }
}
