//! The flight recorder's dumps, while threads emit and at a panic.

use crate::program::Folder;
use crate::routes::Client;
use crate::trail::{Trail, What};
use std::collections::BTreeMap;

/// Each worker's events without a gap, from wherever its ring begins. Gives back where each ends.
fn ends(trail: &Trail) -> BTreeMap<u64, u64> {
    trail.check_order();
    let mut next = BTreeMap::new();
    for entry in &trail.0 {
        if let What::Event("emitter_tick", worker, count) = entry.what
            && let Some(expected) = next.insert(worker, count + 1)
        {
            assert_eq!(expected, count, "worker {worker}");
        }
    }
    next
}

#[test]
fn dumped_under_load() {
    let folder = Folder::new("flight");
    let args =
        ["-qmp", "unix:qmp,server=on,wait=off", "-trace", "emitter_tick,sink=flight,flight=flight,ring=64K"];
    let mut emitter = folder.start(&args, "load=3 pause rest stats");
    emitter.ready();
    let mut client = Client::connect(&folder.file("qmp"));
    let mut before = BTreeMap::new();
    for round in 0..50 {
        let file = format!("dump-{round}");
        let told = client.ask(&format!("{{'execute': 'x-vmtrace-dump', 'arguments': {{'file': '{file}'}}}}"));
        let trail = Trail::simple(&folder.file(&file));
        assert_eq!((told["records"].as_u64(), trail.lost()), (Some(trail.events()), 0));
        let now = ends(&trail);
        for (worker, count) in &before {
            assert!(now[worker] >= *count, "worker {worker} goes back");
        }
        before = now;
    }
    emitter.go_on();
    let said = emitter.end();
    assert_eq!((said.sink("flight").delivered, said.sink("flight").lost), (said.emitted(), 0));
}

#[test]
fn a_panic_leaves_what_came_before() {
    let folder = Folder::new("flight-panic");
    let args = ["-trace", "emitter_tick,sink=flight,flight=flight,ring=64K"];
    let said = folder.run(&args, "burst=2x5000 load=1 sleep=10 die=panic");
    let ends = ends(&Trail::simple(&folder.file("flight.panic")));
    for (worker, count) in &said.workers {
        assert!(ends[worker] >= *count, "worker {worker}");
    }
}
