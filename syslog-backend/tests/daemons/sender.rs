//! Lines with numbers, sent either way.

use std::time::Duration;
use syslog_backend::{Batch, Message, Options, Protocol, Syslog};

/// How lines are sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum How {
    /// One by one.
    Sync,
    /// Many at once.
    Batch,
}

/// Longer than a test may take: nothing is to be lost.
pub(crate) const LONG: Duration = Duration::from_secs(300);

/// The way to `/dev/log`, or to the journal's socket.
pub(crate) fn open(protocol: Protocol, wait: Duration) -> Result<Syslog, syslog_backend::Error> {
    Syslog::open(&Options { protocol, wait, ..Options::new("vmm") })
}

/// Sends a line, or puts it into the batch.
pub(crate) fn send(syslog: &Syslog, batch: Option<&mut Batch>, line: &str) {
    let realtime = now();
    let message =
        Message { realtime, thread: 7, name: "blk_read", line: line.as_bytes(), ..Message::default() };
    match batch {
        Some(batch) => syslog.push(batch, &message),
        None => syslog.send(&message),
    }
}

/// Sends `count` lines, `blk_read seq 0` the first.
pub(crate) fn send_numbered(syslog: &Syslog, how: How, count: usize) {
    let mut batch = Batch::new();
    for number in 0..count {
        send(syslog, (how == How::Batch).then_some(&mut batch), &numbered(number));
    }
    syslog.flush(&mut batch);
}

/// A line with its number.
pub(crate) fn numbered(number: usize) -> String {
    format!("blk_read seq {number}")
}

/// The number of such a line.
pub(crate) fn number(line: &str) -> Option<usize> {
    line.strip_prefix("blk_read seq ")?.parse().ok()
}

/// What such a line says was lost.
pub(crate) fn lost(line: &str) -> Option<u64> {
    line.strip_prefix("vmtrace: ")?.strip_suffix(" events lost")?.parse().ok()
}

/// CLOCK_REALTIME in nanoseconds.
pub(crate) fn now() -> u64 {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    now.ok().and_then(|now| u64::try_from(now.as_nanos()).ok()).unwrap_or(0)
}
