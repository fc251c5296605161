//! The kernel's ring: `trace_marker` of the top level, or of an instance.

use crate::record::Record;
use crate::sink::{self, Losses, Sink};
use crate::sinks::Opened;
use ftrace::{Marker, Tracefs};
use std::path::Path;

const NAME: &str = "ftrace";

struct FtraceSink(Marker);

pub(crate) fn open(instance: Option<&Path>) -> Opened {
    let marker = match instance {
        // a bare name is that of an instance
        Some(name) if !name.as_os_str().as_encoded_bytes().contains(&b'/') => {
            Tracefs::find().and_then(|tracefs| Marker::open(&tracefs.root().join("instances").join(name)))
        }
        Some(instance) => Marker::open(instance),
        None => Tracefs::find().and_then(|tracefs| Marker::open(tracefs.root())),
    };
    let sink =
        marker.map(|marker| Box::new(FtraceSink(marker)) as Box<dyn Sink>).map_err(|error| error.to_string());
    Opened { bit: sink::FTRACE, name: NAME.to_owned(), sink }
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
