//! QEMU's binary trace. Its records always come from the queue.

use crate::own::Own;
use crate::record::Record;
use crate::sink::{self, Dropped, Losses, Sink};
use crate::sinks::Opened;
use crate::sinks::trace_file::{TraceFile, Unwritten, with_process};
use rustix::io::Errno;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

/// As QEMU names it.
const USUAL: &str = "trace-%d";

/// The name as it was given, [`USUAL`] if it was not, and whether the file is open. Whoever changes anything at all holds the
/// lock of `Tracing`, which is free in a forked child.
static NAMED: Mutex<(Option<PathBuf>, bool)> = Mutex::new((None, false));

/// The file, which the monitor opens, closes and changes while the writer's thread writes it.
static TRACE: Own<Trace> = Own::new(|| Trace { file: None });

/// What was lost, and why. Not with the file: its writer may wait for a pipe's reader, and who asks for losses need not.
static LOST: Own<(u64, Option<Why>)> = Own::new(|| (0, None));

/// What a forked child could not keep.
static FORKED: AtomicU64 = AtomicU64::new(0);

struct Trace {
    file: Option<TraceFile>,
}

/// Why records are lost here.
#[derive(Clone, Copy)]
enum Why {
    Off,
    Errno(Errno),
}

struct SimpleSink;

pub(crate) fn open(name: Option<&Path>, is_asked: bool) -> Opened {
    NAMED.lock().unwrap_or_else(PoisonError::into_inner).0 = name.map(Path::to_owned);
    let opened = if is_asked { switch(true) } else { Ok(()) };
    Opened { bit: sink::SIMPLE, name: "simple".to_owned(), sink: opened.map(|()| sink()) }
}

/// The sink, whether its file is open or not.
pub(crate) fn sink() -> Box<dyn Sink> {
    Box::new(SimpleSink)
}

/// The file's name, and whether it is open.
pub(crate) fn status() -> (PathBuf, bool) {
    let named = NAMED.lock().unwrap_or_else(PoisonError::into_inner);
    (path(named.0.as_deref()), named.1)
}

/// Makes or empties the file, or closes it.
pub(crate) fn switch(on: bool) -> Result<(), String> {
    let (path, was_on) = status();
    if on != was_on {
        go_on_in(if on { Some(create(&path)?) } else { None });
    }
    Ok(())
}

/// Goes on in another file if one is open; otherwise the next one to be opened has this name.
pub(crate) fn set(name: &Path) -> Result<(), String> {
    if status().1 {
        go_on_in(Some(create(&path(Some(name)))?));
    }
    NAMED.lock().unwrap_or_else(PoisonError::into_inner).0 = Some(name.to_owned());
    Ok(())
}

/// In a forked child: goes on in a file of its own, if the parent's name has the process's number in it.
pub(crate) fn forked() -> Result<(), String> {
    let (path_here, was_on) = status();
    go_on_in(None);
    let name = NAMED.lock().unwrap_or_else(PoisonError::into_inner).0.clone();
    let is_own = name.as_deref().unwrap_or(Path::new(USUAL)) != path_here;
    if was_on && is_own { switch(true) } else { Ok(()) }
}

fn path(name: Option<&Path>) -> PathBuf {
    with_process(name.unwrap_or(Path::new(USUAL)))
}

fn create(path: &Path) -> Result<TraceFile, String> {
    TraceFile::create(path).map_err(|error| format!("trace file {}: {error}", path.display()))
}

fn go_on_in(file: Option<TraceFile>) {
    NAMED.lock().unwrap_or_else(PoisonError::into_inner).1 = file.is_some();
    let mut trace = TRACE.lock();
    if let Some(mut before) = std::mem::replace(&mut trace.file, file) {
        let flushed = before.flush();
        count(&flushed);
    }
}

fn count(written: &Result<(), Unwritten>) {
    if let Err(Unwritten { events, errno }) = *written {
        lose(events, Why::Errno(errno));
    }
}

#[cold]
fn lose(events: u64, why: Why) {
    let mut lost = LOST.lock();
    *lost = (lost.0 + events, Some(why));
}

impl Sink for SimpleSink {
    fn name(&self) -> &'static str {
        "simple"
    }

    /// Only a process that was forked comes here.
    fn emit(&self, _: &Record<'_>) {
        FORKED.fetch_add(1, Ordering::Relaxed);
    }

    fn emit_queued(&self, record: &Record<'_>) {
        let mut trace = TRACE.lock();
        match &mut trace.file {
            Some(file) => {
                let arguments = record.arguments().unwrap_or_default();
                let (time, thread) = (record.time(), record.thread());
                let written = file.event(record.event(), time, thread, arguments, record.values());
                count(&written);
            }
            None => lose(1, Why::Off),
        }
    }

    fn dropped(&self, dropped: Dropped) {
        if let Some(file) = &mut TRACE.lock().file {
            file.dropped(dropped.time, dropped.thread, dropped.records);
        }
    }

    fn flush(&self) {
        let mut trace = TRACE.lock();
        if let Some(file) = &mut trace.file {
            let flushed = file.flush();
            count(&flushed);
        }
    }

    fn losses(&self) -> Losses {
        let (lost, why) = *LOST.lock();
        let forked = FORKED.load(Ordering::Relaxed);
        let why = match why {
            None if forked == 0 => None,
            None => Some("the process was forked, and has no writer (Tracing::forked)".to_owned()),
            Some(Why::Off) => Some("the trace file is off".to_owned()),
            Some(Why::Errno(errno)) => Some(io::Error::from(errno).to_string()),
        };
        Losses { records: lost + forked, why }
    }
}
