//! What an event costs: each figure beside its bare limit, measured in turns in one run. `cargo xtask bench` runs this
//! and keeps what it prints.

use ftrace::{Instance, Tracefs};
use integration::bench;
use integration::measuring::{Measured, compare, each, measure, write};
use monitor::{Monitor, Session};
use std::error::Error;
use std::ffi::c_int;
use std::fs::{File, OpenOptions};
use std::hint::black_box;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use tracing_subscriber::filter::LevelFilter;
use tracing_subscriber::layer::{Layer, SubscriberExt};
use tracing_subscriber::util::SubscriberInitExt;
use vmtrace::{INSTANCE_VARIABLE, Record, Setup, Sink, Tracing};

const NAME: &[u8] = b"virtio-disk0\0";

/// A sink that costs nothing.
struct Count;

impl Sink for Count {
    fn name(&self) -> &'static str {
        "count"
    }

    fn emit(&self, record: &Record<'_>) {
        black_box(record.event());
    }
}

/// A program holds its marker until it ends, so another one has to make the instance, and to remove it.
fn main() -> Result<ExitCode, Box<dyn Error>> {
    if std::env::args_os().len() > 1 {
        measure_all()?;
        return Ok(ExitCode::SUCCESS);
    }
    let instance = Tracefs::find().and_then(|tracefs| Instance::create(&tracefs));
    if let Err(error) = &instance {
        eprintln!("ftrace is not measured: {error}");
    }
    let mut command = Command::new(std::env::current_exe()?);
    command.arg("measure").env_remove(INSTANCE_VARIABLE);
    if let Ok(instance) = &instance {
        command.arg(instance.path());
    }
    let done = command.status()?.success();
    Ok(if done { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn measure_all() -> Result<(), Box<dyn Error>> {
    let log_path = std::env::temp_dir().join(format!("vmtrace-bench-{}.log", std::process::id()));
    let bare_path = log_path.with_extension("bare");
    let instance = std::env::args_os().nth(2).map(PathBuf::from);
    let mut setup =
        Setup::new().group(&bench::GROUP).group(&tracing_bridge::GROUP).log_file(&log_path).sink(Count)?;
    if let Some(instance) = &instance {
        setup = setup.ftrace_instance(instance);
    }
    let tracing = setup.init()?;

    println!("| what | ns | against | ns | ratio |\n| --- | --- | --- | --- | --- |");
    off();
    match &instance {
        Some(instance) => ftrace_on(tracing, instance)?,
        None => println!("| ftrace | not measured | | | |"),
    }
    log_on(tracing, &log_path, &bare_path)?;
    toggles(tracing)?;
    bridge();
    std::fs::remove_file(log_path)?;
    std::fs::remove_file(bare_path)?;
    Ok(())
}

fn off() {
    let figures = measure(
        20_000_000,
        &|| {},
        &mut [
            ("empty loop", &mut |calls| each(calls, |call| _ = black_box(call))),
            ("event off, 2 arguments", &mut |calls| each(calls, off_two)),
            ("event off, 4 arguments", &mut |calls| each(calls, off_four)),
            ("`tracing` event, disabled", &mut |calls| each(calls, off_tracing)),
        ],
    );
    compare(&figures[1], &figures[0]);
    compare(&figures[2], &figures[0]);
    compare(&figures[1], &figures[3]);
}

fn ftrace_on(tracing: Tracing, instance: &Path) -> Result<(), Box<dyn Error>> {
    let marker = OpenOptions::new().write(true).open(instance.join("trace_marker"))?;
    tracing.enable_to("bench_*", &["ftrace"])?;
    let two = b"bench_two cpu_index 3 addr 0xfee000b0";
    let four = b"bench_four sector 0x123456 count 8 write 1 virtio-disk0";
    let figures = measure(
        20_000,
        &|| {},
        &mut [
            ("ftrace, 2 arguments", &mut |calls| each(calls, |_| event_two())),
            ("bare `write` of the same bytes", &mut |calls| each(calls, |_| write(&marker, two))),
            ("`snprintf` + `write`", &mut |calls| each(calls, |_| snprintf_two(&marker))),
            ("ftrace, 4 arguments", &mut |calls| each(calls, |_| event_four())),
            ("bare `write` of the same bytes", &mut |calls| each(calls, |_| write(&marker, four))),
            ("`snprintf` + `write`", &mut |calls| each(calls, |_| snprintf_four(&marker))),
        ],
    );
    for ours in [0, 3] {
        compare(&figures[ours], &figures[ours + 1]);
        compare(&figures[ours], &figures[ours + 2]);
    }
    tracing.disable("bench_*")?;
    Ok(())
}

fn log_on(tracing: Tracing, log_path: &Path, bare_path: &Path) -> Result<(), Box<dyn Error>> {
    let log = OpenOptions::new().append(true).open(log_path)?;
    let bare = OpenOptions::new().append(true).create(true).open(bare_path)?;
    tracing.enable_to("bench_*", &["log"])?;
    let two = b"12345@1795380463.967268:bench_two cpu_index 3 addr 0xfee000b0\n";
    let four = b"12345@1795380463.967268:bench_four sector 0x123456 count 8 write 1 virtio-disk0\n";
    let empty = || [&log, &bare].iter().for_each(|file| file.set_len(0).expect("a file of ours is emptied"));
    let figures = measure(
        20_000,
        &empty,
        &mut [
            ("log to a file, 2 arguments", &mut |calls| each(calls, |_| event_two())),
            ("bare `write` of a line as long", &mut |calls| each(calls, |_| write(&bare, two))),
            ("log to a file, 4 arguments", &mut |calls| each(calls, |_| event_four())),
            ("bare `write` of a line as long", &mut |calls| each(calls, |_| write(&bare, four))),
        ],
    );
    compare(&figures[0], &figures[1]);
    compare(&figures[2], &figures[3]);
    tracing.disable("bench_*")?;
    Ok(())
}

/// Switching an event on and off again by its name, while two threads emit it and another that stays on: to a sink that
/// only counts, so that the threads take no turns in the kernel.
fn toggles(tracing: Tracing) -> Result<(), Box<dyn Error>> {
    let (word, done) = (AtomicU64::new(0), AtomicBool::new(false));
    let toggle = |calls| {
        each(calls, |_| {
            tracing.enable_to("bench_two", &["count"]).expect("an event and a sink of ours");
            tracing.disable("bench_two").expect("an event of ours");
        });
    };
    let monitor = Monitor::new(tracing);
    let over_qmp = |calls| {
        let mut session = Session::new();
        let mut answer = Vec::new();
        let mut feed = |command: &[u8]| {
            answer.clear();
            assert_eq!(session.feed(&monitor, command, &mut answer), command.len());
            assert_eq!(answer, b"{\"return\": {}}\r\n");
        };
        feed(b"{'execute': 'qmp_capabilities'}");
        let enable: &[u8] =
            b"{'execute': 'trace-event-set-state', 'arguments': {'name': 'bench_two', 'enable': true}}";
        let disable: &[u8] =
            b"{'execute': 'trace-event-set-state', 'arguments': {'name': 'bench_two', 'enable': false}}";
        each(calls, |_| {
            feed(enable);
            feed(disable);
        });
    };
    let bare = |calls| {
        each(calls, |_| {
            black_box(&word).fetch_or(1, Ordering::Release);
            black_box(&word).fetch_and(!1, Ordering::Release);
        });
    };
    let run = || {
        measure(
            10_000,
            &|| {},
            &mut [
                ("toggles: enable and disable", &mut |calls| toggle(calls)),
                ("`fetch_or` and `fetch_and` of a word", &mut |calls| bare(calls)),
                ("toggles: over QMP, without its socket", &mut |calls| over_qmp(calls)),
            ],
        )
    };
    let quiet = run();
    tracing.enable_to("bench_four", &["count"])?;
    let busy = std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                while !done.load(Ordering::Relaxed) {
                    event_two();
                    event_four();
                    black_box(&word).load(Ordering::Relaxed);
                }
            });
        }
        let busy = run();
        done.store(true, Ordering::Relaxed);
        busy
    });
    tracing.disable("bench_*")?;
    let what = "toggles: the same while 2 threads emit";
    compare(&quiet[0], &quiet[1]);
    compare(&quiet[2], &quiet[0]);
    compare(&Measured { what, ns: busy[0].ns }, &busy[1]);
    compare(&Measured { what, ns: busy[0].ns }, &quiet[0]);
    Ok(())
}

