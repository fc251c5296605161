//! How fast binary traces are read: a made trace, gone through in every way, beside reading its bytes and beside QEMU's
//! `simpletrace.py` where `QEMU_SRC` names a tree of QEMU's. Prints a table for `docs/performance.md`.
//!
//! `bench-reader [RECORDS]`: 5 million unless told otherwise, 270 MB in the folder for temporary files.

use simpletrace::{Analysis, Blocks, Event, Reader, encode, run};
use std::env;
use std::error::Error;
use std::fs::{self, File, OpenOptions};
use std::hint::black_box;
use std::io::{Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};
use timeline::simple::{Declarations, Form, render, stats};

const RECORDS: u64 = 5_000_000;
/// It takes seconds for so many.
const SCRIPT_RECORDS: u64 = 300_000;
const ROUNDS: usize = 5;

const EVENTS: &str = "\
blk_read(uint64_t sector, uint32_t count) \"sector 0x%\" PRIx64 \" count %u\"
blk_done(void *req, int ret, uint64_t sector, uint32_t count) \"req %p ret %d sector 0x%\" PRIx64 \" count %u\"
fw_cfg(uint16_t key, const char *name, size_t len) \"key 0x%04x '%s', %zu bytes\"
irq(int level) \"level %d\"
";

type Result<T> = std::result::Result<T, Box<dyn Error>>;

/// A folder that goes when it is done.
struct Folder(PathBuf);

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn main() -> Result<()> {
    let records = env::args().nth(1).map_or(Ok(RECORDS), |records| records.parse())?;
    let folder = Folder(env::temp_dir().join(format!("vmtrace-bench-reader-{}", std::process::id())));
    fs::create_dir(&folder.0)?;
    let trace = folder.0.join("trace");
    make(&trace, records)?;
    let mut declarations = Declarations::default();
    declarations.read("events", EVENTS.as_bytes());

    let script = script(&folder.0)?;
    if script.is_none() {
        println!(
            "`simpletrace.py` was not measured: `QEMU_SRC` names no tree of QEMU's, or there is no python3.\n"
        );
    }
    let lines = |form| {
        let (trace, declarations) = (&trace, &declarations);
        move || {
            let mut out = OpenOptions::new().write(true).open("/dev/null")?;
            Ok(render(Blocks::new(File::open(trace)?)?, declarations, form, &|_| {}, &mut out)?)
        }
    };
    let ways: [(&str, &dyn Fn() -> Result<()>); 8] = [
        ("the file's bytes, `read`", &|| bytes(&trace)),
        ("`simpletrace::Reader`, a record at a time", &|| reader(&trace)),
        ("`simpletrace::run` with an `Analysis`", &|| analysis(&trace)),
        ("`--stats`", &|| count(&trace, &declarations, &[])),
        ("`--histogram blk_read.sector`", &|| count(&trace, &declarations, &["blk_read.sector".to_owned()])),
        ("text", &lines(Form::Text { absolute: false })),
        ("`--json`", &lines(Form::Json)),
        ("`--qemu`", &lines(Form::Qemu)),
    ];
    println!(
        "| {records} records, {} MB | ns a record | million a second | times `simpletrace.py` |",
        fs::metadata(&trace)?.len() / 1_000_000
    );
    println!("| --- | --- | --- | --- |");
    for (what, way) in ways {
        let ns = median(way)?.as_secs_f64() * 1e9 / per(records);
        let times = script.map_or_else(|| "-".to_owned(), |script| format!("{:.0}", script / ns));
        println!("| {what} | {ns:.1} | {:.1} | {times} |", 1e3 / ns);
    }
    if let Some(ns) = script {
        println!("| `simpletrace.py` | {ns:.0} | {:.3} | 1 |", 1e3 / ns);
    }
    Ok(())
}

#[allow(clippy::cast_precision_loss)] // some millions
fn per(records: u64) -> f64 {
    records.max(1) as f64
}

