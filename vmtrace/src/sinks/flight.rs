//! The flight recorder: each thread's last records, in a mapped file that outlives the process.

use crate::event::ArgumentInfo;
use crate::queue::{self, Packed};
use crate::record::Record;
use crate::registry;
use crate::sink::{self, Losses, Sink};
use crate::sinks::trace_file::{TraceFile, with_process};
use crate::sinks::{Opened, Wanted};
use ring::{Full, Kind, Rings};
use std::fmt::Write;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};

/// Beside QEMU's `trace-%d`.
const USUAL: &str = "flight-%d";

struct FlightSink;

/// Why there is none in a process that was forked.
const FORKED: &str = "the process was forked: the recorder's file is its parent's (Tracing::forked)";

/// What a process that was forked could not keep.
static LOST: AtomicU64 = AtomicU64::new(0);

/// Device and inode of the file, once there is one. It is mapped: the next event after somebody has emptied it would be the
/// VMM's death by SIGBUS.
static FILE: [AtomicU64; 2] = [const { AtomicU64::new(0) }; 2];

/// Why no other sink may have the file.
pub(crate) const TAKEN: &str = "it is the flight recorder's file, and in use";

/// What a forked child makes a recorder of its own of.
static RECORDER: OnceLock<Recorder> = OnceLock::new();

struct Recorder {
    /// The file's name as it was given.
    name: PathBuf,
    options: ring::Options,
}

/// Makes the file, with the declarations of all events in it.
pub(crate) fn open(wanted: &Wanted<'_>) -> Opened {
    let sink = if wanted.is_flight_asked {
        record(wanted).map(|()| Box::new(FlightSink) as Box<dyn Sink>)
    } else {
        Err("the program was started without a flight recorder: -trace flight=FILE".to_owned())
    };
    Opened { bit: sink::FLIGHT, name: "flight".to_owned(), sink }
}

fn record(wanted: &Wanted<'_>) -> Result<(), String> {
    let recorder = RECORDER.get_or_init(|| Recorder {
        name: wanted.settings.flight.clone().unwrap_or_else(|| USUAL.into()),
        options: queue::options(wanted.settings, Full::Overwrite),
    });
    begin(recorder)?;
    dump_at_panic();
    Ok(())
}

fn begin(recorder: &Recorder) -> Result<(), String> {
    let about = declarations();
    let name = with_process(&recorder.name);
    let rings =
        Rings::create(&name, recorder.options, about.as_bytes()).map_err(|error| error.to_string())?;
    let file = std::fs::metadata(&name).map_err(|error| format!("{}: {error}", name.display()))?;
    for (place, number) in FILE.iter().zip([file.dev(), file.ino()]) {
        place.store(number, Ordering::Relaxed);
    }
    queue::set_flight(rings);
    Ok(())
}

/// Whether that is the recorder's file.
pub(crate) fn is_in(device: u64, inode: u64) -> bool {
    queue::flight().is_some()
        && FILE.each_ref().map(|number| number.load(Ordering::Relaxed)) == [device, inode]
}

/// Whether a name, in which `%d` stands for the process's number, is that of the recorder's file.
#[cfg(feature = "log")]
pub(crate) fn is_at(name: &Path) -> bool {
    std::fs::metadata(with_process(name)).is_ok_and(|file| is_in(file.dev(), file.ino()))
}

/// In a forked child: makes a recorder of its own, if the parent's name has the process's number in it. Gives back
/// the bits of sinks that there are not.
pub(crate) fn forked() -> Result<u64, String> {
    match RECORDER.get() {
        Some(recorder) if with_process(&recorder.name) != recorder.name => begin(recorder).map(|()| 0),
        _ => Ok(1 << sink::FLIGHT),
    }
}

/// Has a panic leave what the recorder holds at that moment in a file of its own, before the thread goes on to the end of
/// the program, or the program goes on without it. A sink's panic on the writer's thread is none of the VMM's: one that panics of
/// each record would have all of the recorder written for each.
fn dump_at_panic() {
    let before = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        if let Some(recorder) = RECORDER.get().filter(|_| !queue::is_writer()) {
            let mut name = with_process(&recorder.name).into_os_string();
            name.push(".panic");
            // the panic is what the user has to be told of
            _ = dump(Path::new(&name));
        }
        before(panic);
    }));
}

/// All events as a `trace-events` file declares them, one a line: the first is number 0.
fn declarations() -> String {
    let mut text = String::new();
    for event in registry::events() {
        let args = event.args().iter().enumerate();
        let args: Vec<String> = args.map(|(index, arg)| declaration(arg, event.has_address(index))).collect();
        let args = if args.is_empty() { "void".to_owned() } else { args.join(", ") };
        let _ = writeln!(text, "{}({args}) {}", event.name(), event.format());
    }
    text
}

/// A string of whatever spelling is one here, also to those who know QEMU's alone; one of which there is but the address is an
/// address.
fn declaration(arg: &ArgumentInfo, is_address: bool) -> String {
    if is_address {
        return format!("const void *{}", arg.name);
    }
    let is_string = arg.ctype.matches('*').count() == 1
        && arg.ctype.split([' ', '*']).all(|word| matches!(word, "" | "const" | "char"));
    format!("{} {}", if is_string { "const char *" } else { arg.ctype }, arg.name)
}

/// Writes what the rings hold as a binary trace of QEMU's form. Gives back how many records that are.
pub(crate) fn dump(path: &Path) -> Result<u64, String> {
    let Some(rings) = queue::flight() else {
        return Err("there is no flight recorder".to_owned());
    };
    // a child's panic must not take the place of what its parent's panic has left
    if queue::takes(1 << sink::FLIGHT) == 0 {
        return Err(FORKED.to_owned());
    }
    let told = |error: &dyn std::error::Error| format!("{}: {error}", path.display());
    let mut file = TraceFile::create(path).map_err(|error| told(&error))?;
    let (mut count, mut written) = (0, Ok(()));
    rings.snapshot(|entry| {
        let Kind::Record(bytes) = entry.kind else { return };
        let Some((event, packed)) = Packed::read(bytes) else { return };
        if written.is_ok() {
            written = file.event(event, entry.time, entry.tid, packed.arguments, packed.values());
            count += 1;
        }
    });
    written.and_then(|()| file.flush()).map_err(|unwritten| told(&unwritten.errno))?;
    Ok(count)
}

impl Sink for FlightSink {
    fn name(&self) -> &'static str {
        "flight"
    }

    /// Only a process that was forked comes here.
    fn emit(&self, _: &Record<'_>) {
        LOST.fetch_add(1, Ordering::Relaxed);
    }

    fn losses(&self) -> Losses {
        let records = LOST.load(Ordering::Relaxed);
        Losses { records, why: (records > 0).then(|| FORKED.to_owned()) }
    }
}
