//! Handlers that emit while the threads do.

use crate::program::Folder;
use crate::trail::Trail;

#[test]
fn a_storm_tears_nothing_and_each_is_counted() {
    for settings in ["wait=on", "ring=64K", "ring=64K,wait=on"] {
        let folder = Folder::new("signals");
        let option = format!("emitter_*,sink=simple,sink=log,sink=own,file=trace,log=queued,{settings}");
        let steps = "signals=50 burst=2x50000 churn=200x50 quiet drain stats";
        let said = folder.run(&["-trace", &option, "-D", "log"], steps);
        assert!(said.status.success(), "{:?}", said.status);
        let emitted = 2 * said.emitted() + said.signals;
        let (own, _) = Trail::own(&folder.file("own"));
        for (name, trail) in [
            ("simple", Trail::simple(&folder.file("trace"))),
            ("log", Trail::log(&folder.file("log"))),
            ("own", own),
        ] {
            let sink = said.sink(name);
            assert_eq!(trail.events() + trail.lost(), emitted, "{name}, {settings}");
            assert_eq!((sink.delivered, sink.lost), (trail.events(), trail.lost()), "{name}");
            trail.of("emitter_tick").check_order();
        }
        eprintln!("{settings}: {} signals, {} lost", said.signals, said.sink("simple").lost);
    }
}

/// The same at once: a handler's line may come in the middle of another's, and neither is torn.
#[test]
fn a_storm_tears_no_line_that_is_written_at_once() {
    let folder = Folder::new("signals-sync");
    let said =
        folder.run(&["-trace", "emitter_*,file=log"], "signals=50 burst=2x30000 churn=200x50 quiet stats");
    let trail = Trail::log(&folder.file("log"));
    assert_eq!((trail.events(), trail.lost()), (2 * said.emitted() + said.signals, 0));
}
