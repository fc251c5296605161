//! How many lines rsyslogd takes.

use super::{Check, Role, State, as_root, program};
use std::fs;
use std::path::PathBuf;

const NAME: &str = "rsyslogd's limit";

/// A module that takes lines from programs, its parameters' prefixes, the old names of the same, and the limit it has unless told:
/// lines and seconds.
struct Input {
    module: &'static str,
    old: Option<(&'static str, &'static str)>,
    burst: u64,
    interval: u64,
}

/// rsyslog's documentation, `imuxsock` and `imjournal`.
const INPUTS: [Input; 2] = [
    Input {
        module: "imuxsock",
        old: Some(("$systemlogratelimitburst", "$systemlogratelimitinterval")),
        burst: 200,
        interval: 0,
    },
    Input { module: "imjournal", old: None, burst: 20_000, interval: 600 },
];

/// Looks at it, where rsyslogd is.
pub(super) fn limit() -> Option<Check> {
    program("rsyslogd").or_else(|| Some(PathBuf::from("/usr/sbin/rsyslogd")).filter(|path| path.exists()))?;
    let text: String = files().iter().filter_map(|path| fs::read_to_string(path).ok()).collect();
    let limits = limits(&text);
    if limits.is_empty() {
        return Some(Check::works(NAME, Role::Sink, "none"));
    }
    let each: Vec<String> = limits
        .iter()
        .map(|(module, burst, interval)| {
            format!("{module} drops what is beyond {burst} lines in {interval} s")
        })
        .collect();
    let fix = format!(
        "give {} its parameter (SysSock.)RateLimit.Interval=\"0\" in /etc/rsyslog.conf or /etc/rsyslog.d, and `{}`",
        limits.iter().map(|&(module, ..)| module).collect::<Vec<_>>().join(" and "),
        as_root("systemctl restart rsyslog")
    );
    Some(Check::new(NAME, Role::Sink, State::Partly, each.join("; ")).fix(fix))
}

/// As distributions have them; what is included from elsewhere is not looked at.
fn files() -> Vec<PathBuf> {
    let folder = fs::read_dir("/etc/rsyslog.d").into_iter().flatten();
    let mut files: Vec<PathBuf> = folder.filter_map(|entry| Some(entry.ok()?.path())).collect();
    files.retain(|path| path.extension().is_some_and(|extension| extension == "conf"));
    files.sort();
    files.push("/etc/rsyslog.conf".into());
    files
}

/// The modules that are loaded and have a limit, with their lines and seconds.
fn limits(text: &str) -> Vec<(&'static str, u64, u64)> {
    let text: String = text
        .lines()
        .map(|line| line.split('#').next().unwrap_or_default().to_ascii_lowercase() + "\n")
        .collect();
    let limit = |input: &Input| {
        let quoted = format!("\"{}\"", input.module);
        // an object is `module(...)` or `input(...)`
        let objects: Vec<&str> = text.split(')').filter(|object| object.contains(&quoted)).collect();
        if objects.is_empty() && !text.contains(&format!("$modload {}", input.module)) {
            return None;
        }
        let parameter = |name: &str| {
            let value = objects.iter().rev().find_map(|object| object.split_once(name))?.1;
            value
                .trim_start()
                .strip_prefix('=')?
                .trim_start()
                .strip_prefix('"')?
                .split('"')
                .next()?
                .parse()
                .ok()
        };
        let old = |name: Option<&str>| {
            let mut values = text.lines().rev().filter_map(|line| line.trim().strip_prefix(name?));
            values.find_map(|value| value.trim().parse::<u64>().ok())
        };
        let burst = parameter("ratelimit.burst").or(old(input.old.map(|old| old.0))).unwrap_or(input.burst);
        let interval =
            parameter("ratelimit.interval").or(old(input.old.map(|old| old.1))).unwrap_or(input.interval);
        (interval > 0).then_some((input.module, burst, interval))
    };
    INPUTS.iter().filter_map(limit).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_configuration_says_what_the_limit_is() {
        for (text, expected) in [
            ("", &[][..]),
            ("module(load=\"imuxsock\") # local\nmodule(load=\"imklog\")", &[]),
            ("module(load=\"imuxsock\" SysSock.RateLimit.Interval=\"5\")", &[("imuxsock", 200, 5)]),
            (
                "module(load=\"imuxsock\"\n  # SysSock.RateLimit.Burst=\"1\"\n  SysSock.RateLimit.Interval = \"5\" SysSock.RateLimit.Burst=\"9\")",
                &[("imuxsock", 9, 5)],
            ),
            (
                "$ModLoad imuxsock\n$SystemLogRateLimitInterval 2\n$SystemLogRateLimitBurst 50\n",
                &[("imuxsock", 50, 2)],
            ),
            ("module(load=\"imjournal\" StateFile=\"imjournal.state\")", &[("imjournal", 20_000, 600)]),
            ("module(load=\"imjournal\" Ratelimit.Interval=\"0\")", &[]),
            ("module(load=\"imuxsock\" SysSock.RateLimit.Interval=", &[]),
        ] {
            assert_eq!(limits(text), expected, "{text}");
        }
    }
}
