//! QEMU's binary trace. Its records always come from the queue.

use crate::own::Own;
use crate::queue;
use crate::record::Record;
use crate::sink::{self, Dropped, Losses, Sink};
use crate::sinks::Opened;
use crate::sinks::trace_file::{TraceFile, Unwritten, with_process};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicI32, AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError, TryLockError};
use std::time::{Duration, Instant};

/// As QEMU names it.
const USUAL: &str = "trace-%d";

/// The name as it was given, [`USUAL`] if it was not, and whether the file is open. Whoever changes anything at all holds the
/// lock of `Tracing`, which is free in a forked child.
static NAMED: Mutex<(Option<PathBuf>, bool)> = Mutex::new((None, false));

static IS_OPEN: AtomicBool = AtomicBool::new(false);

/// The file, which the monitor opens, closes and changes while the writer's thread writes it, and what that could not write.
static TRACE: Own<Trace> = Own::new(Trace::default);

/// What a forked child could not keep.
static FORKED: AtomicU64 = AtomicU64::new(0);

/// How long a change waits for a write into the file before, which may be a pipe that nobody empties.
const PATIENCE: Duration = Duration::from_secs(1);

#[derive(Default)]
struct Trace {
    file: Mutex<Option<TraceFile>>,
    /// Not with the file: the writer may be held up by that, and who asks for losses need not.
    lost: AtomicU64,
    /// Why: [`OFF`], or an errno.
    why: AtomicI32,
}

/// What is no errno: the file is closed.
const OFF: i32 = -1;

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

/// Whether the file is open, for who may not wait.
pub(crate) fn is_open() -> bool {
    IS_OPEN.load(Ordering::Relaxed)
}

/// Makes or empties the file, or closes it.
pub(crate) fn switch(on: bool) -> Result<(), String> {
    let (path, was_on) = status();
    if on == was_on { Ok(()) } else { go_on_in(on.then_some(&path)) }
}

/// Goes on in another file if one is open; otherwise the next one to be opened has this name.
pub(crate) fn set(name: &Path) -> Result<(), String> {
    if status().1 {
        go_on_in(Some(&path(Some(name))))?;
    }
    NAMED.lock().unwrap_or_else(PoisonError::into_inner).0 = Some(name.to_owned());
    Ok(())
}

/// In a forked child: goes on in a file of its own, if the parent's name has the process's number in it.
pub(crate) fn forked() -> Result<(), String> {
    let (path_here, was_on) = status();
    go_on_in(None)?;
    let name = NAMED.lock().unwrap_or_else(PoisonError::into_inner).0.clone();
    let is_own = name.as_deref().unwrap_or(Path::new(USUAL)) != path_here;
    if was_on && is_own { switch(true) } else { Ok(()) }
}

fn path(name: Option<&Path>) -> PathBuf {
    with_process(name.unwrap_or(Path::new(USUAL)))
}

/// Makes the next file with the one before at rest: it may be the same, which is emptied.
fn go_on_in(path: Option<&Path>) -> Result<(), String> {
    let trace = TRACE.get();
    let mut file = trace
        .file_within(PATIENCE)
        .ok_or("a write into the trace file takes too long: does anyone read it?")?;
    if let Some(before) = &mut *file {
        trace.count(&before.flush());
    }
    let create = |path: &Path| {
        TraceFile::create(path).map_err(|error| format!("trace file {}: {error}", path.display()))
    };
    *file = path.map(create).transpose()?;
    if let Some(file) = &mut *file {
        file.miss(queue::untold(sink::SIMPLE));
    }
    NAMED.lock().unwrap_or_else(PoisonError::into_inner).1 = file.is_some();
    IS_OPEN.store(file.is_some(), Ordering::Relaxed);
    Ok(())
}

impl Trace {
    fn file(&self) -> MutexGuard<'_, Option<TraceFile>> {
        self.file.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The same, if it can be had within a time.
    fn file_within(&self, most: Duration) -> Option<MutexGuard<'_, Option<TraceFile>>> {
        let start = Instant::now();
        loop {
            match self.file.try_lock() {
                Ok(file) => return Some(file),
                Err(TryLockError::Poisoned(file)) => return Some(file.into_inner()),
                Err(TryLockError::WouldBlock) if start.elapsed() >= most => return None,
                // the writer has it for the time of a record or a write
                Err(TryLockError::WouldBlock) => std::thread::park_timeout(Duration::from_micros(100)),
            }
        }
    }

    fn count(&self, written: &Result<(), Unwritten>) {
        if let Err(Unwritten { events, errno }) = *written {
            self.lose(events, errno.raw_os_error());
        }
    }

    #[cold]
    fn lose(&self, events: u64, why: i32) {
        self.why.store(why, Ordering::Relaxed);
        self.lost.fetch_add(events, Ordering::Relaxed);
    }
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
        let trace = TRACE.get();
        match &mut *trace.file() {
            Some(file) => {
                let arguments = record.arguments().unwrap_or_default();
                let (time, thread) = (record.time(), record.thread());
                let written = file.event(record.event(), time, thread, arguments, record.values());
                trace.count(&written);
            }
            None => trace.lose(1, OFF),
        }
    }

    fn dropped(&self, dropped: Dropped) {
        if let Some(file) = &mut *TRACE.get().file() {
            file.dropped(dropped.time, dropped.thread, dropped.records);
        }
    }

    fn flush(&self) {
        let trace = TRACE.get();
        if let Some(file) = &mut *trace.file() {
            trace.count(&file.flush());
        }
    }

    fn losses(&self) -> Losses {
        let trace = TRACE.get();
        let forked = FORKED.load(Ordering::Relaxed);
        let why = match trace.why.load(Ordering::Relaxed) {
            0 if forked == 0 => None,
            0 => Some("the process was forked, and has no writer (Tracing::forked)".to_owned()),
            OFF => Some("the trace file is off".to_owned()),
            errno => Some(io::Error::from_raw_os_error(errno).to_string()),
        };
        Losses { records: trace.lost.load(Ordering::Relaxed) + forked, why }
    }
}
