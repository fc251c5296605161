//! A quiet trace is on the disk soon.

use crate::program::Folder;
use crate::trail::Trail;
use integration::wait_for;
use std::time::Instant;

#[test]
fn what_is_emitted_when_it_is_quiet_is_on_disk_soon() {
    let folder = Folder::new("quiet");
    let steps = "pause burst=1x1 pause sleep=1500 pause burst=1x1 pause stats";
    let args = [
        "-trace",
        "emitter_tick,sink=simple,sink=own,file=trace",
        "-trace",
        "emitter_tick,sink=log,log=queued",
        "-D",
        "log",
    ];
    let mut emitter = folder.start(&args, steps);
    let mut events = 0;
    for step in 0..4 {
        emitter.ready();
        let start = Instant::now();
        if step % 2 == 1 {
            events += 1;
            wait_for("the record", || {
                (Trail::simple(&folder.file("trace")).events() == events).then_some(())
            });
            wait_for("the line", || (Trail::log(&folder.file("log")).events() == events).then_some(()));
            eprintln!("on disk {:?} after it was emitted", start.elapsed());
        }
        emitter.go_on();
    }
    assert_eq!(emitter.end().sink("simple").delivered, 2);
}
