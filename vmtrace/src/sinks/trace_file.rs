//! A file of QEMU's binary trace that holds whole records only, whatever the disk does.

use crate::event::{ArgumentInfo, Event};
use crate::sinks::flight;
use crate::thread;
use printf::Value;
use rustix::fs::{FileType, OFlags, SeekFrom, fcntl_getfl, fcntl_setfl, fstat, ftruncate, seek};
use rustix::io::Errno;
use std::ffi::OsString;
use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

/// As much as is written at once.
const BUFFER: usize = 256 << 10;

pub(crate) struct TraceFile {
    file: File,
    /// Whether it can be cut behind its last whole record.
    is_regular: bool,
    /// The bytes that are in the file, all of them of whole records.
    end: u64,
    buffer: Vec<u8>,
    /// The events in `buffer`, and those of which it says that they are missing.
    buffered: u64,
    told: u64,
    /// What was lost and the file has not been told of.
    untold: u64,
    /// Whether an event's name is in the file, by the event's number; and those whose name is in `buffer`.
    named: Vec<bool>,
    naming: Vec<usize>,
}

/// Why a batch is not in the file.
#[derive(Debug)]
pub(crate) struct Unwritten {
    pub(crate) events: u64,
    pub(crate) errno: Errno,
}

/// Whether QEMU, and whatever reads its files, takes an argument for something else than it is: `char const *` for an address;
/// an address that C prints with `%p` for a string, if its type is that of one.
fn is_odd(argument: &ArgumentInfo, value: &Value<'_>) -> bool {
    match value {
        Value::Str(_) => !is_string(argument.ctype),
        // most are ruled out by a letter
        Value::Word(_) => argument.ctype.starts_with('c') && is_string(argument.ctype),
    }
}

fn is_string(ctype: &str) -> bool {
    const STRINGS: [&str; 4] = ["const char *", "char *", "const char*", "char*"];
    STRINGS.iter().any(|start| ctype.starts_with(start))
        && ctype.bytes().filter(|&byte| byte == b'*').count() == 1
}

