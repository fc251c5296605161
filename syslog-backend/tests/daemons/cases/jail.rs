//! The system calls that are made once the way is open: any other ends the child.

use super::forks::{by_libc, in_child};
use crate::TestResult;
use crate::rsyslogd::{self, Listen};
use crate::sender::{now, open};
use seccompiler::{BpfProgram, SeccompAction, SeccompFilter, apply_filter};
use std::time::Duration;
use syslog_backend::{Batch, Message, Protocol};

/// What a line takes, in a child that asks for its own number, and what ends the child.
const LINES: [i64; 4] = [libc::SYS_sendto, libc::SYS_sendmmsg, libc::SYS_getpid, libc::SYS_exit_group];

/// What a daemon that is away, or was restarted, takes besides.
const FAILURES: [i64; 6] = [
    libc::SYS_ppoll,
    libc::SYS_socket,
    libc::SYS_connect,
    libc::SYS_setsockopt,
    libc::SYS_dup3,
    libc::SYS_close,
];

pub(super) fn nothing_else_is_called_in_a_jail() -> TestResult {
    let daemon = rsyslogd::start(Listen::Datagram)?;
    let syslog = open(Protocol::Rfc3164, Duration::from_millis(100))?;
    let mut batch = Batch::new();
    let now = now();
    let mut send = |filter: &BpfProgram, line: &str| {
        in_child(by_libc, || {
            assert!(apply_filter(filter).is_ok());
            // a second each, over more than a year: its stamp is made each time, whatever the season
            for number in 0..100 {
                let realtime = now + number * 100 * 3600 * 1_000_000_000;
                let message = Message { realtime, line: line.as_bytes(), ..Message::default() };
                syslog.send(&message);
                syslog.push(&mut batch, &message);
            }
            syslog.flush(&mut batch);
        });
    };
    let all = filter(&[&LINES[..], &FAILURES[..]].concat())?;
    send(&filter(&LINES)?, "line");
    crate::sender::send(&syslog, None, "first");
    assert_eq!(rsyslogd::lines_up_to("first")?.len(), 200 + 1);
    daemon.stop()?;
    send(&all, "lost");
    let _daemon = rsyslogd::start(Listen::Datagram)?;
    send(&all, "line");
    crate::sender::send(&syslog, None, "second");
    assert_eq!(rsyslogd::lines_up_to("second")?.len(), 400 + 2);
    Ok(())
}

fn filter(calls: &[i64]) -> Result<BpfProgram, Box<dyn std::error::Error>> {
    let allowed = calls.iter().map(|&call| (call, vec![])).collect();
    let (others, these) = (SeccompAction::KillProcess, SeccompAction::Allow);
    let filter = SeccompFilter::new(allowed, others, these, std::env::consts::ARCH.try_into()?)?;
    Ok(filter.try_into()?)
}
