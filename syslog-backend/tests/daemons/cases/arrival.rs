//! Every line arrives, in order, as what it is.

use crate::rsyslogd::{self, Line, Listen};
use crate::sender::{How, LONG, number, numbered, open, send, send_numbered};
use crate::{TestResult, journald};
use journald::text;
use std::collections::BTreeSet;
use std::thread;
use syslog_backend::{Losses, Message, Protocol};

/// As many as the issue wants.
const COUNT: usize = 100_000;

pub(super) fn rsyslogd_gets_every_line() -> TestResult {
    at_rsyslogd(How::Sync)
}

pub(super) fn rsyslogd_gets_every_line_of_a_batch() -> TestResult {
    at_rsyslogd(How::Batch)
}

fn at_rsyslogd(how: How) -> TestResult {
    let _daemon = rsyslogd::start(Listen::Datagram)?;
    let syslog = open(Protocol::Rfc3164, LONG)?;
    send_numbered(&syslog, how, COUNT);
    let lines = rsyslogd::lines_up_to(&numbered(COUNT - 1))?;
    assert_eq!((lines.len(), syslog.losses()), (COUNT, Losses::default()));
    let pid = std::process::id().to_string();
    for (line, number) in lines.iter().zip(0..) {
        let Line { facility, severity, ident, pid: of, text, .. } = line;
        let found = [facility, severity, ident, of, text].map(String::as_str);
        assert_eq!(found, ["3", "6", "vmm", &pid, &format!(" {}", numbered(number))]);
    }
    Ok(())
}

pub(super) fn journald_gets_every_line() -> TestResult {
    at_journald(Protocol::Rfc3164, How::Sync)
}

pub(super) fn journald_gets_every_entry() -> TestResult {
    at_journald(Protocol::Journal, How::Sync)
}

pub(super) fn journald_gets_every_entry_of_a_batch() -> TestResult {
    at_journald(Protocol::Journal, How::Batch)
}

fn at_journald(protocol: Protocol, how: How) -> TestResult {
    journald::configure(journald::UNLIMITED)?;
    let _daemon = journald::start()?;
    let syslog = open(protocol, LONG)?;
    send_numbered(&syslog, how, COUNT);
    let entries = journald::entries_up_to(&numbered(COUNT - 1))?;
    assert_eq!((entries.len(), syslog.losses()), (COUNT, Losses::default()));
    let pid = std::process::id().to_string();
    let (transport, name) =
        if protocol == Protocol::Journal { ("journal", "blk_read") } else { ("syslog", "") };
    for (entry, number) in entries.iter().zip(0..) {
        let found = [
            "SYSLOG_FACILITY",
            "PRIORITY",
            "SYSLOG_IDENTIFIER",
            "SYSLOG_PID",
            "_PID",
            "_TRANSPORT",
            "MESSAGE",
            "VMTRACE_EVENT",
        ]
        .map(|field| text(entry, field));
        assert_eq!(found, ["3", "6", "vmm", &pid, &pid, transport, &numbered(number), name], "{entry:#}");
        assert!(entry["SYSLOG_TIMESTAMP"].is_string(), "{entry:#}");
    }
    Ok(())
}

pub(super) fn lines_of_many_threads_are_whole() -> TestResult {
    const EACH: usize = 5_000;
    let _daemon = rsyslogd::start(Listen::Datagram)?;
    let syslog = open(Protocol::Rfc3164, LONG)?;
    thread::scope(|scope| {
        for thread in 0..4 {
            let syslog = &syslog;
            scope.spawn(move || {
                (0..EACH).for_each(|line| send(syslog, None, &numbered(thread * EACH + line)));
            });
        }
    });
    send(&syslog, None, "end");
    let lines = rsyslogd::lines_up_to("end")?;
    let numbers: Vec<usize> = lines.iter().filter_map(|line| number(line.text.trim_start())).collect();
    assert_eq!((numbers.len(), syslog.losses()), (4 * EACH, Losses::default()));
    assert_eq!(numbers.iter().copied().collect::<BTreeSet<_>>().len(), 4 * EACH, "each once");
    for thread in 0..4 {
        let own: Vec<_> = numbers.iter().filter(|&&number| number / EACH == thread).collect();
        assert!(own.is_sorted(), "a thread's lines are in order");
    }
    Ok(())
}

/// A queued record reaches the daemon later than it happened; here half a year, on either side of summer.
pub(super) fn a_line_has_the_time_of_its_event() -> TestResult {
    let _daemon = rsyslogd::start(Listen::Datagram)?;
    let syslog = open(Protocol::Rfc3164, LONG)?;
    for (seconds, line) in [(1_795_000_000, "winter"), (1_780_000_000, "summer")] {
        let realtime = seconds * 1_000_000_000 + 999_999_999;
        syslog.send(&Message { realtime, line: line.as_bytes(), ..Message::default() });
    }
    let times: Vec<String> = rsyslogd::lines_up_to("summer")?.into_iter().map(|line| line.time).collect();
    assert_eq!(times, ["Nov 18 07:36:40", "May 28 17:56:40"]);
    Ok(())
}
