//! Threads that come and go.

use crate::program::Folder;
use crate::trail::Trail;

#[test]
fn thousands_come_and_go() {
    let folder = Folder::new("threads");
    let args = ["-trace", "emitter_tick,sink=simple,sink=log,file=trace,log=queued,wait=on", "-D", "log"];
    let said = folder.run(&args, "churn=4000x20 drain stats");
    assert_eq!(said.workers.len(), 4000);
    for trail in [Trail::simple(&folder.file("trace")), Trail::log(&folder.file("log"))] {
        // the kernel gives a thread's number to another in time
        trail.0.chunk_by(|one, other| one.time <= other.time).for_each(drop);
        assert_eq!((trail.events(), trail.lost()), (80_000, 0));
    }
    assert_eq!(said.sink("simple").lost, 0);
}

/// More at once than there is room for rings: 64 MiB of a megabyte each. What has no ring is counted.
#[test]
fn more_at_once_than_there_are_rings() {
    let folder = Folder::new("many");
    let args = ["-trace", "emitter_tick,sink=simple,file=trace,wait=on"];
    let said = folder.run(&args, "burst=200x500 drain stats");
    let trail = Trail::simple(&folder.file("trace"));
    let sink = said.sink("simple");
    eprintln!("{} of {} had no ring", sink.lost, said.emitted());
    assert_eq!(trail.events() + trail.lost(), said.emitted());
    assert_eq!((sink.delivered, sink.lost), (trail.events(), trail.lost()));
    trail.check_order();
}

/// Threads beyond the recorder's rings: what they emit is lost, and not counted as kept as well.
#[test]
fn more_threads_than_the_recorder_has_rings() {
    let folder = Folder::new("ringless");
    // room for sixteen
    let args = ["-trace", "emitter_tick,sink=flight,flight=flight,ring=4M"];
    let said = folder.run(&args, "load=24 sleep=300 rest stats");
    let sink = said.sink("flight");
    eprintln!("{} of {} lost", sink.lost, said.emitted());
    assert_eq!(sink.delivered + sink.lost, said.emitted());
}
