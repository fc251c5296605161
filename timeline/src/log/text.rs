//! The text of a log's lines, read when it is wanted.

use super::index::{Entry, Index, Kind};
use super::line;
use crate::shown::shown;
use crate::{Error, within};
use recording::{LogForm, Recording};
use std::fs::File;
use std::io::ErrorKind;
use std::os::unix::fs::FileExt;
use std::path::PathBuf;

/// The longest part of a line that is shown, in bytes.
const LONGEST: usize = 8192;

/// How much is read at once: lines that stand together are mostly written together.
const WINDOW: usize = 1 << 16;

/// The open logs. Holds one window a file.
#[derive(Debug)]
pub(crate) struct Texts {
    files: Vec<Text>,
}

#[derive(Debug)]
struct Text {
    path: PathBuf,
    form: LogForm,
    file: File,
    window: Vec<u8>,
    start: u64,
}

/// What a line says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Spoken {
    Event {
        name: String,
        text: String,
    },
    /// A line that is no event.
    Raw(String),
}

impl Texts {
    pub(crate) fn open(recording: &Recording, index: &Index) -> Result<Self, Error> {
        let open = |source: &super::index::Source| {
            let file = within::open(recording.dir(), &source.path)?;
            Ok(Text { path: source.path.clone(), form: source.form, file, window: Vec::new(), start: 0 })
        };
        Ok(Self { files: index.files.iter().map(open).collect::<Result<_, Error>>()? })
    }

    /// What an entry says; of several lines the one that begins at `from`, and where the next begins.
    pub(crate) fn read(&mut self, entry: &Entry, from: u64) -> Result<(Spoken, u64), Error> {
        let Some(text) = self.files.get_mut(usize::from(entry.file)) else {
            return Ok((Spoken::Raw(String::new()), entry.end));
        };
        let form = text.form;
        let bytes = text.bytes(from, entry.end)?;
        let newline = bytes.iter().position(|&byte| byte == b'\n');
        let shown_to = from + bytes.len() as u64;
        let line = &bytes[..newline.unwrap_or(bytes.len())];
        let event = match (entry.kind, form) {
            (Kind::Raw(_), _) => None,
            (_, LogForm::Qemu) => line::qemu(line),
            (_, LogForm::QemuPerThread) => line::dated(line),
        };
        let spoken = match event {
            Some(line) => Spoken::Event { name: shown(line.name), text: shown(line.text) },
            None => Spoken::Raw(shown(line)),
        };
        let next = match newline {
            Some(newline) => from + newline as u64 + 1,
            // longer than is shown
            None => text.after_newline(shown_to, entry.end)?,
        };
        Ok((spoken, next))
    }
}

impl Text {
    /// The bytes from `from`, as many as are shown.
    fn bytes(&mut self, from: u64, end: u64) -> Result<&[u8], Error> {
        let wanted = usize::try_from(end.saturating_sub(from)).unwrap_or(LONGEST).min(LONGEST);
        let inside = |text: &Self| {
            let at = usize::try_from(from.checked_sub(text.start)?).ok()?;
            (at.checked_add(wanted)? <= text.window.len()).then_some(at)
        };
        let at = if let Some(at) = inside(self) {
            at
        } else {
            self.fill(from)?;
            0
        };
        // a file that has become shorter since it was indexed has less
        Ok(&self.window[at.min(self.window.len())..(at + wanted).min(self.window.len())])
    }

    fn fill(&mut self, from: u64) -> Result<(), Error> {
        self.window.resize(WINDOW, 0);
        self.start = from;
        let mut filled = 0;
        while filled < WINDOW {
            match self.file.read_at(&mut self.window[filled..], from + filled as u64) {
                Ok(0) => break,
                Ok(count) => filled += count,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(Error::io("read", &self.path)(error)),
            }
        }
        self.window.truncate(filled);
        Ok(())
    }

    /// The byte after the next newline.
    fn after_newline(&mut self, mut from: u64, end: u64) -> Result<u64, Error> {
        while from < end {
            let bytes = self.bytes(from, end)?;
            match bytes.iter().position(|&byte| byte == b'\n') {
                Some(newline) => return Ok(from + newline as u64 + 1),
                None if bytes.is_empty() => break,
                None => from += bytes.len() as u64,
            }
        }
        Ok(end)
    }
}
