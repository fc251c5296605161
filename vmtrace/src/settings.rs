//! How sinks are to work: what `-trace` says of them beside the events, or the VMM itself.

use std::path::PathBuf;
use std::time::Duration;

/// How sinks are to work. What is `None` is as usual.
///
/// ```
/// use vmtrace::{Mode, Setup, Settings, Wait};
///
/// // as `-trace ring=64M,wait=on,log=queued`
/// let settings = Settings {
///     ring: Some(64 << 20),
///     wait: Some(Wait::Forever),
///     log: Some(Mode::Queued),
///     ..Settings::default()
/// };
/// let setup = Setup::new().settings(settings);
/// # drop(setup);
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Settings {
    /// `ring=SIZE`: the bytes of each thread's ring, 1 MiB if nothing is said. All rings of a process have 64 MiB at most,
    /// or room for sixteen if that is more.
    pub ring: Option<usize>,
    /// `wait=on|off|TIME`: how long an event may hold its thread up while its sink has no room. Usually an event that is
    /// queued does not wait, and one that goes to the system's log at once does for 100 ms.
    pub wait: Option<Wait>,
    /// `log=sync|queued`: when a line of the log is written; usually at once.
    pub log: Option<Mode>,
    /// `syslog=sync|queued`: when a line is sent to the system's log; usually it is queued.
    pub syslog: Option<Mode>,
    /// `syslog=journal|rfc3164`: how the system's log is spoken to; usually as syslog(3) does.
    pub protocol: Option<SyslogProtocol>,
    /// What stands before the lines of the system's log; usually the name of the program's file.
    pub ident: Option<String>,
    /// The binary trace's file, usually `trace-%d`; `%d` stands for the process's number. `-trace sink=simple,file=FILE`
    /// comes before it.
    pub trace_file: Option<PathBuf>,
    /// `flight=FILE`: the flight recorder's file, usually `flight-%d`.
    pub flight: Option<PathBuf>,
}

/// When a sink takes a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// On the thread of the event, before it goes on.
    Sync,
    /// On the writer's thread, in order of time.
    Queued,
}

/// How long an event may hold its thread up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wait {
    /// Not at all: what has no room is lost, and counted.
    Never,
    /// So long; then it is lost, and counted.
    AtMost(Duration),
    /// Until there is room.
    Forever,
}

/// How the system's log is spoken to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SyslogProtocol {
    /// As syslog(3) does: RFC 3164, to `/dev/log`.
    Rfc3164,
    /// As sd_journal_send(3) does, with a field for each argument.
    Journal,
}

impl Settings {
    /// What `KEY=VALUE` of a `-trace` option says. `Ok(false)` if the key is none of these.
    pub(crate) fn take(&mut self, key: &str, value: &str) -> Result<bool, String> {
        match (key, value) {
            ("ring", _) => self.ring = Some(size(value)?),
            ("wait", _) => self.wait = Some(wait(value)?),
            ("flight", _) => self.flight = Some(value.into()),
            ("log", "sync") => self.log = Some(Mode::Sync),
            ("log", "queued") => self.log = Some(Mode::Queued),
            ("log", _) => return Err(format!("`log` is sync or queued, not `{value}`")),
            ("syslog", "sync") => self.syslog = Some(Mode::Sync),
            ("syslog", "queued") => self.syslog = Some(Mode::Queued),
            ("syslog", "journal") => self.protocol = Some(SyslogProtocol::Journal),
            ("syslog", "rfc3164") => self.protocol = Some(SyslogProtocol::Rfc3164),
            ("syslog", _) => {
                return Err(format!("`syslog` is sync, queued, journal or rfc3164, not `{value}`"));
            }
            _ => return Ok(false),
        }
        Ok(true)
    }

    /// What is said later counts.
    pub(crate) fn then(self, later: Self) -> Self {
        Self {
            ring: later.ring.or(self.ring),
            wait: later.wait.or(self.wait),
            log: later.log.or(self.log),
            syslog: later.syslog.or(self.syslog),
            protocol: later.protocol.or(self.protocol),
            ident: later.ident.or(self.ident),
            trace_file: later.trace_file.or(self.trace_file),
            flight: later.flight.or(self.flight),
        }
    }
}