fn make(path: &Path, records: u64) -> Result<()> {
    let mut out = File::create(path)?;
    let (mut bytes, mut arguments) = (Vec::new(), Vec::new());
    encode::header(&mut bytes);
    for (id, name) in ["blk_read", "blk_done", "fw_cfg", "irq"].into_iter().enumerate() {
        encode::mapping(&mut bytes, id as u64, name)?;
    }
    let (mut time, mut random) = (123_456_789_012_345_u64, 1_u64);
    for record in 0..records {
        // Knuth's MMIX: any numbers will do
        random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        time += 300 + (random >> 52);
        arguments.clear();
        let words: &[u64] = match record % 4 {
            0 => &[random >> 34, 8],
            1 => &[0x7f00_0000_0000 + (random >> 28), 0, random >> 34, 8],
            2 => {
                encode::word(&mut arguments, record & 0xffff);
                encode::string(&mut arguments, b"etc/boot-fail");
                &[128]
            }
            _ => &[record >> 2 & 1],
        };
        for word in words {
            encode::word(&mut arguments, *word);
        }
        encode::event(&mut bytes, record % 4, time, 4711, &arguments)?;
        if bytes.len() > 1 << 20 {
            out.write_all(&bytes)?;
            bytes.clear();
        }
    }
    Ok(out.write_all(&bytes)?)
}

fn median(way: &dyn Fn() -> Result<()>) -> Result<Duration> {
    let mut took = Vec::new();
    for _ in 0..ROUNDS {
        let start = Instant::now();
        way()?;
        took.push(start.elapsed());
    }
    took.sort_unstable();
    Ok(took[ROUNDS / 2])
}

fn bytes(trace: &Path) -> Result<()> {
    let mut file = File::open(trace)?;
    let mut room = vec![0; 256 << 10];
    while file.read(&mut room)? > 0 {
        black_box(&room);
    }
    Ok(())
}

fn reader(trace: &Path) -> Result<()> {
    let mut reader = Reader::new(File::open(trace)?)?;
    while let Some(record) = reader.next()? {
        black_box(&record);
    }
    Ok(())
}

#[derive(Default)]
struct Reads {
    sectors: u64,
}

impl Analysis for Reads {
    fn event(&mut self, event: &Event<'_>) {
        if event.name() == "blk_read" {
            let mut arguments = event.arguments();
            self.sectors += arguments.word().and_then(|_| arguments.word()).unwrap_or(0);
        }
    }
}

fn analysis(trace: &Path) -> Result<()> {
    let mut reads = Reads::default();
    run(File::open(trace)?, &mut reads)?;
    black_box(reads.sectors);
    Ok(())
}

fn count(trace: &Path, declarations: &Declarations, histograms: &[String]) -> Result<()> {
    let (stats, read) = stats(Blocks::new(File::open(trace)?)?, declarations, histograms, &|_| {})?;
    black_box(stats.total());
    Ok(read?)
}

/// Nanoseconds a record of QEMU's script, without its start.
fn script(folder: &Path) -> Result<Option<f64>> {
    let Some(script) =
        env::var_os("QEMU_SRC").map(|source| Path::new(&source).join("scripts/simpletrace.py"))
    else {
        return Ok(None);
    };
    let (events, few, none) = (folder.join("events"), folder.join("few"), folder.join("none"));
    fs::write(&events, EVENTS)?;
    make(&few, SCRIPT_RECORDS)?;
    make(&none, 0)?;
    let time = |trace: &Path| -> Result<Option<Duration>> {
        let start = Instant::now();
        let mut command = Command::new("python3");
        command.arg(&script).arg(&events).arg(trace).stdout(Stdio::null()).stderr(Stdio::null());
        let done = command.status().is_ok_and(|status| status.success());
        Ok(done.then(|| start.elapsed()))
    };
    let (Some(start), Some(all)) = (time(&none)?, time(&few)?) else { return Ok(None) };
    Ok(Some(all.saturating_sub(start).as_secs_f64() * 1e9 / per(SCRIPT_RECORDS)))
}
