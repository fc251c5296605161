//! The system's log.

use crate::event::ArgumentInfo;
use crate::own::Own;
use crate::record::{Record, clock};
use crate::settings::{Settings, SyslogProtocol, Wait};
use crate::sink::{self, Dropped, Losses, Sink};
use crate::sinks::Opened;
use printf::{Text, Value};
use std::mem::MaybeUninit;
use std::path::Path;
use std::sync::Mutex;
use std::time::Duration;
use syslog_backend::{Batch, Fields, Message, Options, Protocol, Syslog};

struct SyslogSink {
    syslog: Syslog,
    protocol: Protocol,
}

/// What the writer's thread has put off; nobody else takes it.
static BATCH: Own<Mutex<Batch>> = Own::new(|| Mutex::new(Batch::new()));

/// As [`Wait::Forever`]: a bound that nobody lives to see.
const FOREVER: Duration = Duration::from_secs(1 << 32);

pub(crate) fn open(settings: &Settings) -> Opened {
    let mut options = Options::new(&settings.ident.clone().unwrap_or_else(program));
    options.protocol = match settings.protocol {
        Some(SyslogProtocol::Journal) => Protocol::Journal,
        Some(SyslogProtocol::Rfc3164) | None => Protocol::Rfc3164,
    };
    options.wait = match settings.wait {
        None => options.wait,
        Some(Wait::Never) => Duration::ZERO,
        Some(Wait::AtMost(most)) => most,
        Some(Wait::Forever) => FOREVER,
    };
    let syslog = Syslog::open(&options).map_err(|error| error.to_string());
    let protocol = options.protocol;
    let sink = syslog.map(|syslog| Box::new(SyslogSink { syslog, protocol }) as Box<dyn Sink>);
    Opened { bit: sink::SYSLOG, name: "syslog".to_owned(), sink }
}

/// The name of the program's file, as syslog(3) has it; what a daemon would take for the name's end is `_`.
fn program() -> String {
    let path = std::env::args_os().next().unwrap_or_default();
    let name = Path::new(&path).file_name().unwrap_or_default().to_string_lossy();
    let is_end = |c: char| c.is_control() || c.is_whitespace() || matches!(c, '[' | ']' | ':');
    let name: String = name.chars().take(IDENT_MAX).map(|c| if is_end(c) { '_' } else { c }).collect();
    if name.is_empty() { "vmm".to_owned() } else { name }
}

/// Longer ones are of no use to anybody.
const IDENT_MAX: usize = 32;

/// Makes a message of a record. RFC 3164 has seconds only: for one that is sent at once the clock that is read fastest will
/// do.
fn with_message(record: &Record<'_>, protocol: Protocol, send: impl FnOnce(&Message<'_>)) {
    let (realtime, monotonic) = match protocol {
        Protocol::Rfc3164 if record.arguments().is_none() => (clock(libc::CLOCK_REALTIME_COARSE), 0),
        Protocol::Rfc3164 => (record.wall_time(), 0),
        Protocol::Journal => (record.wall_time(), record.time()),
    };
    let fields = |fields: &mut Fields<'_, '_>| {
        for (argument, value) in record.event().args().iter().zip(record.values()) {
            add(fields, argument, value);
        }
    };
    send(&Message {
        realtime,
        monotonic,
        thread: record.thread(),
        name: record.event().name(),
        line: record.line(),
        fields: &fields,
    });
}

/// Adds an argument: its bytes, or its number in the form in which a user looks for it.
fn add(fields: &mut Fields<'_, '_>, argument: &ArgumentInfo, value: &Value<'_>) {
    let word = match *value {
        // C's null pointer has no bytes, and no field
        Value::Str(string) => return string.into_iter().for_each(|bytes| fields.bytes(argument.name, bytes)),
        Value::Word(word) => word,
    };
    if argument.ctype.contains('*') {
        let mut room = [MaybeUninit::uninit(); 20];
        let mut text = Text::new(&mut room);
        text.pointer(word);
        fields.bytes(argument.name, text.into_bytes());
    } else if is_signed(argument.ctype) {
        fields.signed(argument.name, word.cast_signed());
    } else {
        fields.unsigned(argument.name, word);
    }
}

/// Whether a number of a C type may be below zero.
fn is_signed(ctype: &str) -> bool {
    const SIGNED: [&str; 14] = [
        "char",
        "short",
        "int",
        "long",
        "signed",
        "int8_t",
        "int16_t",
        "int32_t",
        "int64_t",
        "intptr_t",
        "intmax_t",
        "ssize_t",
        "ptrdiff_t",
        "off_t",
    ];
    let mut words = ctype.split_ascii_whitespace();
    words.clone().all(|word| word != "unsigned") && words.any(|word| SIGNED.contains(&word))
}

impl Sink for SyslogSink {
    fn name(&self) -> &'static str {
        "syslog"
    }

    fn emit(&self, record: &Record<'_>) {
        let syslog = &self.syslog;
        let realtime = || clock(libc::CLOCK_REALTIME_COARSE);
        let framed = match self.protocol {
            Protocol::Rfc3164 => record.framed(|text| syslog.frame(realtime(), text), b'\0'),
            Protocol::Journal => None,
        };
        match framed {
            Some(line) => syslog.send_framed(line),
            None => with_message(record, self.protocol, |message| syslog.send(message)),
        }
    }

    fn emit_queued(&self, record: &Record<'_>) {
        with_message(record, self.protocol, |message| self.syslog.push(&mut BATCH.lock(), message));
    }

    /// Not a line of ours: if the daemon does not take it, the next one that it does take has the number in it.
    fn dropped(&self, dropped: Dropped) {
        self.syslog.lost_before(&mut BATCH.lock(), dropped.records);
    }

    fn flush(&self) {
        self.syslog.flush(&mut BATCH.lock());
        // a VMM that sends nothing there need not look for a daemon, in a jail that may forbid it
        if self.syslog.losses().untold > 0 {
            self.syslog.catch_up();
        }
    }

    fn losses(&self) -> Losses {
        let losses = self.syslog.losses();
        Losses { records: losses.total(), why: losses.reason().map(|loss| loss.to_string()) }
    }
}

#[cfg(test)]
mod tests {
    use super::is_signed;

    #[test]
    fn signs() {
        for (ctype, signed) in [
            ("int", true),
            ("unsigned int", false),
            ("unsigned", false),
            ("long long", true),
            ("uint64_t", false),
            ("ssize_t", true),
            ("size_t", false),
            ("bool", false),
            ("hwaddr", false),
        ] {
            assert_eq!(is_signed(ctype), signed, "{ctype}");
        }
    }
}
