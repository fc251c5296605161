//! The flight recorder: its dumps, while threads emit and at a panic, and its file after any end.

use crate::program::Folder;
use crate::routes::Client;
use crate::trail::{Trail, What};
use std::collections::BTreeMap;
use std::fs;
use std::os::unix::process::ExitStatusExt;
use timeline::simple::{Flight, Form, render};

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

/// A recorder's file.
fn read(folder: &Folder, name: &str) -> (Flight, Trail) {
    let flight = Flight::open(&folder.file(name)).unwrap().expect("a recorder's file");
    assert!(flight.damage.is_none(), "{name}: {:?}", flight.damage);
    fs::write(folder.file("trace"), &flight.trace).unwrap();
    let trail = Trail::simple(&folder.file("trace"));
    (flight, trail)
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
        assert!(ends.get(worker).copied().unwrap_or(0) >= *count, "worker {worker}");
    }
}

/// What was emitted before the end is in the recorder's file, and is told by the declarations in it.
#[test]
fn its_file_is_read_after_any_end() {
    for (death, signal) in [
        ("kill", Some(libc::SIGKILL)),
        ("segv", Some(libc::SIGSEGV)),
        ("abort", Some(libc::SIGABRT)),
        ("_exit", None),
    ] {
        let folder = Folder::new("flight-end");
        let args = ["-trace", "emitter_tick,sink=flight,flight=flight,ring=64K"];
        let said = folder.run(&args, &format!("burst=2x5000 load=2 sleep=20 die={death}"));
        assert_eq!(said.status.signal(), signal, "{death}");
        let (flight, trail) = read(&folder, "flight");
        let ends = ends(&trail);
        for (worker, count) in &said.workers {
            assert!(ends.get(worker).copied().unwrap_or(0) >= *count, "{death}: worker {worker}");
        }
        let mut text = Vec::new();
        let blocks = simpletrace::Blocks::new(flight.trace.as_slice()).unwrap();
        let tell = |notice: &_| panic!("{notice}");
        render(blocks, &flight.declarations, Form::Text { absolute: false }, &tell, &mut text).unwrap();
        let lines = text.split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
        assert_eq!(lines.count() as u64, trail.events(), "{death}");
    }
}

/// A child that goes on as the VMM has a recorder of its own if the name has its number in it. If not, it leaves its parent's
/// alone, and at a panic as well.
#[test]
fn a_child_leaves_its_parents_alone() {
    for (name, is_own) in [("flight-%d", true), ("flight", false)] {
        let folder = Folder::new("flight-child");
        let args = ["-trace", &format!("emitter_*,sink=flight,flight={name}")];
        let emitter = folder.start(&args, "burst=2x100 daemon burst=1x50 stats die=panic");
        let parent = emitter.pid().to_string();
        let said = emitter.end();
        let line = said.lines.iter().find_map(|line| line.strip_prefix("daemon ")).unwrap();
        let (child, _) = line.split_once(' ').unwrap();
        let (_, trail) = read(&folder, &name.replace("%d", &parent));
        assert_eq!(ends(&trail), [(0, 100), (1, 100)].into());
        assert!(trail.of("emitter_child").0.is_empty());
        let name = name.replace("%d", child);
        let sink = said.sink("flight");
        if is_own {
            assert_eq!(ends(&read(&folder, &name).1), [(2, 50)].into());
            assert_eq!((sink.delivered, sink.lost), (100, 1));
        } else {
            assert_eq!((sink.delivered, sink.lost), (0, 101));
        }
        assert_eq!(folder.file(&format!("{name}.panic")).exists(), is_own);
    }
}
