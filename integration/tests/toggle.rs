//! Switching while threads emit at full speed: nothing that is not switched loses or repeats a record. One test, since a
//! process sets up tracing once.

use integration::bench::{GROUP, trace_bench_four, trace_bench_two};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use vmtrace::{Record, Setup, Sink, Tracing};

/// Each emits `bench_four`, the steady event, with a serial number, and `bench_two`, the one that is toggled.
const THREADS: usize = 3;
const TOGGLES: u32 = 20_000;
const MOVES: usize = 200;

/// Where the steady event's numbers are to go on, a thread.
static NEXT: [AtomicU64; THREADS] = [const { AtomicU64::new(0) }; THREADS];
static FAULTS: Mutex<Vec<String>> = Mutex::new(Vec::new());

struct Own;

impl Sink for Own {
    fn name(&self) -> &'static str {
        "own"
    }

    fn emit(&self, record: &Record<'_>) {
        let line = String::from_utf8_lossy(record.line());
        let line = Line::parse(&line).unwrap_or_else(|| panic!("{line}"));
        if line.steady && NEXT[line.thread].fetch_add(1, Ordering::Relaxed) != line.serial {
            FAULTS.lock().unwrap().push(format!("thread {} at {}", line.thread, line.serial));
        }
    }
}

/// What an event's line says.
struct Line {
    steady: bool,
    thread: usize,
    serial: u64,
}

impl Line {
    /// `None` if the line is not whole.
    fn parse(line: &str) -> Option<Self> {
        let words: Vec<&str> = line.split(' ').collect();
        let hexadecimal = |word: &str| u64::from_str_radix(word.strip_prefix("0x")?, 16).ok();
        match words.as_slice() {
            ["bench_four", "sector", serial, "count", thread, "write", "1", "the-end"] => {
                Some(Self { steady: true, thread: thread.parse().ok()?, serial: hexadecimal(serial)? })
            }
            ["bench_two", "cpu_index", thread, "addr", serial] => {
                Some(Self { steady: false, thread: thread.parse().ok()?, serial: hexadecimal(serial)? })
            }
            _ => None,
        }
    }
}

/// Ends the threads, also when a test fails.
struct AtTheEnd<'a>(&'a AtomicBool);

impl Drop for AtTheEnd<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// Has the threads emit while `work` is done, which is told how many they have emitted. Gives back how many each did.
fn while_emitting(work: impl FnOnce(&AtomicU64)) -> [u64; THREADS] {
    let (emitted, done) = (AtomicU64::new(0), AtomicBool::new(false));
    for next in &NEXT {
        next.store(0, Ordering::Relaxed);
    }
    let emit = |thread: u32| {
        let mut serial = 0;
        while !done.load(Ordering::Relaxed) {
            trace_bench_four(serial, thread, true, "the-end");
            trace_bench_two(thread.cast_signed(), serial);
            emitted.fetch_add(1, Ordering::Relaxed);
            serial += 1;
        }
        serial
    };
    std::thread::scope(|scope| {
        let threads = [0, 1, 2].map(|thread| scope.spawn(move || emit(thread)));
        let end = AtTheEnd(&done);
        work(&emitted);
        drop(end);
        threads.map(|thread| thread.join().unwrap())
    })
}

/// Holds the switching to the pace of the emitting: on a busy machine, the one or the other may not be running.
fn wait_for(emitted: &AtomicU64, more: u64) {
    let goal = emitted.load(Ordering::Relaxed) + more;
    while emitted.load(Ordering::Relaxed) < goal {
        std::thread::yield_now();
    }
}

fn own_has_all(counts: [u64; THREADS]) {
    assert_eq!(NEXT.each_ref().map(|next| next.load(Ordering::Relaxed)), counts);
    assert_eq!(*FAULTS.lock().unwrap(), Vec::<String>::new());
}

