//! 800,000 events at once, from one thread and from four, into the binary trace; and QEMU's own reader of it.

use crate::program::Folder;
use crate::trail::Trail;
use std::path::PathBuf;
use std::process::Command;

/// What the threads emit together: QEMU 10.2 loses 62 % of these.
const EVENTS: u64 = 800_000;
/// The same where it is one of many cases.
const FEWER: u64 = if cfg!(debug_assertions) { 80_000 } else { EVENTS };

#[test]
fn nothing_is_lost_with_room_or_time() {
    for (settings, events) in
        [("ring=64M", EVENTS), ("wait=on", EVENTS), ("ring=64K,wait=on", FEWER), ("ring=64K,wait=60s", FEWER)]
    {
        for threads in [1, 4] {
            let folder = Folder::new("burst");
            let option = format!("emitter_tick,sink=simple,file=trace,{settings}");
            let said = folder
                .run(&["-trace", &option], &format!("burst={threads}x{} drain stats", events / threads));
            assert!(said.status.success());
            let trail = Trail::simple(&folder.file("trace"));
            assert_eq!((trail.events(), trail.lost()), (events, 0), "{settings}, {threads}");
            // a thread that is taken off its processor within a record, for longer than others are held back, comes late
            assert!(trail.inversions() as u64 <= said.late, "{settings}, {threads}");
            eprintln!("{threads} threads, {settings}: {} late", said.late);
            trail.check(&said, true);
            let sink = said.sink("simple");
            assert_eq!((sink.delivered, sink.lost), (events, 0));
        }
    }
}

/// Four times as many from four threads.
#[test]
fn nothing_is_lost_of_four_bursts_at_once() {
    let folder = Folder::new("four");
    let option = "emitter_tick,sink=simple,file=trace,ring=64M";
    let said = folder.run(&["-trace", option], &format!("burst=4x{FEWER} drain stats"));
    let trail = Trail::simple(&folder.file("trace"));
    assert_eq!((trail.events(), trail.lost()), (4 * FEWER, 0));
    assert!(trail.inversions() as u64 <= said.late);
    trail.check(&said, true);
}

#[test]
fn what_has_no_room_is_counted_where_it_is_missing() {
    for (settings, threads, events) in [
        ("", 1, EVENTS),
        ("", 4, EVENTS),
        (",ring=64K", 1, FEWER),
        (",ring=64K", 4, FEWER),
        (",ring=64K,wait=1us", 4, FEWER),
    ] {
        let folder = Folder::new("drop");
        let option = format!("emitter_tick,sink=simple,file=trace{settings}");
        let said =
            folder.run(&["-trace", &option], &format!("burst={threads}x{} drain stats", events / threads));
        let trail = Trail::simple(&folder.file("trace"));
        let sink = said.sink("simple");
        eprintln!("{threads} threads{settings}: {} of {events} lost, {} late", sink.lost, said.late);
        assert_eq!(trail.events() + trail.lost(), events);
        trail.check(&said, true);
        assert_eq!((sink.delivered, sink.lost), (trail.events(), trail.lost()));
        assert!(trail.inversions() as u64 <= said.late, "{} late", said.late);
        assert_eq!(sink.why, if sink.lost > 0 { "a thread's ring was full" } else { "" });
    }
}

/// `simpletrace.py` of QEMU's tree.
fn simpletrace_py() -> Option<PathBuf> {
    let tree = std::env::var_os("QEMU_SRC").map(PathBuf::from)?;
    Some(tree.join("scripts/simpletrace.py")).filter(|script| script.is_file())
}

#[test]
fn qemus_own_script_reads_it() {
    let Some(script) = simpletrace_py() else {
        return eprintln!("SKIP qemus_own_script_reads_it: QEMU_SRC names no tree of QEMU's");
    };
    for settings in ["", ",ring=64K"] {
        let folder = Folder::new("script");
        let option = format!("emitter_*,sink=simple,file=trace{settings}");
        let said =
            folder.run(&["-trace", &option], "burst=2x10000 signals=100 burst=1x10000 quiet drain stats");
        let events = concat!(env!("CARGO_MANIFEST_DIR"), "/emitter.trace-events");
        let told =
            Command::new("python3").arg(&script).arg(events).arg(folder.file("trace")).output().unwrap();
        assert!(told.status.success(), "{}", String::from_utf8_lossy(&told.stderr));
        let text = String::from_utf8(told.stdout).unwrap();
        let (mut ticks, mut dropped) = (0, 0);
        for line in text.lines() {
            // NAME, microseconds since the record before, then what it has: `pid=4711 worker=0x0 count=0x5`
            let words: Vec<&str> = line.split(' ').collect();
            assert!(words[2].starts_with("pid="), "{line}");
            match words[0] {
                "emitter_tick" => {
                    assert!(words[3].starts_with("worker=0x") && words[4].starts_with("count=0x"), "{line}");
                    ticks += 1;
                }
                "Dropped_Event" => {
                    let count = words[3].strip_prefix("num_events_dropped=0x").unwrap();
                    dropped += u64::from_str_radix(count, 16).unwrap();
                }
                _ => {}
            }
        }
        let trail = Trail::simple(&folder.file("trace"));
        assert_eq!(text.lines().count(), trail.0.len());
        assert_eq!((ticks, dropped), (trail.of("emitter_tick").events(), trail.lost()));
        assert_eq!(said.sink("simple").delivered, trail.events());
    }
}