/// What a callsite of `tracing` costs that nobody wants, with a layer that says so once and with the bridge's, which has to
/// be asked each time. The last measure: a subscriber stays until the program ends.
fn bridge() {
    let off = |what| measure(5_000_000, &|| {}, &mut [(what, &mut |calls| each(calls, off_tracing))]);
    let fmt = || tracing_subscriber::fmt::layer().with_writer(std::io::sink).with_filter(LevelFilter::INFO);
    let alone = tracing_subscriber::registry().with(fmt());
    let alone = tracing::subscriber::with_default(alone, || off("the same with `fmt` alone"));
    tracing_subscriber::registry().with(fmt()).with(tracing_bridge::layer()).init();
    let beside = off("`tracing` event, disabled, with `fmt` and the bridge");
    compare(&beside[0], &alone[0]);
}

#[inline(always)]
#[allow(clippy::inline_always)] // it is the loop's body, as in the empty one
fn off_two(call: u32) {
    bench::trace_bench_two(black_box(call).cast_signed(), u64::from(call));
}

#[inline(always)]
#[allow(clippy::inline_always)] // as above
fn off_four(call: u32) {
    bench::trace_bench_four(black_box(call).into(), call, true, "virtio-disk0");
}

#[inline(always)]
#[allow(clippy::inline_always)] // as above
fn off_tracing(call: u32) {
    tracing::trace!(cpu_index = black_box(call), addr = u64::from(call), "bench");
}

fn event_two() {
    bench::trace_bench_two(3, 0xfee0_00b0);
}

fn event_four() {
    bench::trace_bench_four(0x0012_3456, 8, true, "virtio-disk0");
}

#[inline(never)]
/// What QEMU's C does: format into a buffer, then write it.
fn snprintf_two(to: &File) {
    let mut room = [0u8; 512];
    let format = c"bench_two cpu_index %d addr 0x%lx";
    let (cpu_index, addr): (c_int, u64) = black_box((3, 0xfee0_00b0));
    // SAFETY: the format takes an int and a long, and writes no more than the room's size.
    let len =
        unsafe { libc::snprintf(room.as_mut_ptr().cast(), room.len(), format.as_ptr(), cpu_index, addr) };
    write(to, &room[..usize::try_from(len).unwrap_or(0)]);
}

#[inline(never)]
fn snprintf_four(to: &File) {
    let mut room = [0u8; 512];
    let format = c"bench_four sector 0x%lx count %u write %d %s";
    let (sector, count, is_write): (u64, u32, c_int) = black_box((0x0012_3456, 8, 1));
    // SAFETY: the format takes a long, two ints and a string that ends, and writes no more than the room's size.
    let len = unsafe {
        let (room, size, format, name) =
            (room.as_mut_ptr().cast(), room.len(), format.as_ptr(), NAME.as_ptr());
        libc::snprintf(room, size, format, sector, count, is_write, name)
    };
    write(to, &room[..usize::try_from(len).unwrap_or(0)]);
}
