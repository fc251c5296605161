//! Ends, violent and other: what was emitted before is there, and what is there is whole.

use crate::private::{dev_log, with_mounts};
use crate::program::{Folder, Said};
use crate::syslog::Daemon;
use crate::trail::{Trail, What, what};
use integration::wait_for;
use std::collections::BTreeMap;
use std::fs;
use std::os::unix::process::ExitStatusExt;

/// What the workers had emitted when the end came is there.
fn has_all(said: &Said, events: impl Iterator<Item = What>) {
    let mut next = BTreeMap::new();
    for event in events {
        if let What::Event(_, worker, count) = event {
            let expected = next.insert(worker, count + 1).unwrap_or(0);
            assert_eq!(expected, count, "worker {worker}");
        }
    }
    assert!(said.emitted() > 0);
    for (worker, count) in &said.workers {
        let there = next.get(worker).copied().unwrap_or(0);
        assert!(there >= *count, "worker {worker} had emitted {count}, {there} are there");
    }
}

#[test]
fn what_was_emitted_before_is_there() {
    with_mounts("what_was_emitted_before_is_there", || {
        let cases = [
            ("--drain-at-crash", "die=abort", Some(libc::SIGABRT)),
            ("--drain-at-crash", "die=segv", Some(libc::SIGSEGV)),
            ("--drain-at-crash", "die=panic-in-c", Some(libc::SIGABRT)),
            ("--drain-at-crash", "die=overflow", Some(libc::SIGABRT)),
            ("", "die=panic", None),
            ("", "die=exit", None),
            ("", "die=exit-thread", None),
            // and the end of main, after a panic elsewhere
            ("", "die=panic-thread", None),
        ];
        for (option, death, signal) in cases {
            let folder = Folder::new("crash");
            let socket = folder.file("socket");
            let daemon = Daemon::start(&socket, false);
            dev_log(folder.path(), &socket);
            let trace = "emitter_tick,sink=simple,sink=log,sink=syslog,file=trace,log=queued,wait=on";
            let mut args = vec!["-trace", trace, "-D", "log"];
            args.extend([option].into_iter().filter(|option| !option.is_empty()));
            let said = folder.run(&args, &format!("load=2 sleep=30 {death}"));
            // the stack for handlers is short: what Rust's does, and abort(3) in it, may be too much for it
            let is_overflow = death == "die=overflow" && said.status.signal() == Some(libc::SIGSEGV);
            assert!(said.status.signal() == signal || is_overflow, "{death}: {}", said.status);
            if death == "die=panic" {
                assert_eq!(said.status.code(), Some(101));
            }
            let events = |trail: Trail| trail.0.into_iter().map(|entry| entry.what);
            has_all(&said, events(Trail::simple(&folder.file("trace"))));
            has_all(&said, events(Trail::log(&folder.file("log"))));
            let lines = daemon.end();
            has_all(&said, lines.iter().map(|line| what(line.split_once("]: ").unwrap().1).unwrap()));
        }
    });
}

/// Without anyone's help: what is in the file is whole, and has no gap.
#[test]
fn what_is_there_is_whole() {
    for (death, signal) in [
        ("die=kill", Some(libc::SIGKILL)),
        ("die=_exit", None),
        ("die=abort", Some(libc::SIGABRT)),
        ("die=segv", Some(libc::SIGSEGV)),
    ] {
        let folder = Folder::new("whole");
        let args = ["-trace", "emitter_tick,sink=simple,sink=log,file=trace,log=queued,wait=on", "-D", "log"];
        let mut emitter = folder.start(&args, &format!("load=2 pause {death}"));
        emitter.ready();
        for file in ["trace", "log"] {
            let has_some = || fs::metadata(folder.file(file)).is_ok_and(|file| file.len() > 24).then_some(());
            wait_for("the first events", has_some);
        }
        emitter.go_on();
        let said = emitter.end();
        assert_eq!(said.status.signal(), signal, "{death}");
        // a write that is killed may end in the middle of a record
        let (trail, _) = Trail::simple_so_far(&folder.file("trace"));
        trail.check(&said, false);
        assert!(trail.events() > 0);
        let log = fs::read_to_string(folder.file("log")).unwrap();
        let whole = log.rfind('\n').map_or(0, |end| end + 1);
        fs::write(folder.file("log"), &log[..whole]).unwrap();
        Trail::log(&folder.file("log")).check(&said, false);
    }
}

/// What exit(3) calls after tracing has ended may wait for a thread that waits for room.
#[test]
fn the_end_waits_for_threads_that_have_no_room() {
    let folder = Folder::new("join");
    let args = ["-trace", "emitter_tick,sink=simple,file=trace,ring=64K,wait=on"];
    let said = folder.run(&args, "load=4 sleep=30 join-at-exit die=exit");
    assert!(said.status.success() && said.lines.contains(&"joined".to_owned()), "{:?}", said.lines);
    let events = Trail::simple(&folder.file("trace")).0.into_iter().map(|entry| entry.what);
    has_all(&said, events);
}

/// A VMM's own handler of a crash comes after ours, and one that lives on does.
#[test]
fn a_crash_that_is_survived() {
    let folder = Folder::new("survived");
    let args = ["--drain-at-crash", "-trace", "emitter_tick,sink=simple,file=trace,wait=on"];
    let said = folder.run(&args, "burst=1x100 survive burst=1x100 bad-memory drain stats");
    assert!(said.status.success(), "{:?}", said.lines);
    assert_eq!((said.number("survived"), said.number("news")), (1, 1));
    Trail::simple(&folder.file("trace")).check(&said, true);
}
