//! Waiting for what has to come.

use std::thread;
use std::time::{Duration, Instant};

/// How long a test waits for what has to come; no machine is as slow.
pub const PATIENCE: Duration = Duration::from_secs(120);

/// Waits until something is so.
///
/// # Panics
/// If it is not within [`PATIENCE`].
pub fn wait_for<T>(what: &str, mut is_so: impl FnMut() -> Option<T>) -> T {
    let start = Instant::now();
    loop {
        if let Some(value) = is_so() {
            return value;
        }
        assert!(start.elapsed() < PATIENCE, "waited in vain for {what}");
        thread::sleep(Duration::from_millis(1));
    }
}
