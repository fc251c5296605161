//! Sinks of the VMM's own. What they are handed stands in the file that the environment's `EMITTER_NAME` names, a line each.

use super::say;
use std::fs::File;
use std::io::Write;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use vmtrace::{Dropped, Record, Sink};

/// The lines that another sink was handed at the same place as the one before, and at another.
static SAME: AtomicUsize = AtomicUsize::new(0);
static OTHER: AtomicUsize = AtomicUsize::new(0);
/// What the sink before was handed: its time and its line.
static LAST: Mutex<(u64, usize)> = Mutex::new((0, 0));

pub(crate) struct Own {
    name: &'static str,
    mode: &'static str,
    file: Mutex<Option<std::io::BufWriter<File>>>,
}

impl Own {
    pub(crate) fn new(name: &'static str, mode: &'static str) -> Self {
        let path = std::env::var_os(format!("EMITTER_{}", name.to_uppercase()));
        let file = path.and_then(|path| File::create(path).ok()).map(std::io::BufWriter::new);
        Self { name, mode, file: Mutex::new(file) }
    }

    fn put(&self, line: std::fmt::Arguments<'_>) {
        if let Some(file) = &mut *self.file.lock().unwrap_or_else(PoisonError::into_inner) {
            let written = writeln!(file, "{line}").and_then(|()| {
                // nobody calls `flush` of one that is not queued
                if self.mode == "sync" { file.flush() } else { Ok(()) }
            });
            written.unwrap_or_else(|error| say(&format!("{}: {error}", self.name)));
        }
    }

    fn take(&self, record: &Record<'_>) {
        let here = std::thread::current();
        let line = record.line();
        assert!(!line.starts_with(b"emitter_child pid 0 "), "the sink {} was asked to panic", self.name);
        let mine = (record.time(), line.as_ptr() as usize);
        let last = std::mem::replace(&mut *LAST.lock().unwrap_or_else(PoisonError::into_inner), mine);
        if last.0 == mine.0 {
            (if last == mine { &SAME } else { &OTHER }).fetch_add(1, Ordering::Relaxed);
        }
        let (time, wall, thread) = (record.time(), record.wall_time(), record.thread());
        let by = here.name().unwrap_or("?");
        self.put(format_args!("{time} {thread} {wall} {by} {}", String::from_utf8_lossy(line)));
    }
}

impl Sink for Own {
    fn name(&self) -> &str {
        self.name
    }

    fn emit(&self, record: &Record<'_>) {
        assert_eq!(self.mode, "sync", "{}", self.name);
        self.take(record);
    }

    fn emit_queued(&self, record: &Record<'_>) {
        assert_eq!(self.mode, "queued", "{}", self.name);
        self.take(record);
    }

    fn dropped(&self, dropped: Dropped) {
        let Dropped { records, time, wall_time, thread } = dropped;
        self.put(format_args!("{time} {thread} {wall_time} vmtrace lost {records}"));
    }

    fn flush(&self) {
        if let Some(file) = &mut *self.file.lock().unwrap_or_else(PoisonError::into_inner) {
            file.flush().unwrap_or_else(|error| say(&format!("{}: {error}", self.name)));
        }
    }
}

pub(crate) fn tell() {
    say(&format!("same {}", SAME.load(Ordering::Relaxed)));
    say(&format!("other {}", OTHER.load(Ordering::Relaxed)));
}
