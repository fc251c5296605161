//! Attaching: the kernel's breakpoint on a probe, its semaphore, what is counted and what is told.
//!
//! A breakpoint is a perf event of the PMU `uprobe`, which holds the semaphore up. At each hit the kernel runs a program of BPF that we
//! write from the probe's note: it counts, and copies what the note's places hold into a ring, before the process goes on. So the hits of
//! all threads are there, those of threads that were made later too (an event by itself has one thread's), and what was lost is
//! known exactly.

mod attachment;
mod bpf;
mod hit;
mod instruction;
mod listener;
mod long_nops;
mod mapping;
mod namespace;
mod process;
mod program;
mod record;
mod refused;
mod registers;
mod ring;
mod site;
mod uprobe;

use crate::error::Error;
pub use attachment::Attachment;
pub use hit::{Hit, Text as HitText, Value};
pub use listener::Listener;
pub use long_nops::LongNops;
pub use refused::Refused;
pub use site::SiteForm;
pub use uprobe::Target;

/// Whether this kernel turns long nops into calls: found by trying, the first time, with a breakpoint on code of our own.
///
/// An [`Attachment`] takes the long `nop` of a site only then; on other kernels it is several times slower than the
/// short one.
///
/// # Errors
///
/// [`Error::Listen`] where no breakpoint can be set, mostly for lack of CAP_SYS_ADMIN.
pub fn long_nops() -> Result<LongNops, Error> {
    long_nops::long_nops().map_err(|why| Error::Listen { why })
}
