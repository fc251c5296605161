//! QEMU's log: standard error or a file.

use crate::record::Record;
use crate::sink::{self, Losses, Sink};
use crate::sinks::Opened;
use log_backend::Log;
use std::io;
use std::path::Path;

const NAME: &str = "log";

struct LogSink(Log);

pub(crate) fn open(file: Option<&Path>, empty: bool) -> Opened {
    let log = match file {
        None => Log::to_stderr(),
        Some(file) if empty => Log::to_file(file),
        Some(file) => Log::to_end_of_file(file),
    };
    let sink = log.map(|log| Box::new(LogSink(log)) as Box<dyn Sink>).map_err(|error| error.to_string());
    Opened { bit: sink::LOG, name: NAME.to_owned(), sink }
}

impl Sink for LogSink {
    fn name(&self) -> &str {
        NAME
    }

    fn emit(&self, record: &Record<'_>) {
        self.0.write_line(record.thread(), record.line());
    }

    fn losses(&self) -> Losses {
        let lost = self.0.lost();
        let why = match lost.errno {
            _ if lost.lines == 0 => None,
            0 => Some("a line was written in part".to_owned()),
            errno => Some(io::Error::from_raw_os_error(errno).to_string()),
        };
        Losses { records: lost.lines, why }
    }
}
