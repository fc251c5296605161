//! systemd-journald, and its journal.

use crate::daemon::{Daemon, until};
use crate::namespace;
use serde_json::Value;
use std::os::fd::{AsRawFd, OwnedFd};
use std::os::unix::fs::symlink;
use std::os::unix::net::{UnixDatagram, UnixListener};
use std::os::unix::process::CommandExt;
use std::process::Command;
use syslog_backend::{JOURNAL, SYSLOG};

type Error = Box<dyn std::error::Error>;

/// The program.
pub(crate) const PROGRAM: &str = "/lib/systemd/systemd-journald";

/// What reads the journal.
pub(crate) const READER: &str = "/usr/bin/journalctl";

const DEV_LOG: &str = "/run/systemd/journal/dev-log";

/// Sockets that someone else keeps over a restart, as systemd does: journald is handed them (sd_listen_fds(3)).
#[derive(Debug)]
pub(crate) struct Sockets([OwnedFd; 3]);

/// Configures it: no limit, in memory, for itself, and `limits` besides.
pub(crate) fn configure(limits: &str) -> Result<(), Error> {
    symlink(DEV_LOG, SYSLOG)?;
    let text = format!(
        "[Journal]\nStorage=volatile\nForwardToSyslog=no\nReadKMsg=no\nAudit=no\nCompress=no\nSeal=no\n{limits}\n"
    );
    namespace::cover("/etc/systemd/journald.conf", &text)
}

/// No limit on how many lines, nor on how much memory they take.
pub(crate) const UNLIMITED: &str = "RateLimitIntervalSec=0\nRuntimeMaxUse=2G\nRuntimeKeepFree=1M";

/// Starts it with sockets that it makes itself.
pub(crate) fn start() -> Result<Daemon, Error> {
    Daemon::start(&mut command(), JOURNAL)
}

/// Makes sockets for it.
pub(crate) fn sockets() -> Result<Sockets, Error> {
    Ok(Sockets([
        UnixDatagram::bind(JOURNAL)?.into(),
        UnixListener::bind("/run/systemd/journal/stdout")?.into(),
        UnixDatagram::bind(DEV_LOG)?.into(),
    ]))
}

/// Starts it with these sockets.
pub(crate) fn start_with(sockets: &Sockets) -> Result<Daemon, Error> {
    let numbers = sockets.0.each_ref().map(AsRawFd::as_raw_fd);
    let mut command = Command::new("/bin/sh");
    // the number of the process is known to itself alone
    command.args(["-c", "LISTEN_PID=$$ LISTEN_FDS=3 SYSTEMD_LOG_TARGET=console exec \"$0\"", PROGRAM]);
    let hand_over = move || {
        // first to where none of them is to be, then to where they are to be
        // SAFETY: fcntl(2) copies a number of ours, or fails.
        let copies = numbers.map(|number| unsafe { libc::fcntl(number, libc::F_DUPFD, 10) });
        for (place, copy) in (3..).zip(copies) {
            // SAFETY: dup2(2) gives the numbers from 3 on, which are the daemon's to be, another meaning.
            if unsafe { libc::dup2(copy, place) } < 0 {
                return Err(std::io::Error::last_os_error());
            }
        }
        Ok(())
    };
    // SAFETY: between fork and exec, descriptors are copied and nothing else is done.
    unsafe { command.pre_exec(hand_over) };
    Daemon::start(&mut command, JOURNAL)
}

/// What the journal has of ours, in order, once the daemon has an entry with this message.
pub(crate) fn entries_up_to(last: &str) -> Result<Vec<Value>, Error> {
    until(|| entries(&[&format!("MESSAGE={last}")]).is_ok_and(|entries| !entries.is_empty()));
    entries(&["SYSLOG_IDENTIFIER=vmm"])
}

/// What the journal has that matches.
pub(crate) fn entries(matching: &[&str]) -> Result<Vec<Value>, Error> {
    let output = Command::new(READER)
        .args(["-D", "/run/log/journal", "--no-pager", "--quiet", "--all", "-o", "json"])
        .args(matching)
        .output()?;
    if !output.status.success() {
        return Err(String::from_utf8_lossy(&output.stderr).into());
    }
    Ok(String::from_utf8(output.stdout)?.lines().map(serde_json::from_str).collect::<Result<_, _>>()?)
}

/// A field of an entry, empty if it has none.
pub(crate) fn text<'a>(entry: &'a Value, field: &str) -> &'a str {
    entry[field].as_str().unwrap_or_default()
}

fn command() -> Command {
    let mut command = Command::new(PROGRAM);
    command.env("SYSTEMD_LOG_TARGET", "console");
    command
}
