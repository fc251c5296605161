//! Semaphores: how a program knows that a tracer is attached.

use core::sync::atomic::{AtomicU16, Ordering};

/// What a tracer counts up when it attaches to a probe, and down when it goes: above zero somebody listens.
///
/// Of the same layout as the `unsigned short` of C's `sys/sdt.h`. Made by [`semaphore!`](crate::semaphore).
#[derive(Debug, Default)]
#[repr(transparent)]
pub struct Semaphore(AtomicU16);

impl Semaphore {
    /// For the macro: one that nobody listens to.
    #[must_use]
    pub const fn new() -> Self {
        Self(AtomicU16::new(0))
    }

    /// Whether a tracer is attached: one relaxed load.
    #[inline(always)]
    #[allow(clippy::inline_always)] // the whole cost of a probe at rest
    #[must_use]
    pub fn is_on(&self) -> bool {
        self.0.load(Ordering::Relaxed) != 0
    }
}

/// Declares a [`Semaphore`], for any number of probes of one provider and name.
///
/// ```
/// usdt::semaphore!(
///     /// While a tracer looks at reads.
///     pub(crate) static READ
/// );
/// if READ.is_on() {
///     // what is only for tracers
/// }
/// ```
///
/// One that C code has, made by `dtrace -G` or `sys/sdt.h`, is shared by its name in the linker. Probes on both sides
/// then count as one to a tracer, and whoever asks on either side knows:
///
/// ```no_run
/// usdt::semaphore!(extern "qemu_disk_read_semaphore" static DISK_READ);
/// usdt::probe!("qemu", "disk_read", if DISK_READ; sector: u64 = 7);
/// ```
#[macro_export]
macro_rules! semaphore {
    ($(#[$attribute:meta])* extern $symbol:literal $visibility:vis static $name:ident) => {
        // SAFETY: an `unsigned short` in C, which is what a Semaphore is; tracers write it while both sides read, and
        // each reads it as one word.
        unsafe extern "C" {
            $(#[$attribute])*
            #[link_name = $symbol]
            $visibility safe static $name: $crate::Semaphore;
        }
    };
    ($(#[$attribute:meta])* $visibility:vis static $name:ident) => {
        $(#[$attribute])*
        #[unsafe(link_section = ".probes")]
        $visibility static $name: $crate::Semaphore = $crate::Semaphore::new();
    };
}
