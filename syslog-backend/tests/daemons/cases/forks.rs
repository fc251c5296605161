//! What a forked child says.

use crate::TestResult;
use crate::rsyslogd::{self, Listen};
use crate::sender::{LONG, open, send};
use std::time::Duration;
use syslog_backend::{Batch, Protocol, Syslog};

/// How a process forks.
pub(super) type Fork = fn() -> i32;

/// By the C library, and past it, as jailers do that want namespaces (clone(2)).
const FORKS: [(&str, Fork); 2] = [("fork", by_libc), ("clone", by_kernel)];

pub(super) fn by_libc() -> i32 {
    // SAFETY: the child does nothing but send a line, which takes no lock and allocates nothing, and end.
    unsafe { libc::fork() }
}

fn by_kernel() -> i32 {
    let flags = libc::SIGCHLD;
    // SAFETY: as above; without flags but the signal, clone(2) is fork(2).
    let child = unsafe { libc::syscall(libc::SYS_clone, flags, 0, 0, 0, 0) };
    i32::try_from(child).unwrap_or(-1)
}

/// Has a child do something, and gives back its number.
pub(super) fn in_child(fork: Fork, act: impl FnOnce()) -> i32 {
    let child = fork();
    if child == 0 {
        act();
        // SAFETY: _exit(2) ends the child at once.
        unsafe { libc::_exit(0) };
    }
    let mut status = 0;
    // SAFETY: waitpid(2) on our own child writes its status to ours.
    unsafe { libc::waitpid(child, &raw mut status, 0) };
    assert_eq!((child > 0, status), (true, 0));
    child
}

pub(super) fn a_child_has_its_own_number() -> TestResult {
    let _daemon = rsyslogd::start(Listen::Datagram)?;
    let syslog = open(Protocol::Rfc3164, LONG)?;
    let mut expected = Vec::new();
    let own = std::process::id().to_string();
    for (name, fork) in FORKS {
        send(&syslog, None, "before");
        expected.push((own.clone(), " before".to_owned()));
        let child = in_child(fork, || send(&syslog, None, name));
        expected.push((child.to_string(), format!(" {name}")));
    }
    send(&syslog, None, "end");
    expected.push((own, " end".to_owned()));
    let lines = rsyslogd::lines_up_to("end")?;
    assert_eq!(lines.into_iter().map(|line| (line.pid, line.text)).collect::<Vec<_>>(), expected);
    Ok(())
}

/// Neither those that wait in a batch, nor those that were lost.
pub(super) fn a_child_has_none_of_its_parents_lines() -> TestResult {
    let syslog = open(Protocol::Rfc3164, Duration::ZERO)?;
    send(&syslog, None, "lost");
    assert_eq!(syslog.losses().untold, 1);
    let _daemon = rsyslogd::start(Listen::Datagram)?;
    let mut batch = Batch::new();
    send(&syslog, Some(&mut batch), "of the parent");
    let child = in_child(by_libc, || {
        send(&syslog, Some(&mut batch), "of the child");
        syslog.flush(&mut batch);
    });
    told(&syslog);
    syslog.flush(&mut batch);
    send(&syslog, None, "end");
    let lines = rsyslogd::lines_up_to("end")?;
    let own = std::process::id().to_string();
    let expected = [
        (child.to_string(), " of the child"),
        (own.clone(), " vmtrace: 1 events lost"),
        (own.clone(), " of the parent"),
        (own, " end"),
    ];
    assert_eq!(
        lines.into_iter().map(|line| (line.pid, line.text)).collect::<Vec<_>>(),
        expected.map(|(pid, text)| (pid, text.to_owned()))
    );
    Ok(())
}

fn told(syslog: &Syslog) {
    crate::daemon::until(|| {
        syslog.catch_up();
        syslog.losses().untold == 0
    });
}
