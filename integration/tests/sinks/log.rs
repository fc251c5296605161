//! The log through a queue.

use crate::program::Folder;
use crate::trail::Trail;

const EVENTS: u64 = 800_000;

#[test]
fn a_burst_that_waits_loses_no_line() {
    for threads in [1, 4] {
        let folder = Folder::new("log");
        let option = "emitter_tick,file=log,log=queued,wait=on";
        let said = folder.run(&["-trace", option], &format!("burst={threads}x{} stats", EVENTS / threads));
        let trail = Trail::log(&folder.file("log"));
        assert_eq!((trail.events(), trail.lost()), (EVENTS, 0));
        assert!(trail.inversions() as u64 <= said.late, "{}", said.late);
        trail.check(&said, true);
        assert_eq!(said.sink("log").lost, 0);
    }
}

#[test]
fn a_burst_that_does_not_wait_tells_of_each_drop() {
    for threads in [1, 4] {
        let folder = Folder::new("log-drop");
        let steps = format!("burst={threads}x{} drain stats", EVENTS / threads);
        let said = folder.run(&["-trace", "emitter_tick,file=log,log=queued"], &steps);
        let trail = Trail::log(&folder.file("log"));
        eprintln!("{threads} threads: {} of {EVENTS} lost", trail.lost());
        assert_eq!(trail.events() + trail.lost(), EVENTS);
        trail.check(&said, true);
        let sink = said.sink("log");
        assert_eq!((sink.delivered, sink.lost), (trail.events(), trail.lost()));
    }
}
