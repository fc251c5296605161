//! QEMU's log: standard error or a file.

use crate::foreign::{FRONT, Line};
use crate::message_option::LogStamp;
use crate::own::Own;
use crate::record::Record;
use crate::sink::{self, Dropped, Losses, Sink};
use crate::sinks::{LogSettings, Opened};
use crate::{delivered, thread};
use log_backend::{Batch, FRAME_MAX, Form, Log};
use printf::Text;
use std::io;
use std::mem::MaybeUninit;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, OnceLock};

const NAME: &str = "log";

/// The process's log, whose file may be changed while it is written.
static LOG: OnceLock<Log> = OnceLock::new();

/// What the writer's thread has put off; nobody else takes it.
static LATER: Own<Mutex<Option<Later>>> = Own::new(|| Mutex::new(LOG.get().map(Later::new)));

/// Lines that are to be written, and what is to be told when the log takes lines.
struct Later {
    log: &'static Log,
    batch: Batch<'static>,
    /// What queues had no room for, and the log has no line of yet.
    untold: Option<Dropped>,
    /// Whether the log took the last lines.
    takes: bool,
}

/// Lines of ours that are among the log's losses. Not with the others: the writer may wait for a pipe's reader, and who asks for
/// losses need not.
static OURS: AtomicU64 = AtomicU64::new(0);

struct LogSink(&'static Log);

/// What its lines begin with, and whether each thread has a file. Remembered for a log that comes up later.
static WISHES: OnceLock<(Form, bool)> = OnceLock::new();

pub(crate) fn open(settings: &LogSettings<'_>) -> Opened {
    let form = match settings.stamp {
        LogStamp::Thread => Form::Stamp,
        LogStamp::Iso8601 => Form::Iso8601,
        LogStamp::None => Form::Plain,
    };
    let _ = WISHES.set((form, settings.file_a_thread));
    let log = match settings.file {
        Some(template) if settings.file_a_thread => Log::to_file_a_thread(template),
        None => Log::to_stderr(),
        Some(file) if settings.empty => Log::to_file(file),
        Some(file) => Log::to_end_of_file(file),
    };
    Opened { bit: sink::LOG, name: NAME.to_owned(), sink: log.map(keep).map_err(|error| error.to_string()) }
}

/// Goes on in another file. Gives back the sink if there was none so far.
pub(crate) fn set_file(path: &Path) -> Result<Option<Box<dyn Sink>>, String> {
    match LOG.get() {
        Some(log) => log.switch_to_file(path).map(|()| None),
        None if wishes().1 => Log::to_file_a_thread(path).map(|log| Some(keep(log))),
        None => Log::to_file(path).map(|log| Some(keep(log))),
    }
    .map_err(|error| error.to_string())
}

/// Writes a line of C's own making.
pub(crate) fn write_made(line: Line<'_>) {
    const { assert!(FRAME_MAX <= FRONT) };
    let log = LOG.get();
    if log.is_none() && crate::tracing().is_some() {
        // it cannot be had, as `unavailable` tells
        return;
    }
    let thread = thread::id();
    let mut frame = [MaybeUninit::uninit(); FRAME_MAX];
    let mut text = Text::new(&mut frame);
    match log {
        Some(log) => log.frame(thread, &mut text),
        None => Log::frame_for_stderr(thread, &mut text),
    }
    let Line { room, end } = line;
    let start = FRONT - text.len();
    room[start..FRONT].copy_from_slice(text.as_bytes());
    room[end] = b'\n';
    match log {
        Some(log) => {
            log.write_framed(thread, &room[start..=end]);
            delivered::count(sink::LOG);
        }
        None => Log::write_framed_to_stderr(&room[start..=end]),
    }
}

/// Whether each thread has a file.
pub(crate) fn has_file_a_thread() -> bool {
    wishes().1
}

fn wishes() -> (Form, bool) {
    WISHES.get().copied().unwrap_or_default()
}

fn keep(log: Log) -> Box<dyn Sink> {
    log.set_form(wishes().0);
    Box::new(LogSink(LOG.get_or_init(|| log)))
}

impl Later {
    fn new(log: &'static Log) -> Self {
        Self { log, batch: log.batch(), untold: None, takes: true }
    }

    fn flush(&mut self) {
        if !self.batch.is_empty() {
            let before = self.log.lost().lines;
            self.batch.flush();
            self.takes = self.log.lost().lines == before;
        }
    }

    /// Tells how many events a queue had no room for, if the log takes lines just now: the number must not be lost with its line.
    fn tell(&mut self) {
        let Some(dropped) = self.untold.filter(|_| self.takes) else { return };
        let mut room = [MaybeUninit::uninit(); 48];
        let before = self.log.lost().lines;
        self.batch.push(dropped.wall_time, dropped.thread, dropped.line(&mut room));
        self.flush();
        if self.takes {
            self.untold = None;
        } else {
            OURS.fetch_add(self.log.lost().lines - before, Ordering::Relaxed);
        }
    }
}

impl Sink for LogSink {
    fn name(&self) -> &str {
        NAME
    }

    fn emit(&self, record: &Record<'_>) {
        let (log, tid) = (self.0, record.thread());
        match record.framed(|text| log.frame(tid, text), b'\n') {
            Some(line) => log.write_framed(tid, line),
            None => log.write_line(tid, record.line()),
        }
    }

    fn emit_queued(&self, record: &Record<'_>) {
        if let Some(later) = &mut *LATER.lock() {
            later.batch.push(record.wall_time(), record.thread(), record.line());
        }
    }

    fn dropped(&self, dropped: Dropped) {
        if let Some(later) = &mut *LATER.lock() {
            later.flush();
            let before = later.untold.map_or(0, |untold| untold.records);
            later.untold = Some(Dropped { records: before + dropped.records, ..dropped });
            later.tell();
        }
    }

    fn flush(&self) {
        if let Some(later) = &mut *LATER.lock() {
            later.flush();
            later.tell();
        }
    }

    fn losses(&self) -> Losses {
        let lost = self.0.lost();
        let why = match lost.errno {
            _ if lost.lines == 0 => None,
            0 => Some("a line was written in part".to_owned()),
            errno => Some(io::Error::from_raw_os_error(errno).to_string()),
        };
        Losses { records: lost.lines.saturating_sub(OURS.load(Ordering::Relaxed)), why }
    }
}
