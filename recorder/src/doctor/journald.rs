//! How many lines journald takes, and what it has dropped: a VMM that traces is beyond its limit at once.

use super::{Check, Role, State, as_root, program};
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

const NAME: &str = "journald's limit";

/// Where its configuration is, what counts less first (systemd.unit(5) says the same of all of systemd's).
const ROOTS: [&str; 4] = ["/usr/lib/systemd", "/usr/local/lib/systemd", "/run/systemd", "/etc/systemd"];

/// The catalogue's number of the entry in which journald says that it dropped some (SD_MESSAGE_JOURNAL_DROPPED).
const DROPPED: &str = "a596d6fe7bfa4994828e72309e95d61e";

/// What a service may write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Limit {
    /// Microseconds; zero is no limit.
    interval: u64,
    /// How many lines in that time; zero is no limit.
    burst: u64,
}

/// As journald.conf(5) has it.
const DEFAULT: Limit = Limit { interval: 30_000_000, burst: 10_000 };

/// Looks at it, where journald is.
pub(super) fn limit() -> Option<Check> {
    let is_there = ["/lib/systemd/systemd-journald", "/usr/lib/systemd/systemd-journald"];
    if !is_there.iter().any(|path| Path::new(path).exists()) {
        return None;
    }
    let limit = files().iter().filter_map(|path| fs::read_to_string(path).ok()).fold(DEFAULT, Limit::changed);
    let (dropped, interval) = (told(&dropped()), seconds(limit.interval));
    if limit.interval == 0 || limit.burst == 0 {
        return Some(Check::works(NAME, Role::Sink, format!("none, but for a unit's own{dropped}")));
    }
    let finding = format!(
        "a service's lines beyond {} in {interval} s are dropped (more where the disk has room); a unit may say otherwise{dropped}",
        limit.burst
    );
    let command = "mkdir -p /etc/systemd/journald.conf.d && printf '[Journal]\\nRateLimitIntervalSec=0\\n' > \
                   /etc/systemd/journald.conf.d/vmtrace.conf && systemctl restart systemd-journald";
    Some(Check::new(NAME, Role::Sink, State::Partly, finding).fix(as_root(&format!("sh -c \"{command}\""))))
}

/// The files in which it is configured, what counts more later; of drop-ins with one name the last counts alone.
fn files() -> Vec<PathBuf> {
    let main =
        ROOTS.iter().rev().map(|root| Path::new(root).join("journald.conf")).find(|path| path.exists());
    let mut drop_ins = BTreeMap::new();
    for root in ROOTS {
        let Ok(folder) = fs::read_dir(Path::new(root).join("journald.conf.d")) else { continue };
        let paths = folder.filter_map(|entry| Some(entry.ok()?.path()));
        let paths = paths.filter(|path| path.extension().is_some_and(|extension| extension == "conf"));
        drop_ins.extend(paths.map(|path| (path.file_name().unwrap_or_default().to_owned(), path)));
    }
    main.into_iter().chain(drop_ins.into_values()).collect()
}

impl Limit {
    /// What a file makes of it. A key without value is the default again.
    #[allow(clippy::needless_pass_by_value)] // as `fold` hands it over
    fn changed(mut self, text: String) -> Self {
        let mut is_journal = false;
        for line in text.lines().map(str::trim) {
            if line.starts_with('[') {
                is_journal = line == "[Journal]";
            }
            let Some((key, value)) = line.split_once('=').filter(|_| is_journal) else { continue };
            let value = value.trim();
            match key.trim() {
                "RateLimitIntervalSec" | "RateLimitInterval" if value.is_empty() => {
                    self.interval = DEFAULT.interval;
                }
                "RateLimitIntervalSec" | "RateLimitInterval" => {
                    self.interval = microseconds(value).unwrap_or(self.interval);
                }
                "RateLimitBurst" if value.is_empty() => self.burst = DEFAULT.burst,
                "RateLimitBurst" => self.burst = value.parse().unwrap_or(self.burst),
                _ => {}
            }
        }
        self
    }
}

