//! Names of instances: who made one can be read from its name, and whether that process still lives.

use nix::errno::Errno;
use nix::sys::signal::kill;
use nix::unistd::Pid;
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::sync::atomic::{AtomicU32, Ordering};

const PREFIX: &str = "vmtrace-";

/// `vmtrace-PID-START-NAMESPACE-N`: this process, its start in clock ticks since boot (a pid comes again, both together
/// do not), the pid namespace in which that number means it, and a number.
pub(crate) fn new_name() -> String {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let pid = std::process::id();
    let start = start_of(pid).unwrap_or(0);
    let namespace = namespace().unwrap_or(0);
    format!("{PREFIX}{pid}-{start}-{namespace}-{}", COUNT.fetch_add(1, Ordering::Relaxed))
}

/// Whether a name is of our form and its maker is surely gone. Tracefs is the whole machine's: of a maker in another
/// container nothing is known from here, and what cannot be read is no proof.
pub(crate) fn is_stale(name: &str) -> bool {
    let Some(rest) = name.strip_prefix(PREFIX) else { return false };
    let mut numbers = rest.split('-').map(str::parse::<u64>);
    let mut next = || numbers.next().and_then(Result::ok);
    let (Some(pid), Some(start), Some(home), Some(_)) = (next(), next(), next(), next()) else {
        return false;
    };
    let Ok(pid @ 1..) = i32::try_from(pid) else { return false };
    if numbers.next().is_some() || namespace() != Some(home) {
        return false;
    }
    kill(Pid::from_raw(pid), None) == Err(Errno::ESRCH)
        || stat_of(pid.cast_unsigned()).is_some_and(|stat| stat.zombie || stat.start != start)
}

/// The inode of `/proc/self/ns/pid` (pid_namespaces(7)).
fn namespace() -> Option<u64> {
    fs::metadata("/proc/self/ns/pid").ok().map(|file| file.ino())
}

fn start_of(pid: u32) -> Option<u64> {
    stat_of(pid).map(|stat| stat.start)
}

struct Stat {
    /// Ended, not yet waited for: it holds nothing any more.
    zombie: bool,
    start: u64,
}

/// `/proc/PID/stat` (proc_pid_stat(5)): field 3 the state, 20 the number of threads, 22 the start in clock ticks from
/// boot.
fn stat_of(pid: u32) -> Option<Stat> {
    let text = fs::read(format!("/proc/{pid}/stat")).ok()?;
    // the second field is the command's name, which may hold anything, in parentheses
    let behind = text.iter().rposition(|&byte| byte == b')')? + 1;
    let mut fields = std::str::from_utf8(&text[behind..]).ok()?.split_ascii_whitespace();
    let state = fields.next()?;
    let threads: u64 = fields.nth(16)?.parse().ok()?;
    let start = fields.nth(1)?.parse().ok()?;
    // a first thread that ended before the others looks like a zombie too
    Some(Stat { zombie: state == "Z" && threads <= 1, start })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names() {
        let ours = new_name();
        assert!(!is_stale(&ours) && ours != new_name(), "{ours}");
        let (pid, start) = (std::process::id(), start_of(std::process::id()).unwrap());
        let home = namespace().unwrap();
        for (name, stale) in [
            (format!("vmtrace-{pid}-{start}-{home}-7"), false),
            (format!("vmtrace-{pid}-{}-{home}-7", start + 1), true),
            (format!("vmtrace-4194305-1-{home}-0"), true),
            (format!("vmtrace-4194305-1-{}-0", home + 1), false),
            (format!("vmtrace-4194305-1-{home}-0-0"), false),
            (format!("vmtrace-4194305-x-{home}-0"), false),
            (format!("vmtrace-4194305-1-{home}"), false),
            (format!("vmtrace-0-1-{home}-1"), false),
            (format!("vmtrace-99999999999-1-{home}-1"), false),
            (format!("somebody-4194305-1-{home}-1"), false),
        ] {
            assert_eq!(is_stale(&name), stale, "{name}");
        }
    }
}
