//! The kernel's ring: `trace_marker` of the top level, or of an instance.

use crate::delivered;
use crate::record::Record;
use crate::sink::{self, Losses, Sink};
use crate::sinks::Opened;
use ftrace::{Marker, Tracefs};
use std::path::Path;
use std::sync::OnceLock;

const NAME: &str = "ftrace";

struct FtraceSink(&'static Marker);

/// The process's marker.
static MARKER: OnceLock<Marker> = OnceLock::new();

pub(crate) fn open(instance: Option<&Path>) -> Opened {
    let marker = match instance {
        // a bare name is that of an instance
        Some(name) if !name.as_os_str().as_encoded_bytes().contains(&b'/') => {
            Tracefs::find().and_then(|tracefs| Marker::open(&tracefs.root().join("instances").join(name)))
        }
        Some(instance) => Marker::open(instance),
        None => Tracefs::find().and_then(|tracefs| Marker::open(tracefs.root())),
    };
    let sink = marker
        .map(|marker| Box::new(FtraceSink(MARKER.get_or_init(|| marker))) as Box<dyn Sink>)
        .map_err(|error| error.to_string());
    Opened { bit: sink::FTRACE, name: NAME.to_owned(), sink }
}

/// Writes an entry of C's own making, in which nothing is to be escaped any more.
pub(crate) fn write_text(text: &[u8]) {
    if let Some(marker) = MARKER.get() {
        // the marker itself counts what it cannot write
        let _ = marker.write(text);
        delivered::count(sink::FTRACE);
    }
}

impl Sink for FtraceSink {
    fn name(&self) -> &str {
        NAME
    }

    fn emit(&self, record: &Record<'_>) {
        // the marker itself counts what it cannot write
        let _ = self.0.write(record.line());
    }

    fn losses(&self) -> Losses {
        let losses = self.0.losses();
        Losses { records: losses.total(), why: losses.reason().map(|loss| loss.to_string()) }
    }
}
