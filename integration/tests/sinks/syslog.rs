//! The system's log through a queue, to a socket of the test's own.

use crate::private::{dev_log, with_mounts};
use crate::program::Folder;
use crate::trail::{What, what};
use std::collections::BTreeMap;
use std::os::unix::net::UnixDatagram;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

const EVENTS: u64 = 800_000;
/// The same where it is one of many cases.
const FEWER: u64 = if cfg!(debug_assertions) { 80_000 } else { EVENTS };

/// A daemon that keeps the lines that it gets.
pub(crate) struct Daemon {
    stop: Arc<AtomicBool>,
    count: Arc<AtomicU64>,
    thread: JoinHandle<Vec<String>>,
}

impl Daemon {
    /// `slow`: it takes nothing but now and then.
    pub(crate) fn start(socket: &Path, slow: bool) -> Self {
        let socket = UnixDatagram::bind(socket).unwrap();
        socket.set_read_timeout(Some(Duration::from_millis(20))).unwrap();
        let stop = Arc::new(AtomicBool::new(false));
        let is_over = Arc::clone(&stop);
        let count = Arc::new(AtomicU64::new(0));
        let counted = Arc::clone(&count);
        let thread = std::thread::spawn(move || {
            let (mut lines, mut room) = (Vec::new(), [0; 8192]);
            loop {
                if is_over.load(Ordering::Relaxed) {
                    // whoever sends may go on for ever
                    socket.set_nonblocking(true).unwrap();
                }
                match socket.recv(&mut room) {
                    Ok(len) => lines.push(String::from_utf8(room[..len].to_vec()).unwrap()),
                    Err(_) if is_over.load(Ordering::Relaxed) => return lines,
                    Err(_) => {}
                }
                counted.store(lines.len() as u64, Ordering::Relaxed);
                if slow && lines.len() % 100 == 99 {
                    std::thread::sleep(Duration::from_millis(1));
                }
            }
        });
        Self { stop, count, thread }
    }

    /// How many came so far.
    pub(crate) fn count(&self) -> u64 {
        self.count.load(Ordering::Relaxed)
    }

    /// All that came; no more comes.
    pub(crate) fn end(self) -> Vec<String> {
        self.stop.store(true, Ordering::Relaxed);
        self.thread.join().unwrap()
    }
}

/// What a line tells, which must be one of the emitter's: `<30>Nov 23 05:47:56 emitter[4711]: ...`.
fn take(line: &str, pid: u32) -> What {
    let frame = format!(" emitter[{pid}]: ");
    let (head, text) = line.split_once(&frame).unwrap_or_else(|| panic!("{line}, of {pid}?"));
    assert!(head.starts_with("<30>") && head.len() == 19, "{line}");
    what(text).unwrap_or_else(|| panic!("what is {line:?}?"))
}

/// Events and losses; each worker's events are in order, with no gap but what is told.
fn check(lines: &[String], pid: u32) -> (u64, u64) {
    let (mut events, mut lost, mut gaps) = (0, 0, 0);
    let mut next = BTreeMap::new();
    for line in lines {
        match take(line, pid) {
            What::Event(_, worker, count) => {
                let expected = next.insert(worker, count + 1).unwrap_or(0);
                assert!(count >= expected, "{line}: comes after {expected}");
                gaps += count - expected;
                events += 1;
            }
            What::Lost(count) => lost += count,
        }
    }
    assert!(gaps <= lost, "{gaps} are missing, {lost} are told");
    (events, lost)
}

#[test]
fn a_burst_that_waits_loses_no_line() {
    with_mounts("a_burst_that_waits_loses_no_line", || {
        for (threads, events) in [(1, FEWER), (4, EVENTS)] {
            let folder = Folder::new("syslog");
            let socket = folder.file("socket");
            let daemon = Daemon::start(&socket, false);
            dev_log(folder.path(), &socket);
            let option = "emitter_tick,sink=syslog,syslog=queued,wait=on";
            let steps = format!("burst={threads}x{} drain stats", events / threads);
            let emitter = folder.start(&["-trace", option], &steps);
            let pid = emitter.pid();
            let said = emitter.end();
            assert_eq!(check(&daemon.end(), pid), (events, 0));
            assert_eq!((said.sink("syslog").delivered, said.sink("syslog").lost), (events, 0));
        }
    });
}

#[test]
fn a_burst_that_does_not_wait_tells_of_each_drop() {
    with_mounts("a_burst_that_does_not_wait_tells_of_each_drop", || {
        for (settings, slow, threads) in
            [("", false, 1), ("", false, 4), ("", true, 4), (",ring=64K", true, 1), (",wait=off", true, 4)]
        {
            let folder = Folder::new("syslog-drop");
            let socket = folder.file("socket");
            let daemon = Daemon::start(&socket, slow);
            dev_log(folder.path(), &socket);
            let option = format!("emitter_tick,sink=syslog{settings}");
            // the one event in the end has whatever is not told yet told before it
            let steps = format!("burst={threads}x{} drain sleep=500 burst=1x1 drain stats", FEWER / threads);
            let emitter = folder.start(&["-trace", &option], &steps);
            let pid = emitter.pid();
            let said = emitter.end();
            let (events, lost) = check(&daemon.end(), pid);
            let sink = said.sink("syslog");
            eprintln!("{threads} threads{settings}, slow {slow}: {lost} lost: {}", sink.why);
            assert_eq!(events + lost, said.emitted());
            assert_eq!((sink.delivered, sink.lost), (events, lost));
        }
    });
}

#[test]
fn a_daemon_that_comes_later_is_told_what_it_missed() {
    with_mounts("a_daemon_that_comes_later_is_told_what_it_missed", || {
        for mode in ["sync", "queued"] {
            let folder = Folder::new("syslog-late");
            let socket = folder.file("socket");
            dev_log(folder.path(), &socket);
            let option = format!("emitter_tick,sink=syslog,syslog={mode}");
            let mut emitter = folder
                .start(&["-trace", &option], "burst=2x100 drain pause sleep=300 burst=1x100 drain stats");
            emitter.ready();
            let daemon = Daemon::start(&socket, false);
            emitter.go_on();
            let pid = emitter.pid();
            let said = emitter.end();
            assert_eq!(check(&daemon.end(), pid), (100, 200), "{mode}");
            let sink = said.sink("syslog");
            assert_eq!(
                (sink.delivered, sink.lost, sink.why.as_str()),
                (100, 200, "no daemon listens"),
                "{mode}"
            );
        }
    });
}
