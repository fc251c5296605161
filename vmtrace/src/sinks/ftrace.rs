//! The kernel's ring: `trace_marker` of the top level, or of an instance.

use crate::delivered;
use crate::record::{LINE_MAX, Record};
use crate::sink::{self, Losses, Sink};
use crate::sinks::Opened;
use ftrace::{Marker, Tracefs};
use printf::Text;
use std::mem::MaybeUninit;
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

/// Writes an entry of C's own making.
pub(crate) fn write_text(text: &[u8]) {
    if let Some(marker) = MARKER.get() {
        let mut room = [MaybeUninit::uninit(); LINE_MAX];
        let mut line = Text::escaping(&mut room);
        line.literal(text);
        line.mark_cut();
        // the marker itself counts what it cannot write
        let _ = marker.write(line.as_bytes());
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
