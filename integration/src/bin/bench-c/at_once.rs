//! Off, and the sinks that take an event at once.

use crate::loops::{self, Loop};
use crate::{Result, compare_all, private_dev};
use integration::bench;
use integration::measuring::{Case, compare, each, measure, write};
use std::fs::{self, File, OpenOptions};
use std::hint::black_box;
use std::os::unix::net::UnixDatagram;
use std::path::Path;
use vmtrace::{Setup, Tracing};

const CALLS: u32 = 20_000;

pub(crate) fn run(instance: Option<&str>) -> Result<()> {
    let log = std::env::temp_dir().join(format!("vmtrace-bench-c-{}.log", std::process::id()));
    let mut setup = Setup::new().group(&bench::GROUP).log_file(&log);
    if let Some(instance) = instance {
        setup = setup.ftrace_instance(instance);
    }
    let tracing = setup.init()?;
    off();
    match instance {
        Some(instance) => ftrace_on(tracing, Path::new(instance))?,
        None => println!("| ftrace | not measured | | | |"),
    }
    log_on(tracing, &log)
}

fn off() {
    let figures = measure(
        20_000_000,
        &|| {},
        &mut [
            ("Rust, off, 2 arguments", &mut loops::rust_two),
            ("C, off, 2 arguments", &mut loops::c_two),
            ("C, QEMU's backend log, off, 2 arguments", &mut loops::log_two),
            ("Rust, off, 4 arguments", &mut loops::rust_four),
            ("C, off, 4 arguments", &mut loops::c_four),
            ("empty loop", &mut |calls| each(calls, |call| _ = black_box(call))),
        ],
    );
    let empty = &figures[5];
    for (one, other) in [(0, 5), (1, 0), (2, 0), (3, 5), (4, 3)] {
        compare(&figures[one], if other == 5 { empty } else { &figures[other] });
    }
}

fn ftrace_on(tracing: Tracing, instance: &Path) -> Result<()> {
    let marker = OpenOptions::new().write(true).open(instance.join("trace_marker"))?;
    for pattern in ["bench_*", "vmtrace_*", "ftrace_*"] {
        tracing.enable_to(pattern, &["ftrace"])?;
    }
    let two = b"bench_two cpu_index 3 addr 0xfee000b0";
    let four = b"bench_four sector 0x123456 count 8 write 1 virtio-disk0";
    in_turns(
        ["Rust, ftrace, 2 arguments", "C, ftrace, 2 arguments", "C, QEMU's backend ftrace, 2 arguments"],
        [loops::rust_two, loops::c_two, loops::ftrace_two],
        &|| {},
        ("bare `write` of the same bytes", &mut || write(&marker, two)),
    );
    in_turns(
        ["Rust, ftrace, 4 arguments", "C, ftrace, 4 arguments", "C, QEMU's backend ftrace, 4 arguments"],
        [loops::rust_four, loops::c_four, loops::ftrace_four],
        &|| {},
        ("bare `write` of the same bytes", &mut || write(&marker, four)),
    );
    tracing.disable("*")?;
    Ok(())
}

fn log_on(tracing: Tracing, log: &Path) -> Result<()> {
    for pattern in ["bench_*", "vmtrace_*", "log_*"] {
        tracing.enable_to(pattern, &["log"])?;
    }
    let bare = log.with_extension("bare");
    let open = |path| OpenOptions::new().append(true).create(true).open(path);
    let files: [File; 2] = [open(log)?, open(&bare)?];
    let empty = || files.iter().for_each(|file| file.set_len(0).expect("a file of ours is emptied"));
    let two = b"12345@1795380463.967268:bench_two cpu_index 3 addr 0xfee000b0\n";
    let four = b"12345@1795380463.967268:bench_four sector 0x123456 count 8 write 1 virtio-disk0\n";
    in_turns(
        ["Rust, log, 2 arguments", "C, log, 2 arguments", "C, QEMU's backend log, 2 arguments"],
        [loops::rust_two, loops::c_two, loops::log_two],
        &empty,
        ("bare `write` of a line as long", &mut || write(&files[1], two)),
    );
    in_turns(
        ["Rust, log, 4 arguments", "C, log, 4 arguments", "C, QEMU's backend log, 4 arguments"],
        [loops::rust_four, loops::c_four, loops::log_four],
        &empty,
        ("bare `write` of a line as long", &mut || write(&files[1], four)),
    );
    [log, &bare].iter().try_for_each(fs::remove_file)?;
    Ok(())
}

/// The system's log, at once, as QEMU's generated code calls it itself.
pub(crate) fn syslog() -> Result<()> {
    let Ok(daemon) = private_dev::listen() else {
        println!("| syslog, at once | not measured: it takes root | | | |");
        return Ok(());
    };
    private_dev::read_on(daemon);
    let tracing = Setup::new().group(&bench::GROUP).option("syslog=sync")?.init()?;
    for pattern in ["bench_*", "vmtrace_*", "syslog_*"] {
        tracing.enable_to(pattern, &["syslog"])?;
    }
    let bare = UnixDatagram::unbound()?;
    bare.connect("/dev/log")?;
    let datagram = b"<30>Nov 23 12:00:00 bench-c[12345]: bench_two cpu_index 3 addr 0xfee000b0";
    in_turns(
        [
            "Rust, syslog at once, 2 arguments",
            "C, syslog at once, 2 arguments",
            "C, QEMU's backend syslog, 2 arguments",
        ],
        [loops::rust_two, loops::c_two, loops::syslog_two],
        &|| {},
        ("bare `send` of a datagram as long", &mut || {
            _ = black_box(bare.send(datagram));
        }),
    );
    Ok(())
}

/// Measures the three and the bare limit, and prints lines of the table.
fn in_turns(
    names: [&'static str; 3],
    loops: [Loop; 3],
    before_round: &dyn Fn(),
    (what, bare): (&'static str, &mut dyn FnMut()),
) {
    let [mut rust, mut c, mut qemu] = loops;
    let mut limit = |calls| each(calls, |_| bare());
    let mut cases: [Case<'_>; 4] =
        [(names[0], &mut rust), (names[1], &mut c), (names[2], &mut qemu), (what, &mut limit)];
    compare_all(&measure(CALLS, before_round, &mut cases));
}
