//! rsyslogd, and what it wrote.

use crate::daemon::{Daemon, until};
use std::fs;
use std::io::{Read, Seek, SeekFrom};
use std::process::Command;
use syslog_backend::SYSLOG;

type Error = Box<dyn std::error::Error>;

/// The program.
pub(crate) const PROGRAM: &str = "/usr/sbin/rsyslogd";

const CONFIGURATION: &str = "/run/test/rsyslog.conf";
const OUT: &str = "/run/test/out";

/// What it writes, but of itself: the time in the line, facility, severity, identifier, process, text.
const TEMPLATE: &str =
    "%timereported:::date-rfc3164%|%syslogfacility%|%syslogseverity%|%programname%|%procid%|%msg%\\n";

/// How it listens.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Listen {
    /// A datagram socket, as everywhere.
    Datagram,
    /// A stream socket, whose records end with NUL.
    Stream,
}

/// A line as it took it apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Line {
    pub(crate) time: String,
    pub(crate) facility: String,
    pub(crate) severity: String,
    pub(crate) ident: String,
    pub(crate) pid: String,
    pub(crate) text: String,
}

/// Starts it at `/dev/log`.
pub(crate) fn start(listen: Listen) -> Result<Daemon, Error> {
    let unlimited =
        r#"UsePIDFromSystem="off" UseSysTimeStamp="off" IgnoreTimestamp="off" RateLimit.Interval="0""#;
    let input = match listen {
        Listen::Datagram => format!(
            "module(load=\"imuxsock\" SysSock.Use=\"off\")\ninput(type=\"imuxsock\" Socket=\"{SYSLOG}\" CreatePath=\"on\" {unlimited})"
        ),
        Listen::Stream => format!(
            "module(load=\"imptcp\")\ninput(type=\"imptcp\" Path=\"{SYSLOG}\" Unlink=\"on\" AddtlFrameDelimiter=\"0\" \
             SupportOctetCountedFraming=\"off\")"
        ),
    };
    let configuration = format!(
        "global(workDirectory=\"/run/test\")\nmain_queue(queue.type=\"Direct\")\n{input}\n\
         if $syslogfacility-text == \"syslog\" then stop\n\
         template(name=\"t\" type=\"string\" string=\"{TEMPLATE}\")\n\
         action(type=\"omfile\" file=\"{OUT}\" template=\"t\" asyncWriting=\"off\" flushOnTXEnd=\"on\")\n"
    );
    fs::write(CONFIGURATION, configuration)?;
    Daemon::start(Command::new(PROGRAM).args(["-n", "-f", CONFIGURATION, "-i", "/run/test/pid"]), SYSLOG)
}

/// What it wrote of ours, once a line has come that ends so.
pub(crate) fn lines_up_to(last: &str) -> Result<Vec<Line>, Error> {
    let end = format!("{last}\n");
    until(|| tail(end.len() as u64).is_ok_and(|tail| tail.ends_with(end.as_bytes())));
    lines()
}

/// What it wrote of ours so far.
pub(crate) fn lines() -> Result<Vec<Line>, Error> {
    let text = fs::read_to_string(OUT).unwrap_or_default();
    let lines = text.lines().map(|line| line.splitn(6, '|').map(str::to_owned).collect::<Vec<_>>());
    let lines = lines.map(|parts| {
        let [time, facility, severity, ident, pid, text] =
            <[String; 6]>::try_from(parts).map_err(|parts| format!("{parts:?}"))?;
        Ok(Line { time, facility, severity, ident, pid, text })
    });
    let lines: Result<Vec<Line>, String> = lines.collect();
    Ok(lines?)
}

fn tail(len: u64) -> Result<Vec<u8>, std::io::Error> {
    let mut file = fs::File::open(OUT)?;
    let end = file.seek(SeekFrom::End(0))?;
    file.seek(SeekFrom::Start(end.saturating_sub(len)))?;
    let mut tail = Vec::new();
    file.read_to_end(&mut tail)?;
    Ok(tail)
}
