//! The atomics of the lock-free part, in one place: `tests/loom.rs` builds `circle.rs` with loom's instead.

pub(crate) use std::sync::atomic::{AtomicU32, AtomicU64, Ordering, compiler_fence, fence};
