//! Sinks that take an event later: what it costs its thread while its ring has room.

use crate::{Result, events};
use crate::{lttng, private_dev};
use integration::bench;
use integration::measuring::{Case, Measured, compare, each, measure};
use std::cell::RefCell;
use std::fs::{self, File};
use std::hint::black_box;
use std::thread;
use std::time::Duration;
use tracing_subscriber::fmt;
use vmtrace::{Mode, Settings, Setup};

/// The bytes of a ring, if nothing is said.
const RING: usize = 1 << 20;

/// So many fit into a ring of the usual size, more than twice.
const CALLS: u32 = 5_000;

pub(crate) fn run() -> Result<()> {
    let folder = std::env::temp_dir().join(format!("vmtrace-bench-sinks-{}", std::process::id()));
    fs::create_dir(&folder)?;
    // its daemon wants the machine's own /dev
    let lttng = lttng::measure();
    let daemon = private_dev::listen().ok();
    let has_daemon = daemon.is_some();
    if let Some(daemon) = daemon {
        private_dev::read_on(daemon);
    }
    let settings = Settings {
        log: Some(Mode::Queued),
        trace_file: Some(folder.join("trace")),
        flight: Some(folder.join("flight")),
        ..Settings::default()
    };
    let setup = Setup::new().group(&bench::GROUP).settings(settings).log_file(folder.join("log"));
    let tracing = setup.init()?;
    tracing.switch_trace_file(true)?;

    let (appender, _guard) = tracing_appender::non_blocking(File::create(folder.join("tracing"))?);
    let subscriber = fmt::Subscriber::builder().with_ansi(false).with_writer(appender).finish();
    let buffer = RefCell::new((vec![1_u8; RING], 0));
    // what was queued before is not to be written meanwhile
    let quiet = || {
        let _ = tracing.drain(Duration::from_secs(5));
        thread::sleep(Duration::from_millis(2));
    };
    let bare: (&str, &dyn Fn(u32)) =
        ("`clock_gettime` and a copy of 48 bytes into 1 MiB", &|calls| each(calls, |_| copy(&buffer)));
    let sinks = [
        ("simple, 2 arguments", "simple", 2),
        ("simple, 4 arguments", "simple", 4),
        ("flight, 2 arguments", "flight", 2),
        ("log, queued, 2 arguments", "log", 2),
        ("log, queued, 4 arguments", "log", 4),
        ("syslog, queued, 2 arguments", "syslog", 2),
    ];
    for (what, sink, arguments) in sinks {
        if sink == "syslog" && !has_daemon {
            println!("| {what} | not measured: it takes root | | | |");
            continue;
        }
        tracing.route("bench_*", &[sink])?;
        let event = if arguments == 2 { events::two } else { events::four };
        let mut ours = |calls| each(calls, |_| event());
        let mut limit = |calls| (bare.1)(calls);
        let mut cases: [Case<'_>; 2] = [(what, &mut ours), (bare.0, &mut limit)];
        let figures = measure(CALLS, &quiet, &mut cases);
        compare(&figures[0], &figures[1]);
    }
    tracing.route("bench_*", &["simple"])?;
    let figures = tracing::subscriber::with_default(subscriber, || {
        let mut ours = |calls| each(calls, |_| events::two());
        let mut theirs =
            |calls| each(calls, |_| tracing::info!(cpu_index = 3, addr = 0xfee0_00b0_u64, "bench_two"));
        let mut cases: [Case<'_>; 2] =
            [("simple, 2 arguments", &mut ours), ("`tracing` with its non-blocking appender", &mut theirs)];
        measure(CALLS, &quiet, &mut cases)
    });
    compare(&figures[0], &figures[1]);
    match lttng {
        Ok(ns) => compare(&figures[0], &Measured { what: "LTTng-UST's `tracepoint()`", ns }),
        Err(why) => println!("| simple | | LTTng-UST: not measured: {why} | | |"),
    }
    let lost: u64 = tracing.sinks().iter().map(|sink| sink.losses.records).sum();
    assert_eq!(lost, 0, "a ring had no room: what was measured is not what it says");
    fs::remove_dir_all(folder)?;
    Ok(())
}

/// What nobody can do without: the time, and a record's bytes in a ring of the same size.
fn copy(buffer: &RefCell<(Vec<u8>, usize)>) {
    let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: clock_gettime(2) writes a timespec, to ours.
    unsafe { libc::clock_gettime(libc::CLOCK_MONOTONIC, &raw mut time) };
    let mut record = black_box([1_u8; 48]);
    record[..8].copy_from_slice(&time.tv_nsec.to_le_bytes());
    let (bytes, at) = &mut *buffer.borrow_mut();
    bytes[*at..*at + record.len()].copy_from_slice(&record);
    *at = (*at + record.len()) % (RING - record.len());
    black_box(bytes);
}
