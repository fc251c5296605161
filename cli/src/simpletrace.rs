//! `vmtrace simpletrace`

use crate::progress::{self, Progress};
use crate::tell;
use anyhow::{Context as _, Result, bail};
use simpletrace::Blocks;
use std::fs::File;
use std::io::{Cursor, ErrorKind, Read};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use timeline::Error;
use timeline::simple::{Declarations, Flight, Form, render, stats};

/// Tell a binary trace: QEMU's `simple` backend writes it, and so does a VMM that is built with the vmtrace crate; or a
/// flight recorder's file, whatever became of the VMM.
///
/// Each line has the time since the first record in seconds, the thread (of QEMU's own traces the process), the event, and
/// what its format makes of its arguments, as the VMM's log would have it. Where events were lost, a line says how many.
///
/// The declarations must be those of the VMM that wrote the trace. An event whose record does not fit is told of once, and
/// its bytes are shown. A trace that is cut off or damaged is told up to there; then it is said what is wrong at which byte,
/// and the exit status is 1.
#[derive(clap::Args)]
#[command(after_long_help = EXAMPLES, override_usage = "vmtrace simpletrace [OPTIONS] [EVENTS]... TRACE")]
#[allow(clippy::struct_excessive_bools)] // switches, each on its own
pub(crate) struct Arguments {
    /// The declarations, then the trace: QEMU's trace-events-all, or the VMM's trace-events files, and the file to tell
    ///
    /// The trace may be a flight recorder's file, which has its declarations in it, or - for standard input. A recorder's
    /// file may be given for its declarations as well, with a dump of it as the trace.
    #[arg(value_name = "EVENTS... TRACE", required = true, num_args = 1..)]
    files: Vec<PathBuf>,

    /// To the byte what QEMU's scripts/simpletrace.py prints
    ///
    /// NAME, the microseconds since the line before, pid=, and each argument by its name. It ends where that script ends: at
    /// an event that is not declared.
    #[arg(long, conflicts_with_all = ["json", "absolute"])]
    qemu: bool,

    /// One JSON object a line, for programs
    ///
    /// {"time_ns": of CLOCK_MONOTONIC, "thread":, "event":, "args": {}}, or {"time_ns":, "thread":, "dropped": N}. An event
    /// whose declaration does not fit has "bytes", in hexadecimal, in place of "args".
    #[arg(long, conflicts_with = "absolute")]
    json: bool,

    /// Count the events, in place of a line for each: how many, how many a second
    #[arg(long, conflicts_with_all = ["qemu", "json", "absolute"])]
    stats: bool,

    /// Show how the values of an argument are spread; may be given many times, and means --stats
    ///
    /// Few numbers are counted one by one, many by powers of two; of strings the most frequent ones are shown.
    #[arg(long, value_name = "EVENT.ARGUMENT", conflicts_with_all = ["qemu", "json", "absolute"])]
    histogram: Vec<String>,

    /// The clock's own seconds in place of those since the first record
    ///
    /// The clock is CLOCK_MONOTONIC, as ftrace's clock mono has it; with a trace that SystemTap wrote it is the time of day.
    #[arg(long)]
    absolute: bool,

    /// The trace lacks its first 24 bytes, the header
    ///
    /// An event whose id the trace does not name is the one at that place among the declarations, from 0: what SystemTap's
    /// scripts print has no names.
    #[arg(long)]
    no_header: bool,
}

const EXAMPLES: &str = "\
Examples:
  vmtrace simpletrace trace-events-all trace-4711 | less
  vmtrace simpletrace hw/trace-events accel/trace-events trace-4711
  vmtrace simpletrace --stats --histogram blk_read.sector trace-events-all trace-4711
  vmtrace simpletrace --qemu trace-events-all trace-4711
  vmtrace simpletrace flight-4711
  vmtrace simpletrace --json trace-events-all trace-4711 | jq -c 'select(.args.sector == 64)'";

pub(crate) fn run(arguments: &Arguments) -> Result<ExitCode> {
    let (trace, events) = arguments.files.split_last().context("which trace?")?;
    let mut declarations = declarations(events)?;
    let tell = |notice: &_| {
        progress::clear();
        tell::line(&format!("{notice}"));
    };
    let out = &mut std::io::stdout();
    let form = match arguments {
        Arguments { qemu: true, .. } => Form::Qemu,
        Arguments { json: true, .. } => Form::Json,
        Arguments { absolute, .. } => Form::Text { absolute: *absolute },
    };
    let (source, damage) = source(trace, &mut declarations)?;
    if declarations.is_empty() {
        bail!("{}: no declarations: give the VMM's trace-events files before the trace", trace.display());
    }
    let done = blocks(source, arguments.no_header.then_some(&declarations)).and_then(|blocks| {
        if arguments.stats || !arguments.histogram.is_empty() {
            let (stats, read) = stats(blocks, &declarations, &arguments.histogram, &tell)?;
            return stats.write(out).and(read);
        }
        render(blocks, &declarations, form, &tell, out)
    });
    let done = done.and(damage.map_or(Ok(()), Err));
    match done {
        // The reader (`head`, `less`) has seen enough.
        Err(Error::Write { source }) if source.kind() == ErrorKind::BrokenPipe => {}
        done => done.with_context(|| trace.display().to_string())?,
    }
    Ok(ExitCode::SUCCESS)
}

/// How many errors of the declarations are told.
const MOST_ERRORS: usize = 10;

fn declarations(paths: &[PathBuf]) -> Result<Declarations> {
    let mut declarations = Declarations::default();
    for path in paths {
        if let Some(flight) = Flight::open(path)? {
            declarations.extend(flight.declarations);
            continue;
        }
        let source = std::fs::read(path).with_context(|| format!("read {}", path.display()))?;
        let errors = declarations.read(&path.to_string_lossy(), &source);
        for error in errors.iter().take(MOST_ERRORS) {
            tell::line(&error.to_string());
        }
        if let Some(more) = errors.len().checked_sub(MOST_ERRORS).filter(|more| *more > 0) {
            tell::line(&format!("{more} errors more in {}", path.display()));
        }
    }
    Ok(declarations)
}

type Source = Box<dyn Read + Send>;

/// Where the trace is read from. A flight recorder's file adds its declarations, and what is damaged in it is told in the end.
fn source(path: &Path, declarations: &mut Declarations) -> Result<(Source, Option<Error>)> {
    if path.as_os_str() == "-" {
        return Ok((Box::new(Progress::new(std::io::stdin(), None)), None));
    }
    if let Some(flight) = Flight::open(path)? {
        declarations.extend(flight.declarations);
        return Ok((Box::new(Cursor::new(flight.trace)), flight.damage));
    }
    let file = File::open(path).with_context(|| format!("open {}", path.display()))?;
    let total = file.metadata().ok().filter(std::fs::Metadata::is_file).map(|file| file.len());
    Ok((Box::new(Progress::new(file, total)), None))
}

fn blocks(source: Source, without_header: Option<&Declarations>) -> Result<Blocks<Source>, Error> {
    Ok(match without_header {
        Some(declarations) => Blocks::without_header(source, declarations.names())?,
        None => Blocks::new(source)?,
    })
}
