//! Names of instances: who made one can be read from its name, and whether that process still lives.

use std::fs;
use std::sync::atomic::{AtomicU32, Ordering};

const PREFIX: &str = "vmtrace-";

/// `vmtrace-PID-START-N`: this process, its start in clock ticks since boot (a pid comes again, both together do not),
/// and a number.
pub(crate) fn new_name() -> String {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let pid = std::process::id();
    let start = start_of(pid).unwrap_or(0);
    format!("{PREFIX}{pid}-{start}-{}", COUNT.fetch_add(1, Ordering::Relaxed))
}

/// Whether a name is of our form and its maker is gone.
pub(crate) fn is_stale(name: &str) -> bool {
    let Some(rest) = name.strip_prefix(PREFIX) else { return false };
    let mut numbers = rest.split('-').map(str::parse::<u64>);
    match (numbers.next(), numbers.next(), numbers.next(), numbers.next()) {
        (Some(Ok(pid)), Some(Ok(start)), Some(Ok(_)), None) => {
            u32::try_from(pid).is_ok_and(|pid| start_of(pid) != Some(start))
        }
        _ => false,
    }
}

/// Field 22 of `/proc/PID/stat` (proc_pid_stat(5)): clock ticks from boot to the start of the process.
fn start_of(pid: u32) -> Option<u64> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // the second field is the command's name, which may hold anything, in parentheses
    let behind = &stat[stat.rfind(')')? + 1..];
    let mut fields = behind.split_ascii_whitespace();
    // a zombie holds nothing any more
    if fields.next()? == "Z" {
        return None;
    }
    fields.nth(18)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names() {
        let ours = new_name();
        assert!(!is_stale(&ours) && ours != new_name(), "{ours}");
        let (pid, start) = (std::process::id(), start_of(std::process::id()).unwrap());
        for (name, stale) in [
            (format!("vmtrace-{pid}-{start}-7"), false),
            (format!("vmtrace-{pid}-{}-7", start + 1), true),
            ("vmtrace-4194305-1-0".to_owned(), true),
            ("vmtrace-1-x-0".to_owned(), false),
            ("vmtrace-1-1".to_owned(), false),
            ("vmtrace-99999999999-1-1".to_owned(), false),
            ("somebody-1-1-1".to_owned(), false),
        ] {
            assert_eq!(is_stale(&name), stale, "{name}");
        }
    }
}
