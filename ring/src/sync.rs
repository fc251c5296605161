//! The atomics of the lock-free part, in one place: `tests/loom.rs` builds `circle.rs` and `bell.rs` with loom's instead.

pub(crate) use rustix::thread::futex;
pub(crate) use std::hint::spin_loop;
/// What one thread alone touches, and handlers that interrupt it: loom need not try its orders.
pub(crate) use std::sync::atomic::AtomicU64 as Own;
pub(crate) use std::sync::atomic::{AtomicU32, AtomicU64, Ordering, compiler_fence, fence};