/// The arguments as a reader expects them: a null pointer in the place of such a string, whose address is not known here, and
/// the digits of such an address, behind which nobody has looked.
#[cold]
fn without_odd(event: &Event, values: &[Value<'_>]) -> Vec<u8> {
    let mut arguments = Vec::new();
    for (argument, value) in event.args().iter().zip(values) {
        let odd = is_odd(argument, value);
        match *value {
            Value::Str(_) if odd => simpletrace::encode::word(&mut arguments, 0),
            Value::Str(string) => simpletrace::encode::string(&mut arguments, string.unwrap_or_default()),
            Value::Word(word) if odd => {
                simpletrace::encode::string(&mut arguments, format!("{word:#x}").as_bytes());
            }
            Value::Word(word) => simpletrace::encode::word(&mut arguments, word),
        }
    }
    arguments
}

/// The name with this process's number in place of the first `%d`.
pub(crate) fn with_process(name: &Path) -> PathBuf {
    let bytes = name.as_os_str().as_bytes();
    let Some(at) = bytes.windows(2).position(|two| two == b"%d") else { return name.to_owned() };
    let pid = std::process::id().to_string();
    OsString::from_vec([&bytes[..at], pid.as_bytes(), &bytes[at + 2..]].concat()).into()
}

impl TraceFile {
    /// Makes or empties a file, and begins it.
    pub(crate) fn create(path: &Path) -> io::Result<Self> {
        // std opens O_CLOEXEC. A FIFO that nobody reads would hold up whoever opens it for ever: it is refused.
        let flags = OFlags::NONBLOCK | OFlags::NOCTTY;
        let mut options = OpenOptions::new();
        let file = options.write(true).create(true).custom_flags(flags.bits().cast_signed()).open(path)?;
        fcntl_getfl(&file).and_then(|flags| fcntl_setfl(&file, flags - OFlags::NONBLOCK))?;
        let status = fstat(&file)?;
        if flight::is_in(status.st_dev, status.st_ino) {
            return Err(io::Error::other(flight::TAKEN));
        }
        let is_regular = FileType::from_raw_mode(status.st_mode) == FileType::RegularFile;
        if is_regular {
            ftruncate(&file, 0)?;
        }
        let mut buffer = Vec::with_capacity(BUFFER + simpletrace::RECORD_MAX);
        simpletrace::encode::header(&mut buffer);
        let (named, naming) = (Vec::new(), Vec::new());
        let mut trace =
            Self { file, is_regular, end: 0, buffer, buffered: 0, told: 0, untold: 0, named, naming };
        trace.flush().map_err(|unwritten| io::Error::from(unwritten.errno))?;
        Ok(trace)
    }

    /// Adds an event. `arguments` are in the file's encoding, and `values` the same.
    pub(crate) fn event(
        &mut self,
        event: &Event,
        time: u64,
        thread: u32,
        arguments: &[u8],
        values: &[Value<'_>],
    ) -> Result<(), Unwritten> {
        if event.args().iter().zip(values).any(|(arg, value)| is_odd(arg, value)) {
            let arguments = without_odd(event, values);
            return self.encoded(event, time, thread, &arguments);
        }
        self.encoded(event, time, thread, arguments)
    }

    fn encoded(&mut self, event: &Event, time: u64, thread: u32, arguments: &[u8]) -> Result<(), Unwritten> {
        if self.untold != 0 {
            let events = std::mem::take(&mut self.untold);
            self.dropped(time, thread, events);
        }
        let (number, id) = (event.number() as usize, u64::from(event.number()));
        let named = self.named.get(number).copied().unwrap_or(false);
        let fits = named || simpletrace::encode::mapping(&mut self.buffer, id, event.name()).is_ok();
        if fits && !named {
            self.named.resize(self.named.len().max(number + 1), false);
            self.named[number] = true;
            self.naming.push(number);
        }
        if !fits || simpletrace::encode::event(&mut self.buffer, id, time, thread, arguments).is_err() {
            self.untold += 1;
            return Err(Unwritten { events: 1, errno: Errno::MSGSIZE });
        }
        self.buffered += 1;
        if self.buffer.len() < BUFFER { Ok(()) } else { self.flush() }
    }

    /// Has the next event come behind word of so many more that are missing.
    pub(crate) fn miss(&mut self, events: u64) {
        self.untold += events;
    }

    /// Adds that events are missing here.
    pub(crate) fn dropped(&mut self, time: u64, thread: u32, events: u64) {
        simpletrace::encode::dropped(&mut self.buffer, time, thread, events);
        self.told += events;
    }

    /// Writes what there is. What a full disk takes in part is taken back.
    pub(crate) fn flush(&mut self) -> Result<(), Unwritten> {
        let mut written = 0;
        while written < self.buffer.len() {
            match thread::without_its_signals(|| rustix::io::write(&self.file, &self.buffer[written..])) {
                Ok(0) => return Err(self.give_up(written, Errno::NOSPC)),
                Ok(more) => written += more,
                Err(Errno::INTR) => {}
                Err(errno) => return Err(self.give_up(written, errno)),
            }
        }
        self.end += written as u64;
        self.empty();
        Ok(())
    }

    #[cold]
    fn give_up(&mut self, written: usize, errno: Errno) -> Unwritten {
        if self.is_regular && written > 0 {
            // if this fails as well, a reader finds the torn record and says so
            _ = ftruncate(&self.file, self.end).and_then(|()| seek(&self.file, SeekFrom::Start(self.end)));
        }
        for &number in &self.naming {
            self.named[number] = false;
        }
        let events = self.buffered;
        self.untold += events + self.told;
        self.empty();
        Unwritten { events, errno }
    }

    fn empty(&mut self) {
        self.buffer.clear();
        (self.buffered, self.told) = (0, 0);
        self.naming.clear();
    }
}
