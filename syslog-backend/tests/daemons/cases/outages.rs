//! Daemons that come late, go, stand still, or listen otherwise.

use crate::daemon::{Daemon, until};
use crate::rsyslogd::{self, Listen};
use crate::sender::{How, lost, now, number, numbered, open, send, send_numbered};
use crate::{TestResult, journald};
use nix::sys::signal::Signal;
use std::fs;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};
use syslog_backend::{Batch, Loss, Protocol, Status, Syslog};

/// Short, so that a restart loses something.
const SHORT: Duration = Duration::from_millis(20);

type Error = Box<dyn std::error::Error>;

pub(super) fn rsyslogd_is_restarted() -> TestResult {
    for how in [How::Sync, How::Batch] {
        let daemon = rsyslogd::start(Listen::Datagram)?;
        let syslog = open(Protocol::Rfc3164, SHORT)?;
        let (sent, daemon) = send_during(&syslog, how, || {
            daemon.stop()?;
            rsyslogd::start(Listen::Datagram)
        })?;
        let lines = rsyslogd::lines_up_to("end")?;
        let texts: Vec<&str> = lines.iter().map(|line| line.text.trim_start()).collect();
        check(&syslog, sent, &texts, unread()?);
        daemon.stop()?;
        fs::remove_file("/run/test/out")?;
    }
    Ok(())
}

/// As systemd restarts it: the sockets stay, and what is in their queues.
pub(super) fn journald_is_restarted() -> TestResult {
    journald::configure(journald::UNLIMITED)?;
    let sockets = journald::sockets()?;
    for (protocol, how) in [(Protocol::Journal, How::Batch), (Protocol::Rfc3164, How::Sync)] {
        let daemon = journald::start_with(&sockets)?;
        let syslog = open(protocol, SHORT)?;
        let (sent, daemon) = send_during(&syslog, how, || {
            daemon.stop()?;
            journald::start_with(&sockets)
        })?;
        check(&syslog, sent, &messages()?, 0);
        daemon.stop()?;
        fs::remove_dir_all("/run/log/journal")?;
        fs::create_dir("/run/log/journal")?;
    }
    Ok(())
}

pub(super) fn journald_is_restarted_and_loses_its_sockets() -> TestResult {
    journald::configure(journald::UNLIMITED)?;
    let daemon = journald::start()?;
    let syslog = open(Protocol::Journal, SHORT)?;
    let (sent, _daemon) = send_during(&syslog, How::Sync, || {
        daemon.stop()?;
        journald::start()
    })?;
    check(&syslog, sent, &messages()?, unread()?);
    Ok(())
}

pub(super) fn a_daemon_that_comes_late() -> TestResult {
    let syslog = open(Protocol::Rfc3164, Duration::from_secs(60))?;
    assert_eq!(syslog.status(), Status::Away(Loss::Absent));
    // a daemon that never was there is not waited for
    (0..1000).for_each(|number| send(&syslog, None, &numbered(number)));
    assert_eq!((syslog.losses().of(Loss::Absent), syslog.losses().errno), (1000, libc::ENOENT));
    let _daemon = rsyslogd::start(Listen::Datagram)?;
    until(|| {
        syslog.catch_up();
        syslog.status() == Status::Listens
    });
    send(&syslog, None, "end");
    let lines = rsyslogd::lines_up_to("end")?;
    assert_eq!(
        lines.iter().map(|line| line.text.trim_start()).collect::<Vec<_>>(),
        ["vmtrace: 1000 events lost", "end"]
    );
    assert_eq!((syslog.losses().total(), syslog.losses().untold), (1000, 0));
    Ok(())
}

pub(super) fn a_daemon_that_stands_still() -> TestResult {
    let daemon = rsyslogd::start(Listen::Datagram)?;
    for (how, wait) in
        [(How::Sync, Duration::ZERO), (How::Sync, SHORT), (How::Sync, SHORT * 10), (How::Batch, SHORT)]
    {
        let syslog = open(Protocol::Rfc3164, wait)?;
        let sent = send_to_a_still(&daemon, &syslog, how)?;
        let lines = rsyslogd::lines_up_to("end")?;
        let texts: Vec<&str> = lines.iter().map(|line| line.text.trim_start()).collect();
        check(&syslog, sent, &texts, 0);
        assert!(syslog.losses().of(Loss::Full) > 0, "{:?}", syslog.losses());
        assert_eq!(texts.iter().filter(|text| lost(text).is_some()).count(), 1, "told once");
        // rsyslogd would go on writing where it was
        fs::File::options().write(true).open("/run/test/out")?.set_len(0)?;
    }
    Ok(())
}

