//! What a process has for itself: a forked child has it anew.

use crate::sync::{AtomicPtr, Ordering};
use crate::thread;
use std::ptr;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// A value of the process's own. Behind a lock, a child that is forked while another thread holds the lock would wait for ever:
/// it gets a value of its own.
pub(crate) struct Own<T: 'static> {
    held: AtomicPtr<Held<T>>,
    make: fn() -> T,
}

struct Held<T> {
    generation: u32,
    value: T,
}

impl<T> Own<T> {
    pub(crate) const fn new(make: fn() -> T) -> Self {
        Self { held: AtomicPtr::new(ptr::null_mut()), make }
    }

    /// The value. Not for signal handlers.
    pub(crate) fn get(&'static self) -> &'static T {
        &self.held().value
    }

    fn held(&'static self) -> &'static Held<T> {
        let generation = thread::generation();
        loop {
            let held = self.held.load(Ordering::Acquire);
            // SAFETY: what the pointer has ever pointed to is leaked.
            if let Some(held) = unsafe { held.as_ref() }.filter(|held| held.generation == generation) {
                return held;
            }
            let new = Box::into_raw(Box::new(Held { generation, value: (self.make)() }));
            if self.held.compare_exchange(held, new, Ordering::AcqRel, Ordering::Acquire).is_err() {
                // SAFETY: it was made here, and nobody has seen it.
                drop(unsafe { Box::from_raw(new) });
            }
        }
    }
}

impl<T> Own<Mutex<T>> {
    /// The value, once nobody else has it. Not for signal handlers.
    pub(crate) fn lock(&'static self) -> MutexGuard<'static, T> {
        // a thread that panicked has left nothing half done that a sink cannot live with
        self.get().lock().unwrap_or_else(PoisonError::into_inner)
    }
}
