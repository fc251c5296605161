//! The log through a queue.

use crate::program::Folder;
use crate::trail::Trail;

const EVENTS: u64 = 800_000;
/// The same where it is one of many cases.
const FEWER: u64 = if cfg!(debug_assertions) { 80_000 } else { EVENTS };

#[test]
fn a_burst_that_waits_loses_no_line() {
    for (threads, events) in [(1, FEWER), (4, EVENTS)] {
        let folder = Folder::new("log");
        let option = "emitter_tick,file=log,log=queued,wait=on";
        let said =
            folder.run(&["-trace", option], &format!("burst={threads}x{} drain stats", events / threads));
        let trail = Trail::log(&folder.file("log"));
        assert_eq!((trail.events(), trail.lost()), (events, 0));
        assert!(trail.inversions() as u64 <= said.late, "{}", said.late);
        trail.check(&said, true);
        assert_eq!(said.sink("log").lost, 0);
    }
}

#[test]
fn a_burst_that_does_not_wait_tells_of_each_drop() {
    for threads in [1, 4] {
        let folder = Folder::new("log-drop");
        let steps = format!("burst={threads}x{} drain stats", FEWER / threads);
        let said = folder.run(&["-trace", "emitter_tick,file=log,log=queued"], &steps);
        let trail = Trail::log(&folder.file("log"));
        eprintln!("{threads} threads: {} of {FEWER} lost", trail.lost());
        assert_eq!(trail.events() + trail.lost(), FEWER);
        trail.check(&said, true);
        let sink = said.sink("log");
        assert_eq!((sink.delivered, sink.lost), (trail.events(), trail.lost()));
    }
}
