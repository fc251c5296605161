//! `vmtrace simpletrace`, as its operator sees it.

use crate::scratch::{Ran, Scratch, VMTRACE};
use simpletrace::encode;
use std::fs::{self, File};
use std::io::{Read as _, Write as _};
use std::process::{Command, Stdio};

const EVENTS: &str = "blk_read(uint64_t sector, const char *why) \"sector 0x%\" PRIx64 \" for %s\"\n";

fn scratch(name: &str) -> Scratch {
    let scratch = Scratch::new(name);
    fs::write(scratch.0.join("events"), EVENTS).unwrap();
    fs::write(scratch.0.join("trace"), trace(2)).unwrap();
    scratch
}

fn trace(events: u64) -> Vec<u8> {
    let mut trace = Vec::new();
    encode::header(&mut trace);
    encode::mapping(&mut trace, 7, "blk_read").unwrap();
    for event in 0..events {
        let mut arguments = Vec::new();
        encode::word(&mut arguments, event);
        encode::string(&mut arguments, b"boot\n");
        encode::event(&mut trace, 7, 1_000 + event * 1_500, 4711, &arguments).unwrap();
    }
    encode::dropped(&mut trace, 1_000 + events * 1_500, 4711, 3);
    trace
}

#[test]
fn every_form() {
    let scratch = scratch("simple-forms");
    for (options, want) in [
        (
            &[][..],
            "   0.000000000    4711 blk_read sector 0x0 for boot\\n\n   0.000001500    4711 blk_read sector 0x1 for \
             boot\\n\n   0.000003000    4711 [3 events lost]\n",
        ),
        (
            &["--absolute"],
            "   0.000001000    4711 blk_read sector 0x0 for boot\\n\n   0.000002500    4711 blk_read sector 0x1 for \
             boot\\n\n   0.000004000    4711 [3 events lost]\n",
        ),
        (
            &["--qemu"],
            "blk_read 0.000 pid=4711 sector=0x0 why=b'boot\\n'\nblk_read 1.500 pid=4711 sector=0x1 why=b'boot\\n'\n\
             Dropped_Event 1.500 pid=4711 num_events_dropped=0x3\n",
        ),
        (
            &["--json"],
            "{\"time_ns\":1000,\"thread\":4711,\"event\":\"blk_read\",\"args\":{\"sector\":0,\"why\":\"boot\\n\"}}\n\
             {\"time_ns\":2500,\"thread\":4711,\"event\":\"blk_read\",\"args\":{\"sector\":1,\"why\":\"boot\\n\"}}\n\
             {\"time_ns\":4000,\"thread\":4711,\"dropped\":3}\n",
        ),
        (
            &["--histogram", "blk_read.sector"],
            "2 events of 1 kind in 3.000us; 3 events lost\n\n          count        a second   share  event\n\
             \u{20}             2         666,666 100.0 %  blk_read\n\nblk_read.sector: 2 values from 0x0 to 0x1\n\
             \u{20} 0x0               1  50.0 % ########################################\n\
             \u{20} 0x1               1  50.0 % ########################################\n",
        ),
    ] {
        let ran = scratch.run(&[&["simpletrace"], options, &["events", "trace"]].concat());
        assert_eq!((ran.out.as_str(), ran.told.as_str(), ran.status), (want, "", Some(0)), "{options:?}");
    }
}

