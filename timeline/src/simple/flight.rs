//! A flight recorder's file: what a VMM's threads did last, with the declarations in it.

use super::Declarations;
use crate::Error;
use ring::{Kind, Recording};
use simpletrace::encode;
use std::fs::File;
use std::io::Read;
use std::path::Path;

/// What the file calls its declarations.
const NAME: &str = "the flight recorder's declarations";

/// A flight recorder's file, as a trace of QEMU's binary format.
#[derive(Debug)]
pub struct Flight {
    /// The declarations that it holds.
    pub declarations: Declarations,
    /// The trace.
    pub trace: Vec<u8>,
    /// What is damaged, behind what the trace has.
    pub damage: Option<Error>,
}

impl Flight {
    /// Reads a file. `None` if it is none of a flight recorder.
    ///
    /// A record's payload is a word of 64 bits, in whose lower half is the event's number, by the place of its declaration,
    /// and the arguments as a binary trace has them.
    ///
    /// # Errors
    /// [`Error::Flight`] if it cannot be read, or is one of a version that this program does not know.
    pub fn open(path: &Path) -> Result<Option<Self>, Error> {
        if !begins(path)? {
            return Ok(None);
        }
        let recording = Recording::open(path)?;
        let mut declarations = Declarations::default();
        declarations.read(NAME, recording.about());
        let names: Vec<String> =
            trace_events::parse(NAME, recording.about()).events.into_iter().map(|event| event.name).collect();
        let mut trace = Vec::new();
        encode::header(&mut trace);
        for (id, name) in (0..).zip(&names) {
            // a damaged name has no place there; its records are told of as such
            _ = encode::mapping(&mut trace, id, name);
        }
        let read = recording.entries(|entry| match entry.kind {
            Kind::Lost(count) => encode::dropped(&mut trace, entry.time, entry.tid, count),
            Kind::Record(payload) => {
                let Some((head, arguments)) = payload.split_first_chunk::<8>() else { return };
                let id = u64::from_le_bytes(*head) & u64::from(u32::MAX);
                // what is longer than a record of that format may be cannot be one of the recorder's
                _ = encode::event(&mut trace, id, entry.time, entry.tid, arguments);
            }
        });
        Ok(Some(Self { declarations, trace, damage: read.err().map(Error::from) }))
    }
}

/// Whether a file begins as a recorder's. A pipe does not, and nothing is taken from it.
fn begins(path: &Path) -> Result<bool, Error> {
    let fault = |call| move |source| Error::Io { call, path: path.to_owned(), source };
    if !std::fs::metadata(path).map_err(fault("stat"))?.is_file() {
        return Ok(false);
    }
    let mut head = Vec::new();
    File::open(path).map_err(fault("open"))?.take(16).read_to_end(&mut head).map_err(fault("read"))?;
    Ok(Recording::begins(&head))
}
