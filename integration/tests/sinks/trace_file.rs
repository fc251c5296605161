//! `trace-file` from outside while threads emit.

use crate::program::Folder;
use crate::routes::Client;
use crate::trail::Trail;
use integration::wait_for;
use std::fs::{self, File, OpenOptions};
use std::os::unix::fs::OpenOptionsExt;

const ROUNDS: usize = 100;

#[test]
fn switched_by_hundreds_under_load() {
    for settings in ["wait=on", "ring=64K"] {
        let folder = Folder::new("trace-file");
        let option = format!("emitter_tick,sink=simple,file=trace-first,{settings}");
        let args = ["-qmp", "unix:qmp,server=on,wait=off", "-trace", &option];
        let mut emitter = folder.start(&args, "load=3 pause rest drain stats");
        emitter.ready();
        let mut client = Client::connect(&folder.file("qmp"));
        for round in 0..ROUNDS {
            // `on` would empty a file that has something
            for command in [
                format!("trace-file set trace-{round}-on"),
                "trace-file flush".to_owned(),
                "trace-file off".to_owned(),
                format!("trace-file set trace-{round}-off"),
                "trace-file on".to_owned(),
            ] {
                assert_eq!(client.hmp(&command), "", "{command}");
            }
            let last = format!("Trace file \"trace-{round}-off\" on.\n");
            assert_eq!(client.hmp("trace-file"), last);
        }
        emitter.go_on();
        let said = emitter.end();
        let mut events = 0;
        let names = (0..ROUNDS).flat_map(|round| [format!("trace-{round}-on"), format!("trace-{round}-off")]);
        for name in names.chain(["trace-first".to_owned()]) {
            let trail = Trail::simple(&folder.file(&name));
            trail.check_order();
            events += trail.events();
        }
        let sink = said.sink("simple");
        eprintln!("{settings}: {events} of {} in {} files", said.emitted(), 2 * ROUNDS + 1);
        assert_eq!((sink.delivered, sink.delivered + sink.lost), (events, said.emitted()), "{}", sink.why);
    }
}

/// `trace-file set` to the name that it has empties the file, and nothing of before is written into it.
#[test]
fn set_to_the_same_name_under_load() {
    let folder = Folder::new("same-name");
    let args =
        ["-qmp", "unix:qmp,server=on,wait=off", "-trace", "emitter_tick,sink=simple,file=trace,wait=on"];
    let mut emitter = folder.start(&args, "load=3 pause rest drain stats");
    emitter.ready();
    let mut client = Client::connect(&folder.file("qmp"));
    for _ in 0..ROUNDS {
        assert_eq!(client.hmp("trace-file set trace"), "");
        assert_eq!(client.hmp("trace-file off"), "");
        Trail::simple(&folder.file("trace")).check_order();
        assert_eq!(client.hmp("trace-file on"), "");
    }
    emitter.go_on();
    assert!(emitter.end().status.success());
}

/// A pipe whose reader takes nothing holds the writer up, and not the monitor.
#[test]
fn a_pipe_that_nobody_empties() {
    let folder = Folder::new("pipe");
    let made = std::process::Command::new("mkfifo").arg(folder.file("trace")).status().unwrap();
    assert!(made.success());
    let reader = OpenOptions::new().read(true).custom_flags(libc::O_NONBLOCK).open(folder.file("trace"));
    let args = ["-qmp", "unix:qmp,server=on,wait=off", "-trace", "emitter_tick,sink=simple,file=trace"];
    let mut emitter = folder.start(&args, "load=1 pause rest");
    emitter.ready();
    let mut client = Client::connect(&folder.file("qmp"));
    let is_full = || {
        let sinks = client.hmp("info trace-sinks");
        sinks.contains("lost: a thread's ring was full").then_some(())
    };
    wait_for("a ring to be full", is_full);
    for command in ["trace-file off", "trace-file set other"] {
        let said = client.hmp(command);
        assert!(said.contains("does anyone read it?"), "{command}: {said}");
    }
    assert_eq!(client.hmp("trace-file"), "Trace file \"trace\" on.\n");
    drop(reader);
    // nobody can read it any more, so nothing is held up
    wait_for("the end of the wait", || client.hmp("trace-file off").is_empty().then_some(()));
    emitter.go_on();
    assert!(emitter.end().status.success());
}

/// A file that is mapped must not be emptied, whoever asks: the VMM would die of the next event.
#[test]
fn the_recorders_file_is_nobody_elses() {
    let folder = Folder::new("recorders");
    let args = ["-qmp", "unix:qmp,server=on,wait=off", "-trace", "emitter_tick,sink=flight,flight=flight"];
    let mut emitter = folder.start(&args, "load=1 pause rest");
    emitter.ready();
    let mut client = Client::connect(&folder.file("qmp"));
    fs::hard_link(folder.file("flight"), folder.file("link")).unwrap();
    assert_eq!(client.hmp("trace-file set link"), "");
    for command in ["trace-file on", "logfile flight", "logfile link"] {
        let said = client.hmp(command);
        assert!(said.contains("it is the flight recorder's"), "{command}: {said}");
    }
    let dump = |file| format!("{{'execute': 'x-vmtrace-dump', 'arguments': {{'file': '{file}'}}}}");
    let said = client.refusal(&dump("flight"));
    assert!(said.contains("it is the flight recorder's"), "{said}");
    assert!(client.ask(&dump("dump"))["records"].as_u64().unwrap() > 0);
    emitter.go_on();
    assert!(emitter.end().status.success());
    assert!(File::open(folder.file("flight")).unwrap().metadata().unwrap().len() > 1 << 20);
}
