//! Sinks of a VMM's own.

use crate::program::Folder;
use crate::trail::Trail;

#[test]
fn a_queued_one_has_all_in_order_with_time_and_thread_of_the_event() {
    for (settings, loses) in [("wait=on", false), ("ring=64K", true)] {
        let folder = Folder::new("own");
        let option = format!("emitter_tick,sink=own,sink=simple,sink=now,file=trace,{settings}");
        let said = folder.run(&["-trace", &option], "burst=4x50000 drain stats");
        let (trail, by) = Trail::own(&folder.file("own"));
        assert!(by.iter().all(|by| by == "vmtrace"), "on the writer's thread");
        // times and threads are the same wherever a record goes
        let simple = Trail::simple(&folder.file("trace"));
        assert_eq!(trail.0, simple.0);
        trail.check(&said, true);
        assert_eq!(trail.lost() > 0, loses, "{settings}");
        let sink = said.sink("own");
        assert_eq!((sink.delivered, sink.lost), (trail.events(), trail.lost()));
        // one that is not queued has all, on the threads of the events
        let (now, by) = Trail::own(&folder.file("now"));
        assert_eq!((now.events(), now.lost()), (200_000, 0));
        assert!(by.iter().all(|by| by != "vmtrace"));
        assert_eq!(said.sink("now").delivered, 200_000);
        // each thread's ticks are in both, and of the same number
        let threads = |trail: &Trail| {
            let mut threads: Vec<u32> = trail.0.iter().map(|entry| entry.thread).collect();
            threads.sort_unstable();
            threads.dedup();
            threads
        };
        assert_eq!(threads(&now), threads(&trail));
    }
}

#[test]
fn one_formatting_serves_all_text_sinks() {
    let folder = Folder::new("once");
    let option = "emitter_tick,sink=own,sink=peer,sink=log,sink=syslog,file=log,log=queued,ring=64M";
    let said = folder.run(&["-trace", option], "burst=4x10000 drain stats");
    // two threads may have emitted in the same nanosecond
    assert_eq!(said.number("other"), 0);
    assert!(said.number("same") >= 40_000);
    let [own, peer] = ["own", "peer"].map(|name| Trail::own(&folder.file(name)).0);
    assert_eq!(own.0, peer.0);
}

/// What a sink panics of is lost, and nothing else.
#[test]
fn one_that_panics_loses_its_record_and_no_other() {
    let folder = Folder::new("panic");
    let args = ["-trace", "emitter_*,sink=own,sink=simple,file=trace,wait=on"];
    let said = folder.run(&args, "burst=1x1000 panic burst=1x1000 drain stats");
    let simple = Trail::simple(&folder.file("trace")).of("emitter_tick");
    assert_eq!(simple.events(), 2000);
    let (own, _) = Trail::own(&folder.file("own"));
    assert_eq!(own.of("emitter_tick").events(), 2000);
    assert_eq!(own.of("emitter_child").events(), 0);
    assert!(said.lines.contains(&"drained true".to_owned()));
    let sink = said.sink("own");
    assert_eq!((sink.lost, sink.why.as_str()), (1, "the sink panicked"));
}

/// A queued sink's panic is no end of anything, and is not what the recorder's `.panic` file is for.
#[test]
fn one_that_panics_leaves_the_recorder_alone() {
    let folder = Folder::new("panic-flight");
    let args = ["-trace", "emitter_*,sink=own,sink=flight,flight=flight"];
    let said = folder.run(&args, "panic drain stats");
    assert!(said.status.success());
    assert_eq!(said.sink("own").lost, 1);
    assert!(folder.file("flight").exists() && !folder.file("flight.panic").exists());
}
