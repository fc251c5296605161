//! The atomics of the lock-free parts, in one place: `tests/loom.rs` builds `own.rs` and `queue/requests.rs` with loom's instead.

pub(crate) use std::sync::atomic::{AtomicBool, AtomicPtr, AtomicU32, Ordering};