/// A time as systemd writes it (systemd.time(7)): `30s`, `1min 30s`, `500ms`, or seconds.
fn microseconds(text: &str) -> Option<u64> {
    let (mut rest, mut sum) = (text.trim(), 0u64);
    if rest.is_empty() {
        return None;
    }
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
        let number: u64 = rest[..digits].parse().ok()?;
        rest = rest[digits..].trim_start();
        let letters = rest.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(rest.len());
        let unit = match &rest[..letters] {
            "us" | "usec" => 1,
            "ms" | "msec" => 1_000,
            "" | "s" | "sec" | "second" | "seconds" => 1_000_000,
            "m" | "min" | "minute" | "minutes" => 60_000_000,
            "h" | "hr" | "hour" | "hours" => 3_600_000_000,
            "d" | "day" | "days" => 86_400_000_000,
            _ => return None,
        };
        rest = rest[letters..].trim_start();
        sum = sum.checked_add(number.checked_mul(unit)?)?;
    }
    Some(sum)
}

fn seconds(microseconds: u64) -> String {
    let text = format!("{}.{:06}", microseconds / 1_000_000, microseconds % 1_000_000);
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// How many lines it has dropped since the machine started, by what it says itself.
fn dropped() -> Vec<(String, u64)> {
    let Ok(journalctl) = program("journalctl").ok_or(()) else { return Vec::new() };
    let output = Command::new(journalctl)
        .args(["--boot", "--quiet", "--no-pager", "--output=json", &format!("MESSAGE_ID={DROPPED}")])
        .stdin(Stdio::null())
        .output();
    let text = output.map(|output| String::from_utf8_lossy(&output.stdout).into_owned()).unwrap_or_default();
    let mut units = BTreeMap::<String, u64>::new();
    for entry in text.lines().filter_map(|line| serde_json::from_str::<serde_json::Value>(line).ok()) {
        // `Suppressed 123 messages from vmm.service`
        let message = entry["MESSAGE"].as_str().unwrap_or_default();
        let words: Vec<&str> = message.split_whitespace().collect();
        if let ["Suppressed", count, "messages", "from", unit] = words[..] {
            let sum = units.entry(unit.to_owned()).or_default();
            *sum = sum.saturating_add(count.parse().unwrap_or(0));
        }
    }
    units.into_iter().collect()
}

fn told(dropped: &[(String, u64)]) -> String {
    let each: Vec<String> = dropped.iter().map(|(unit, count)| format!("{count} of {unit}")).collect();
    if each.is_empty() { String::new() } else { format!("; dropped since the start: {}", each.join(", ")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_says_what_the_limit_is() {
        for (text, interval, burst) in [
            ("", 30_000_000, 10_000),
            ("[Journal]\nRateLimitIntervalSec=0\n", 0, 10_000),
            ("[Journal]\n#RateLimitBurst=7\n RateLimitBurst = 8 \nRateLimitInterval=1min 30s", 90_000_000, 8),
            ("RateLimitBurst=7\n[Other]\nRateLimitBurst=8\n", 30_000_000, 10_000),
            (
                "[Journal]\nRateLimitBurst=7\nRateLimitBurst=\nRateLimitIntervalSec=a day\n",
                30_000_000,
                10_000,
            ),
            ("[Journal]\nRateLimitIntervalSec=500ms\nRateLimitBurst=0\n", 500_000, 0),
            ("[Journal]\nRateLimitIntervalSec=99999999999999999999\nRateLimitBurst=-1\n", 30_000_000, 10_000),
        ] {
            assert_eq!(DEFAULT.changed(text.to_owned()), Limit { interval, burst }, "{text:?}");
        }
    }

    #[test]
    fn what_was_dropped_is_told() {
        assert_eq!(told(&[]), "");
        let dropped = [("a.service".to_owned(), 20), ("b.service".to_owned(), 3)];
        assert_eq!(told(&dropped), "; dropped since the start: 20 of a.service, 3 of b.service");
        assert_eq!((seconds(30_000_000), seconds(500_000)), ("30".to_owned(), "0.5".to_owned()));
    }
}
