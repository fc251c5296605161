//! Whose a server is: a child that is forked from its process has its memory, and nothing else of it.

use std::sync::Once;
use std::sync::atomic::{AtomicU32, Ordering};

/// How many forks there were on the way to this process. A number, since asking for the process's takes a system call, which a
/// jail may not allow.
static FORKS: AtomicU32 = AtomicU32::new(0);

/// A process.
#[derive(Debug)]
pub(super) struct Process(u32);

impl Process {
    /// This one. Forks are counted from the first call on.
    pub(super) fn this() -> Self {
        extern "C" fn in_child() {
            FORKS.fetch_add(1, Ordering::Relaxed);
        }
        static REGISTER: Once = Once::new();
        REGISTER.call_once(|| {
            // SAFETY: pthread_atfork(3) keeps a pointer to a function that lives as long as this library is loaded, and that
            // does nothing that a forked child may not. It fails for want of memory alone.
            unsafe { libc::pthread_atfork(None, None, Some(in_child)) };
        });
        Self(FORKS.load(Ordering::Relaxed))
    }

    /// Whether it is the one that runs this, and not a parent of it.
    pub(super) fn is_this(&self) -> bool {
        self.0 == FORKS.load(Ordering::Relaxed)
    }
}