/// `SIZE[K|M|G]`, between 64 KiB and 512 MiB.
fn size(value: &str) -> Result<usize, String> {
    const LEAST: usize = 64 << 10;
    const MOST: usize = 512 << 20;
    let (digits, shift) = match value.as_bytes().last() {
        Some(b'k' | b'K') => (&value[..value.len() - 1], 10),
        Some(b'm' | b'M') => (&value[..value.len() - 1], 20),
        Some(b'g' | b'G') => (&value[..value.len() - 1], 30),
        _ => (value, 0),
    };
    let bytes = digits.parse::<usize>().ok().and_then(|number| number.checked_mul(1 << shift));
    bytes
        .filter(|bytes| (LEAST..=MOST).contains(bytes))
        .ok_or_else(|| format!("`ring` is a size such as 64M, from 64K to 512M, not `{value}`"))
}

/// `on`, `off`, or a time.
fn wait(value: &str) -> Result<Wait, String> {
    let units = [("us", 1), ("ms", 1_000), ("s", 1_000_000)];
    match value {
        "on" => Ok(Wait::Forever),
        "off" => Ok(Wait::Never),
        _ => units
            .into_iter()
            .find_map(|(unit, micros)| {
                let number: u64 = value.strip_suffix(unit)?.parse().ok()?;
                number.checked_mul(micros).map(Duration::from_micros).map(Wait::AtMost)
            })
            .ok_or_else(|| format!("`wait` is on, off, or a time such as 10ms, not `{value}`")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes() {
        for (value, expected) in [
            ("65536", Some(65536)),
            ("64k", Some(65536)),
            ("64M", Some(64 << 20)),
            ("512M", Some(512 << 20)),
            ("63k", None),
            ("1G", None),
            ("", None),
            ("M", None),
            ("-1M", None),
            ("18446744073709551615G", None),
            ("64é", None),
        ] {
            assert_eq!(size(value).ok(), expected, "{value}");
        }
    }

    #[test]
    fn waits() {
        for (value, expected) in [
            ("on", Some(Wait::Forever)),
            ("off", Some(Wait::Never)),
            ("10ms", Some(Wait::AtMost(Duration::from_millis(10)))),
            ("250us", Some(Wait::AtMost(Duration::from_micros(250)))),
            ("2s", Some(Wait::AtMost(Duration::from_secs(2)))),
            ("0s", Some(Wait::AtMost(Duration::ZERO))),
            ("10", None),
            ("ms", None),
            ("99999999999999999999s", None),
            ("18446744073709551615s", None),
        ] {
            assert_eq!(wait(value).ok(), expected, "{value}");
        }
    }

    #[test]
    fn what_is_said_later_counts() {
        let mut first = Settings::default();
        for (key, value) in [("ring", "1M"), ("log", "queued"), ("syslog", "sync"), ("flight", "a")] {
            assert_eq!(first.take(key, value), Ok(true));
        }
        let mut second = Settings::default();
        for (key, value) in [("ring", "2M"), ("syslog", "journal"), ("nosuch", "x")] {
            assert_eq!(second.take(key, value), Ok(key != "nosuch"));
        }
        let both = first.then(second);
        assert_eq!((both.ring, both.log, both.syslog), (Some(2 << 20), Some(Mode::Queued), Some(Mode::Sync)));
        assert_eq!((both.protocol, both.flight), (Some(SyslogProtocol::Journal), Some("a".into())));
    }

    #[test]
    fn a_mistake_says_what_there_is() {
        for (key, value, expected) in [
            ("log", "later", "`log` is sync or queued, not `later`"),
            ("syslog", "udp", "`syslog` is sync, queued, journal or rfc3164, not `udp`"),
            ("ring", "big", "`ring` is a size such as 64M, from 64K to 512M, not `big`"),
            ("wait", "long", "`wait` is on, off, or a time such as 10ms, not `long`"),
        ] {
            assert_eq!(Settings::default().take(key, value).unwrap_err(), expected);
        }
    }
}
