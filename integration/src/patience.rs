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
    let mut found = None;
    let in_time = within_patience(|| {
        found = is_so();
        found.is_some()
    });
    assert!(in_time, "waited in vain for {what}");
    found.expect("it is in time")
}

/// Whether something is so within [`PATIENCE`].
pub fn within_patience(mut is_so: impl FnMut() -> bool) -> bool {
    let start = Instant::now();
    loop {
        if is_so() {
            return true;
        }
        if start.elapsed() > PATIENCE {
            return false;
        }
        thread::sleep(Duration::from_millis(1));
    }
}
