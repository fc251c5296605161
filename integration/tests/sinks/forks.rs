//! Forks at any moment: the child starts clean, the parent goes on.

use crate::private::{dev_log, with_mounts};
use crate::program::Folder;
use crate::syslog::Daemon;
use crate::trail::{Trail, What};
use std::collections::BTreeMap;

const CHILDREN: u64 = 300;
/// What each child emits, by its own number; its parent emits one of this count.
const EVENTS: u64 = 3;

/// Of the events of children: how many each emitted itself, and how many of their parent's there are.
fn children(events: impl Iterator<Item = (u64, u64, Option<u64>)>) -> (BTreeMap<u64, u64>, u64) {
    let (mut own, mut parents) = (BTreeMap::new(), 0);
    for (pid, count, by) in events {
        if count == EVENTS {
            parents += 1;
            continue;
        }
        assert!(by.is_none_or(|by| by == pid), "a line of {pid}'s has the number {by:?}");
        let next = own.entry(pid).or_insert(0);
        assert_eq!(*next, count, "of {pid}");
        *next += 1;
    }
    (own, parents)
}

fn of_trail(trail: &Trail) -> (BTreeMap<u64, u64>, u64) {
    children(trail.0.iter().filter_map(|entry| match entry.what {
        What::Event("emitter_child", pid, count) => Some((pid, count, Some(u64::from(entry.thread)))),
        _ => None,
    }))
}

#[test]
fn hundreds_under_load() {
    with_mounts("hundreds_under_load", || {
        for mode in ["queued", "sync"] {
            let folder = Folder::new("forks");
            let socket = folder.file("socket");
            let daemon = Daemon::start(&socket, false);
            dev_log(folder.path(), &socket);
            let settings = format!("wait=on,log={mode},syslog={mode}");
            let emitter_child = "emitter_child,sink=simple,sink=log,sink=syslog,file=trace";
            let tick = format!("emitter_tick,sink=simple,sink=log,{settings}");
            let args = ["-trace", emitter_child, "-trace", &tick, "-D", "log"];
            let said = folder.run(&args, &format!("load=3 forks={CHILDREN} rest drain stats"));
            assert!(said.status.success());
            assert_eq!(said.number("children"), CHILDREN, "{:?}", said.lines);

            // the parent's trace has nothing of its children's, and all of its own
            let trace = Trail::simple(&folder.file("trace"));
            assert_eq!(of_trail(&trace), (BTreeMap::new(), CHILDREN));
            trace.of("emitter_tick").check(&said, true);
            assert_eq!((said.sink("simple").delivered, said.sink("simple").lost), (trace.events(), 0));
            // both logs have everyone's, by their own numbers
            let log = Trail::log(&folder.file("log"));
            let (own, parents) = of_trail(&log);
            assert_eq!((own.len() as u64, parents), (CHILDREN, CHILDREN));
            assert!(own.values().all(|&count| count == EVENTS));
            log.of("emitter_tick").check(&said, true);
            let lines = daemon.end();
            let (own, parents) = children(lines.iter().map(|line| {
                let (head, text) = line.split_once("]: ").unwrap();
                let by = head.split_once(" emitter[").unwrap().1.parse().unwrap();
                match crate::trail::what(text) {
                    Some(What::Event("emitter_child", pid, count)) => (pid, count, Some(by)),
                    _ => panic!("what is {line}?"),
                }
            }));
            assert_eq!((own.len() as u64, parents), (CHILDREN, CHILDREN));
            assert!(own.values().all(|&count| count == EVENTS));
        }
    });
}

/// Children while handlers emit: nobody waits for anybody for ever.
#[test]
fn while_handlers_emit() {
    let folder = Folder::new("forks-signals");
    let args =
        ["-trace", "emitter_*,sink=simple,sink=log,sink=own,log=queued,file=trace,wait=on", "-D", "log"];
    let said = folder.run(&args, "signals=500 load=2 forks=100 rest quiet drain stats");
    assert_eq!(said.number("children"), 100, "{:?}", said.lines);
    let trace = Trail::simple(&folder.file("trace"));
    assert_eq!(trace.events() + trace.lost(), 2 * said.emitted() + said.signals + 100);
}

#[test]
fn a_daemon_has_what_its_parent_had() {
    for (name, is_own) in [("trace-%d", true), ("trace", false)] {
        let folder = Folder::new("daemon");
        let args = [
            "-trace",
            &format!("emitter_*,sink=simple,sink=log,log=queued,file={name},wait=on"),
            "-D",
            "log",
        ];
        let emitter = folder.start(&args, "burst=2x1000 daemon burst=2x500 drain stats");
        let parent = emitter.pid();
        let said = emitter.end();
        assert!(said.status.success());
        let line = said.lines.iter().find_map(|line| line.strip_prefix("daemon ")).unwrap();
        let (child, status) = line.split_once(' ').unwrap();
        assert_eq!(status, "0", "{:?}", said.lines);
        let file = |pid: &str| folder.file(&name.replace("%d", pid));
        assert_eq!(Trail::simple(&file(&parent.to_string())).events(), 4000);
        let sink = said.sink("simple");
        if is_own {
            let trace = Trail::simple(&file(child));
            assert_eq!((trace.events(), trace.lost()), (2000, 0));
            // the one between the fork and `forked`
            assert_eq!((sink.delivered, sink.lost), (2000, 1));
        } else {
            assert_eq!((sink.delivered, sink.lost, sink.why.as_str()), (0, 2001, "the trace file is off"));
        }
        let log = Trail::log(&folder.file("log"));
        assert_eq!((log.events(), log.lost()), (6001, 0));
        assert_eq!((said.sink("log").delivered, said.sink("log").lost), (2001, 0));
        let (own, _) = of_trail(&log);
        assert_eq!(own, [(child.parse().unwrap(), 1)].into());
    }
}
