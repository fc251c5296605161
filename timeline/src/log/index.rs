//! Where each line of the logs is, when it was written and by which thread.

use super::line::{self, Line};
use crate::{Error, within};
use recording::{LogFile, LogForm, Recording};
use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::PathBuf;

/// The most files that are read: a VMM has a log a thread at most.
const MOST_FILES: usize = 4096;

/// As much of a line as says when, who and what.
const HEAD: usize = 512;

/// The logs of a recording. Holds some 60 bytes a line.
#[derive(Debug, Default)]
pub(crate) struct Index {
    pub(crate) files: Vec<Source>,
    pub(crate) entries: Vec<Entry>,
    /// The longest event name.
    pub(crate) widest: usize,
    /// Files that were one too many.
    pub(crate) unread: usize,
}

/// A file of lines.
#[derive(Debug)]
pub(crate) struct Source {
    pub(crate) path: PathBuf,
    pub(crate) form: LogForm,
    /// The thread that writes it, where the lines do not say.
    thread: Option<u32>,
}

/// A line, or several in a row that are no events.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Entry {
    pub(crate) file: u16,
    pub(crate) kind: Kind,
    /// The thread; of lines that are no events that of the event before.
    pub(crate) thread: Option<u32>,
    /// The first byte, and the byte after the last.
    pub(crate) start: u64,
    pub(crate) end: u64,
    /// The wall clock; of lines that are no events that of the event before, 0 if there is none.
    pub(crate) wall: u64,
    /// Where it stands on the timeline.
    pub(crate) placed: u64,
    /// When the exit was that it tells of.
    pub(crate) exit: Option<u64>,
}

/// What a line is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// An event.
    Event,
    /// QEMU's `kvm_run_exit`, with the exit's number.
    Exit(u32),
    /// So many lines that are no events.
    Raw(u32),
}

impl Index {
    /// Reads all logs that the manifest names.
    pub(crate) fn read(recording: &Recording, logs: &[LogFile]) -> Result<Self, Error> {
        let mut index = Self::default();
        for log in logs {
            for (path, thread) in paths(recording, log)? {
                if index.files.len() == MOST_FILES {
                    index.unread += 1;
                    continue;
                }
                let file = within::open(recording.dir(), &path)?;
                index.files.push(Source { path, form: log.form, thread });
                index.scan(file)?;
            }
        }
        Ok(index)
    }

    /// Reads the file that was pushed last.
    fn scan(&mut self, file: File) -> Result<(), Error> {
        let number = u16::try_from(self.files.len() - 1).unwrap_or(u16::MAX);
        let Source { path, form, thread } = &self.files[usize::from(number)];
        let (form, thread) = (*form, *thread);
        let mut lines = Lines::new(file);
        let mut before = (thread, 0);
        let mut previous: Option<usize> = None;
        while let Some((start, end)) = lines.next().map_err(Error::io("read", path))? {
            let found = match form {
                LogForm::Qemu => line::qemu(&lines.head),
                LogForm::QemuPerThread => line::dated(&lines.head),
            };
            let raw = Entry {
                file: number,
                kind: Kind::Raw(1),
                thread: before.0,
                start,
                end,
                wall: before.1,
                placed: 0,
                exit: None,
            };
            let entry = match &found {
                Some(line @ Line { wall, name, .. }) => {
                    self.widest = self.widest.max(name.len());
                    let kind = line::exit_reason(line).map_or(Kind::Event, Kind::Exit);
                    Entry { kind, thread: line.thread.or(thread), wall: *wall, ..raw }
                }
                None => raw,
            };
            before = (entry.thread, entry.wall);
            // lines that are no events are kept as one
            if let Some(last) = previous
                && let Kind::Raw(count) = &mut self.entries[last].kind
                && found.is_none()
                && *count < u32::MAX
            {
                *count += 1;
                self.entries[last].end = end;
                continue;
            }
            previous = Some(self.entries.len());
            self.entries.push(entry);
        }
        Ok(())
    }
}

/// The files of a log, with the thread that each is of.
fn paths(recording: &Recording, log: &LogFile) -> Result<Vec<(PathBuf, Option<u32>)>, Error> {
    let path = recording.dir().join(&log.path);
    if log.form == LogForm::Qemu {
        return Ok(vec![(path, None)]);
    }
    let strange = || Error::Strange { path: path.clone() };
    let folder = path.parent().ok_or_else(strange)?;
    let prefix = path.file_name().ok_or_else(strange)?.to_string_lossy().into_owned();
    let entries = within::list(recording.dir(), folder)?;
    let mut found: Vec<(PathBuf, Option<u32>)> = entries
        .into_iter()
        .filter_map(|entry| {
            let name = entry.file_name()?.to_string_lossy().into_owned();
            let thread = name.strip_prefix(&prefix)?.parse().ok()?;
            Some((entry, Some(thread)))
        })
        .collect();
    found.sort_by_key(|(_, thread)| *thread);
    Ok(found)
}

/// The lines of a file, each with its first bytes.
struct Lines {
    file: BufReader<File>,
    at: u64,
    head: Vec<u8>,
}

impl Lines {
    fn new(file: File) -> Self {
        Self { file: BufReader::with_capacity(1 << 16, file), at: 0, head: Vec::with_capacity(HEAD) }
    }

    /// The next line's first byte and the byte after its last, without the newline.
    fn next(&mut self) -> std::io::Result<Option<(u64, u64)>> {
        self.head.clear();
        let start = self.at;
        let mut end = start;
        loop {
            let buffered = self.file.fill_buf()?;
            if buffered.is_empty() {
                self.at = end;
                return Ok((end > start).then_some((start, end)));
            }
            let newline = buffered.iter().position(|&byte| byte == b'\n');
            let part = &buffered[..newline.unwrap_or(buffered.len())];
            let room = HEAD - self.head.len();
            self.head.extend_from_slice(&part[..part.len().min(room)]);
            end += part.len() as u64;
            let taken = part.len() + usize::from(newline.is_some());
            self.file.consume(taken);
            if newline.is_some() {
                self.at = end + 1;
                return Ok(Some((start, end)));
            }
        }
    }
}