#[test]
fn what_is_wrong_with_a_trace_is_named() {
    let scratch = scratch("simple-wrong");
    fs::write(scratch.0.join("empty"), "").unwrap();
    fs::write(scratch.0.join("bad-events"), "blk_read(foo_t sector) \"%d\"\nother(void) \"\"\n").unwrap();
    fs::write(scratch.0.join("cut"), &trace(2)[..160]).unwrap();
    fs::write(scratch.0.join("headless"), &trace(2)[24..]).unwrap();
    let mut old = trace(2);
    old[16] = 3;
    fs::write(scratch.0.join("old"), old).unwrap();
    for (arguments, status, lines, told) in [
        (&["events", "absent"][..], 1, 0, "vmtrace: stat absent: No such file"),
        (&["absent", "trace"], 1, 0, "vmtrace: stat absent: No such file"),
        (&["events", "empty"], 1, 0, "vmtrace: empty: no trace of QEMU's simple backend: it is empty"),
        (&["events", "old"], 1, 0, "vmtrace: old: the trace has version 3 of the format, and version 4 is"),
        (&["events", "headless"], 1, 0, "read it so (--no-header)"),
        (&["--no-header", "events", "headless"], 0, 3, ""),
        (&["--no-header", "events", "trace"], 1, 0, "the trace has one, so read it with its header"),
        (
            &["events", "cut"],
            1,
            2,
            "vmtrace: cut: the trace ends within a record: 10 bytes of it are there, from byte 150",
        ),
        (&["bad-events", "trace"], 0, 3, "bad-events:1:10: error: the type of `sector`"),
        (&["bad-events", "trace"], 0, 3, "vmtrace: blk_read (at byte 52) cannot be told: it is not declared"),
        (
            &["--qemu", "bad-events", "trace"],
            1,
            0,
            "vmtrace: trace: blk_read (at byte 52): it is not declared",
        ),
        (&["bad-events", "events", "trace"], 0, 3, "error: the type of"),
        (&["--histogram", "blk_read.x", "events", "trace"], 1, 0, "the event's arguments are sector, why"),
        (&["--json", "--qemu", "events", "trace"], 2, 0, "cannot be used with"),
        (
            &["trace"],
            1,
            0,
            "vmtrace: trace: no declarations: give the VMM's trace-events files before the trace",
        ),
        (&["empty", "trace"], 1, 0, "trace: no declarations"),
        (&[], 2, 0, "<EVENTS... TRACE>"),
    ] {
        let ran = scratch.run(&[&["simpletrace"], arguments].concat());
        assert_eq!((ran.status, ran.out.lines().count()), (Some(status), lines), "{arguments:?}: {ran:?}");
        assert!(ran.told.contains(told), "{arguments:?}: {ran:?}");
    }
}

#[test]
fn from_standard_input_each_line_at_once() {
    let scratch = scratch("simple-input");
    let mut command = Command::new(VMTRACE);
    command.args(["simpletrace", "events", "-"]).current_dir(&scratch.0);
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let (mut to, mut from) = (child.stdin.take().unwrap(), child.stdout.take().unwrap());
    to.write_all(&trace(1)).unwrap();
    // the trace goes on, and what came of it is told already
    let mut line = [0; 50];
    from.read_exact(&mut line).unwrap();
    assert_eq!(&line[..], b"   0.000000000    4711 blk_read sector 0x0 for boo");
    drop(to);
    assert!(child.wait().unwrap().success());
}

#[test]
fn who_has_seen_enough_is_no_error() {
    let scratch = scratch("simple-enough");
    fs::write(scratch.0.join("trace"), trace(100_000)).unwrap();
    for option in ["--qemu", "--json", "--absolute"] {
        let mut command = Command::new("sh");
        command.args([
            "-c",
            "\"$0\" simpletrace $1 events trace 2>told | head -n 1; test ! -s told",
            VMTRACE,
            option,
        ]);
        let ran = Ran::of(command.current_dir(&scratch.0));
        assert_eq!((ran.status, ran.out.lines().count()), (Some(0), 1), "{option}: {ran:?}");
    }
}

/// A full disk is told.
#[test]
fn what_cannot_be_written_is_told() {
    let scratch = scratch("simple-full");
    let mut command = Command::new(VMTRACE);
    command.args(["simpletrace", "events", "trace"]).current_dir(&scratch.0);
    let ran = command.stdout(File::create("/dev/full").unwrap()).output().unwrap();
    assert_eq!(ran.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&ran.stderr).contains("write the report: No space left on device"));
}