/// Reads logs in order and proves that every line is whole, and each event's numbers rise with its threads. Gives back how
/// many lines of the steady event each thread has, and how many of the other there are.
fn read(paths: &[PathBuf]) -> ([u64; THREADS], u64) {
    let (mut steady, mut toggled) = ([0; THREADS], 0);
    let mut last = [[None; THREADS]; 2];
    for path in paths {
        let text = fs::read_to_string(path).unwrap();
        assert!(text.is_empty() || text.ends_with('\n'));
        for line in text.lines() {
            let parsed = line
                .split_once(':')
                .and_then(|(_, line)| Line::parse(line))
                .unwrap_or_else(|| panic!("{line}"));
            let last = &mut last[usize::from(parsed.steady)][parsed.thread];
            assert!(last.is_none_or(|last| last < parsed.serial), "{line} came after {last:?}");
            *last = Some(parsed.serial);
            if parsed.steady { steady[parsed.thread] += 1 } else { toggled += 1 }
        }
    }
    (steady, toggled)
}

#[test]
fn what_is_not_switched_loses_nothing() {
    let folder = std::env::temp_dir().join(format!("vmtrace-toggle-{}", std::process::id()));
    fs::create_dir(&folder).unwrap();
    let tracing =
        Setup::new().group(&GROUP).sink(Own).unwrap().log_file(folder.join("start")).init().unwrap();

    another_event_is_toggled(tracing, &folder.join("toggled"));
    the_event_itself_goes_to_and_fro(tracing, &folder.join("routed"));
    the_log_moves(tracing, &folder);

    assert!(tracing.sinks().iter().all(|sink| sink.losses.records == 0));
    fs::remove_dir_all(folder).unwrap();
}

fn another_event_is_toggled(tracing: Tracing, log: &Path) {
    tracing.set_log_file(log).unwrap();
    tracing.route("bench_four", &["log", "own"]).unwrap();
    let counts = while_emitting(|emitted| {
        for toggle in 0..TOGGLES {
            match toggle % 4 {
                0 => tracing.enable_to("bench_two", &["log", "own"]).unwrap(),
                1 => tracing.disable("bench_tw?").unwrap(),
                2 => tracing.route("bench_two", &["log"]).unwrap(),
                _ => tracing.route("bench_two", &[]).unwrap(),
            };
            if toggle % 64 == 2 {
                wait_for(emitted, 4);
            }
        }
    });
    own_has_all(counts);
    let (steady, toggled) = read(&[log.to_path_buf()]);
    assert_eq!(steady, counts, "each reaches the log once");
    assert!(toggled > 0 && toggled < counts.iter().sum(), "{toggled} of {counts:?}");
}

fn the_event_itself_goes_to_and_fro(tracing: Tracing, log: &Path) {
    tracing.set_log_file(log).unwrap();
    let counts = while_emitting(|emitted| {
        for toggle in 0..TOGGLES {
            match toggle % 4 {
                0 => drop(tracing.log_items("none").unwrap()),
                1 => drop(tracing.log_items("trace:bench_four,trace:-bench_two").unwrap()),
                2 => drop(tracing.route("*_four", &["own"]).unwrap()),
                _ => drop(tracing.route("bench_four", &["own", "log"]).unwrap()),
            }
            if toggle % 64 == 1 {
                wait_for(emitted, 4);
            }
        }
    });
    own_has_all(counts);
    let (steady, toggled) = read(&[log.to_path_buf()]);
    assert!(toggled == 0 && steady.iter().sum::<u64>() > 0, "{steady:?} {toggled}");
}

/// To a new file each time, or the old one is renamed and its name taken again, as logrotate does it.
fn the_log_moves(tracing: Tracing, folder: &Path) {
    let path = |number: usize| folder.join(format!("log-{number}"));
    let current = folder.join("log");
    tracing.set_log_file(&path(0)).unwrap();
    tracing.route("bench_*", &["log"]).unwrap();
    let counts = while_emitting(|emitted| {
        for number in 1..MOVES {
            wait_for(emitted, 20);
            if number % 2 == 0 {
                fs::rename(&current, path(number - 1)).unwrap();
                tracing.set_log_file(&path(number)).unwrap();
            } else {
                tracing.set_log_file(&current).unwrap();
            }
            tracing.set_log_file(&folder.join("no/such/folder")).unwrap_err();
        }
    });
    fs::rename(&current, path(MOVES - 1)).unwrap();
    tracing.disable("*").unwrap();
    let paths: Vec<PathBuf> = (0..MOVES).map(path).collect();
    assert_eq!(read(&paths), (counts, counts.iter().sum()), "both events are in the files, each record once");
}
