//! Files that take nothing: a full disk, a file that is gone, a pipe that nobody reads any more.

use crate::private::{disk, with_mounts};
use crate::program::Folder;
use crate::routes::Client;
use crate::trail::Trail;
use std::fs;
use std::io::Read;
use std::process::Command;

#[test]
fn a_full_disk_costs_what_it_has_no_room_for_and_tells_when_it_has() {
    with_mounts("a_full_disk_costs_what_it_has_no_room_for_and_tells_when_it_has", || {
        for (log, wait) in [("queued", "wait=on"), ("sync", "wait=on"), ("queued", "ring=64K")] {
            let folder = Folder::new("full");
            let small = folder.file("small");
            let _disk = disk(&small, 1 << 20);
            fs::write(small.join("filler"), vec![0; 640 << 10]).unwrap();
            let option = format!("emitter_tick,sink=simple,sink=log,file=small/trace,log={log},{wait}");
            let args = ["-trace", &option, "-D", "small/log"];
            let steps = "burst=2x10000 drain pause burst=1x100 sleep=50 drain stats";
            let mut emitter = folder.start(&args, steps);
            emitter.ready();
            // whole records, with no room for more
            let before = Trail::simple(&small.join("trace"));
            assert!(before.events() < 20_000, "it is full");
            before.check_order();
            fs::remove_file(small.join("filler")).unwrap();
            emitter.go_on();
            let said = emitter.end();
            assert!(said.status.success());
            let trace = Trail::simple(&small.join("trace"));
            let sink = said.sink("simple");
            eprintln!("{log}, {wait}: {} in the trace, {} lost: {}", trace.events(), sink.lost, sink.why);
            assert_eq!(trace.events() + trace.lost(), said.emitted(), "{log}, {wait}");
            assert_eq!((sink.delivered, sink.lost), (trace.events(), trace.lost()));
            // on a slow machine the rings lose so many that the disk has room for the rest
            let is_full = sink.why == "No space left on device (os error 28)";
            assert!(is_full || (wait != "wait=on" && sink.why == "a thread's ring was full"), "{}", sink.why);
            // the last are there, behind the word that some are missing
            assert!(trace.0.iter().rev().take(100).all(|entry| entry.what.is_event()));
            // a line that had room in part is ended there
            let text = fs::read_to_string(small.join("log")).unwrap();
            let whole: String = text.split_inclusive('\n').filter(|line| is_whole(line)).collect();
            fs::write(folder.file("whole"), whole).unwrap();
            let log_file = Trail::log(&folder.file("whole"));
            let sink = said.sink("log");
            assert_eq!(sink.delivered + sink.lost, said.emitted(), "{log}, {wait}");
            // of a line that was cut behind its first digits nobody sees that it was
            let cut = text.matches(":vmtrace: ").count() as u64;
            let there = log_file.events() + log_file.lost();
            assert!((said.emitted()..=said.emitted() + cut).contains(&there), "{there}, {cut} cut");
            assert!((sink.delivered..=sink.delivered + cut).contains(&log_file.events()));
        }
    });
}

fn is_whole(line: &str) -> bool {
    line.contains(":vmtrace: ")
        || line.split(' ').nth(4).is_some_and(|count| count.ends_with('\n') && count.len() > 1)
}

#[test]
fn a_file_or_folder_that_is_gone() {
    let folder = Folder::new("gone");
    fs::create_dir(folder.file("sub")).unwrap();
    let args =
        ["-qmp", "unix:qmp,server=on,wait=off", "-trace", "emitter_tick,sink=simple,file=sub/trace,wait=on"];
    let mut emitter =
        folder.start(&args, "burst=1x100 drain pause burst=1x100 drain pause burst=1x100 drain stats");
    emitter.ready();
    assert_eq!(Trail::simple(&folder.file("sub/trace")).events(), 100);
    let mut client = Client::connect(&folder.file("qmp"));
    // the file that is open takes events, whatever its name is
    fs::remove_dir_all(folder.file("sub")).unwrap();
    emitter.go_on();
    emitter.ready();
    assert!(client.hmp("trace-file set sub/other").contains("sub/other: No such file or directory"));
    assert_eq!(client.hmp("trace-file"), "Trace file \"sub/trace\" on.\n");
    assert_eq!(client.hmp("trace-file off"), "");
    assert!(client.hmp("trace-file on").contains("No such file or directory"));
    assert_eq!(client.hmp("trace-file"), "Trace file \"sub/trace\" off.\n");
    emitter.go_on();
    let said = emitter.end();
    let sink = said.sink("simple");
    assert_eq!((sink.delivered, sink.lost, sink.why.as_str()), (200, 100, "the trace file is off"));
}

#[test]
fn a_file_that_never_has_room_is_no_file() {
    let folder = Folder::new("dev-full");
    let said = folder.run(&["-trace", "emitter_tick,sink=simple,file=/dev/full"], "burst=1x100 stats");
    assert!(said.status.success());
    let sink = said.sink("simple");
    assert!(sink.why.contains("/dev/full") && sink.why.contains("No space left on device"), "{sink:?}");
    let missing = said.lines.iter().any(|line| line.starts_with("unavailable trace sink `simple`"));
    assert!(missing, "{:?}", said.lines);
}

/// `chatty`: the signals that such a write raises would kill the VMM.
#[test]
fn a_pipe_that_nobody_reads_any_more() {
    for steps in ["", "chatty "] {
        let folder = Folder::new("pipe");
        let made = Command::new("mkfifo").arg(folder.file("trace")).status().unwrap();
        assert!(made.success());
        let path = folder.file("trace");
        // who opens it for reading and writing need not wait for the other
        let mut reader = fs::OpenOptions::new().read(true).write(true).open(&path).unwrap();
        let args =
            ["-qmp", "unix:qmp,server=on,wait=off", "-trace", "emitter_tick,sink=simple,file=trace,wait=on"];
        let steps =
            format!("{steps}burst=1x100 drain pause burst=2x10000 drain pause burst=1x10 drain stats");
        let mut emitter = folder.start(&args, &steps);
        emitter.ready();
        let mut bytes = vec![0; 24];
        reader.read_exact(&mut bytes).unwrap();
        assert_eq!(bytes[8..16], 0xf2b1_77cb_0aa4_29b4_u64.to_le_bytes(), "the magic number of QEMU's trace");
        drop(reader);
        emitter.go_on();
        emitter.ready();
        // it goes on in a file
        let mut client = Client::connect(&folder.file("qmp"));
        assert_eq!(client.hmp("trace-file set file"), "");
        emitter.go_on();
        let said = emitter.end();
        assert!(said.status.success(), "{:?}", said.status);
        let sink = said.sink("simple");
        assert_eq!((sink.delivered, sink.lost), (110, 20_000));
        assert_eq!(sink.why, "Broken pipe (os error 32)");
        assert_eq!(Trail::simple(&folder.file("file")).events(), 10);
    }
}

#[test]
fn a_file_that_may_not_be_longer() {
    let folder = Folder::new("limit");
    let args = ["-trace", "emitter_tick,sink=simple,sink=log,file=trace,log=queued,wait=on", "-D", "log"];
    let said = folder.run(&args, "limit=100000 chatty burst=2x10000 drain stats");
    assert!(said.status.success(), "{:?}", said.status);
    let trace = Trail::simple(&folder.file("trace"));
    trace.check_order();
    let sink = said.sink("simple");
    assert_eq!((sink.delivered, sink.delivered + sink.lost), (trace.events(), said.emitted()));
    assert_eq!(sink.why, "File too large (os error 27)");
}
