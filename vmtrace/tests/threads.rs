//! An event's whole road with many threads on it, while another switches: a record is whole, comes once, and where an event
//! stays on, none is missing. Miri runs it too (`cargo xtask miri`), and there is nothing here that it does not know: no files.

use printf::{Conversion, Spec};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;
use vmtrace::generated::{ArgumentInfo, Event, Group, State, Text, Value, emit};
use vmtrace::{Record, Settings, Setup, Sink, Wait};

/// Records of each thread; Miri is slow.
const EACH: u64 = if cfg!(miri) { 8 } else { 3_000 };
const THREADS: u64 = if cfg!(miri) { 2 } else { 3 };
/// Times that all threads come anew, and have rings of their own.
const ROUNDS: u64 = 2;

static ARGS: [ArgumentInfo; 3] = [
    ArgumentInfo { name: "thread", ctype: "unsigned" },
    ArgumentInfo { name: "number", ctype: "uint64_t" },
    ArgumentInfo { name: "text", ctype: "const char *" },
];

fn render(values: &[Value<'_>], text: &mut Text<'_>) {
    text.unsigned(values[0].word());
    text.literal(b" ");
    text.value(&values[1], &Spec::long(Conversion::Unsigned));
    text.literal(b" ");
    text.value(&values[2], &Spec::new(Conversion::Str));
}

macro_rules! event {
    ($state:ident, $event:ident, $name:literal) => {
        static $state: State = State::new();
        static $event: Event = Event::new(
            &$state,
            $name,
            concat!($name, " "),
            "trace-events:1",
            "\"%u %\" PRIu64 \" %s\"",
            &ARGS,
            render,
        );
    };
}

event!(STAYS_STATE, STAYS, "stays");
event!(COMES_STATE, COMES_AND_GOES, "comes_and_goes");
static GROUP: Group = Group::new("threads", &[&STAYS, &COMES_AND_GOES], &["nothing"]);

/// Keeps the lines that it is handed.
struct Keep(&'static str, &'static Mutex<Vec<String>>);

static AT_ONCE: Mutex<Vec<String>> = Mutex::new(Vec::new());
static LATER: Mutex<Vec<String>> = Mutex::new(Vec::new());

impl Sink for Keep {
    fn name(&self) -> &str {
        self.0
    }

    fn emit(&self, record: &Record<'_>) {
        self.1.lock().unwrap().push(String::from_utf8(record.line().to_vec()).unwrap());
    }
}

/// The string of a record: of no length, short, and longer than a queue keeps.
fn string(number: u64) -> String {
    "x".repeat([5, 0, 3, 8, 700, 1, 512, 13][usize::try_from(number % 8).unwrap()])
}

fn trace(state: &State, event: &'static Event, thread: u64, number: u64) {
    if state.is_on() {
        let string = string(number);
        emit(event, &[Value::Word(thread), Value::Word(number), Value::Str(Some(string.as_bytes()))]);
    }
}

/// The line of a record: of what was queued, with its string as a queue keeps it.
fn line(name: &str, thread: u64, number: u64, is_queued: bool) -> String {
    let mut string = string(number);
    if is_queued && string.len() > 512 {
        string.truncate(509);
        string.push('…');
    }
    format!("{name} {thread} {number} {string}")
}

#[test]
fn nothing_is_torn_doubled_or_missing() {
    // small ones, that are full; but for Miri, few
    let ring = if cfg!(miri) { 4 << 20 } else { 64 << 10 };
    let settings = Settings { ring: Some(ring), wait: Some(Wait::Forever), ..Settings::default() };
    let setup = Setup::new().group(&GROUP).settings(settings);
    let setup = setup.sink(Keep("at-once", &AT_ONCE)).unwrap().sink(Keep("later", &LATER)).unwrap();
    let tracing = setup.queued(&["later"]).default_sinks(&["later"]).init().unwrap();
    tracing.enable_to("stays", &["at-once", "later"]).unwrap();

    let is_over = AtomicBool::new(false);
    thread::scope(|scope| {
        scope.spawn(|| {
            while !is_over.load(Ordering::Relaxed) {
                tracing.route("comes_*", &["at-once"]).unwrap();
                tracing.enable("comes_*").unwrap();
                assert!(tracing.drain(Duration::from_secs(60)));
                tracing.disable("comes_and_goes").unwrap();
                assert_eq!(tracing.states("*").len(), 3);
            }
        });
        for round in 0..ROUNDS {
            thread::scope(|scope| {
                for thread in 0..THREADS {
                    scope.spawn(move || {
                        for number in 0..EACH {
                            trace(&STAYS_STATE, &STAYS, round * THREADS + thread, number);
                            trace(&COMES_STATE, &COMES_AND_GOES, round * THREADS + thread, number);
                        }
                    });
                }
            });
        }
        is_over.store(true, Ordering::Relaxed);
    });
    assert!(tracing.drain(Duration::from_secs(60)));

    for (lines, is_queued) in [(&AT_ONCE, false), (&LATER, true)] {
        let lines = lines.lock().unwrap();
        for thread in 0..ROUNDS * THREADS {
            let of = |name: &str| {
                let head = format!("{name} {thread} ");
                lines.iter().filter(move |line| line.starts_with(&head)).cloned().collect::<Vec<_>>()
            };
            let all: Vec<String> = (0..EACH).map(|number| line("stays", thread, number, is_queued)).collect();
            assert!(of("stays") == all, "of thread {thread}");
            // of the other there are some, in order, none twice
            let mut last = None;
            for seen in of("comes_and_goes") {
                let number: u64 = seen.split(' ').nth(2).unwrap().parse().unwrap();
                assert_eq!(seen, line("comes_and_goes", thread, number, is_queued));
                assert!(last < Some(number), "{last:?} before {number}");
                last = Some(number);
            }
        }
    }
    for sink in tracing.sinks().iter().filter(|sink| ["at-once", "later"].contains(&sink.name.as_str())) {
        assert_eq!(sink.losses.records, 0, "{sink:?}");
        assert!(sink.delivered >= ROUNDS * THREADS * EACH, "{sink:?}");
    }
}