pub(super) fn a_journald_that_stands_still() -> TestResult {
    journald::configure(journald::UNLIMITED)?;
    let daemon = journald::start()?;
    let syslog = open(Protocol::Journal, SHORT)?;
    let sent = send_to_a_still(&daemon, &syslog, How::Batch)?;
    check(&syslog, sent, &messages()?, 0);
    let told = journald::entries(&["VMTRACE_LOST"]).unwrap_or_default();
    drop(told);
    let count = format!("VMTRACE_LOST={}", syslog.losses().total());
    assert_eq!(journald::entries(&[&count])?.len(), 1, "{count}");
    Ok(())
}

/// A stream in place of datagrams, and the other way about, under the same path.
pub(super) fn a_daemon_that_listens_otherwise() -> TestResult {
    let mut daemon = rsyslogd::start(Listen::Datagram)?;
    let syslog = open(Protocol::Rfc3164, Duration::from_secs(60))?;
    for (step, listen) in [Listen::Stream, Listen::Stream, Listen::Datagram].into_iter().enumerate() {
        for how in [How::Sync, How::Batch] {
            send_numbered(&syslog, how, 100);
        }
        let last = format!("step {step}");
        send(&syslog, None, &last);
        assert_eq!(rsyslogd::lines_up_to(&last)?.len(), 201 * (step + 1));
        daemon.stop()?;
        daemon = rsyslogd::start(listen)?;
    }
    send(&syslog, None, "end");
    let lines = rsyslogd::lines_up_to("end")?;
    assert_eq!((lines.len(), syslog.losses().total()), (201 * 3 + 1, 0), "{:?}", syslog.losses());
    Ok(())
}

/// Sends numbered lines while the daemon is restarted, and until it takes them again, and `end` behind them. Gives back how many,
/// and the daemon.
fn send_during(
    syslog: &Syslog,
    how: How,
    restart: impl FnOnce() -> Result<Daemon, Error>,
) -> Result<(usize, Daemon), Error> {
    let (sent, end) = (AtomicUsize::new(0), AtomicBool::new(false));
    let daemon = thread::scope(|scope| {
        scope.spawn(|| {
            let mut batch = Batch::new();
            while !end.load(Ordering::Relaxed) {
                let number = sent.fetch_add(1, Ordering::Relaxed);
                send(syslog, (how == How::Batch).then_some(&mut batch), &numbered(number));
                // not as fast as can be: the journal is to be read afterwards
                thread::sleep(Duration::from_micros(50));
            }
            syslog.flush(&mut batch);
        });
        let more = |count| {
            let from = sent.load(Ordering::Relaxed);
            until(|| sent.load(Ordering::Relaxed) > from + count);
        };
        more(1000);
        let daemon = restart();
        more(1000);
        end.store(true, Ordering::Relaxed);
        daemon
    })?;
    until_told(syslog);
    send(syslog, None, "end");
    Ok((sent.into_inner(), daemon))
}

/// Sends numbered lines while the daemon does not run, and `end` when it does again.
fn send_to_a_still(daemon: &Daemon, syslog: &Syslog, how: How) -> Result<usize, Error> {
    const COUNT: usize = 2_000;
    daemon.signal(Signal::SIGSTOP)?;
    let start = Instant::now();
    send_numbered(syslog, how, COUNT);
    // had each call waited, it would have taken as long as this, and a test that does not end is no better
    assert!(start.elapsed() < SHORT * 2_000 / 2, "{:?}", start.elapsed());
    assert_eq!(syslog.status(), Status::Full);
    daemon.signal(Signal::SIGCONT)?;
    until_told(syslog);
    send(syslog, None, "end");
    Ok(COUNT)
}

fn until_told(syslog: &Syslog) {
    until(|| {
        syslog.catch_up();
        syslog.losses().untold == 0
    });
}

/// What the journal has, in order.
fn messages() -> Result<Vec<String>, Error> {
    let entries = journald::entries_up_to("end")?;
    Ok(entries.iter().map(|entry| journald::text(entry, "MESSAGE").to_owned()).collect())
}

/// How many lines a daemon may have had in its queue, unread, when it died: no sender can know.
fn unread() -> Result<usize, Error> {
    Ok(1 + fs::read_to_string("/proc/sys/net/unix/max_dgram_qlen")?.trim().parse::<usize>()?)
}

/// Each line that was sent arrived in its place, or was counted, and the log knows the count.
fn check(syslog: &Syslog, sent: usize, lines: &[impl AsRef<str>], unread: usize) {
    let lines = || lines.iter().map(AsRef::as_ref);
    let numbers: Vec<usize> = lines().filter_map(number).collect();
    assert!(numbers.is_sorted_by(|one, two| one < two), "in order, each once");
    let (total, told) = (syslog.losses().total(), lines().filter_map(lost).sum::<u64>());
    assert_eq!(total, told, "the log knows what was lost: {:?}", syslog.losses());
    let missing = sent - numbers.len();
    let counted = usize::try_from(total).unwrap_or(usize::MAX);
    assert!(
        (counted..=counted + unread).contains(&missing),
        "{missing} of {sent} are missing, {counted} counted"
    );
    assert_eq!(lines().next_back(), Some("end"), "{}", now());
}
