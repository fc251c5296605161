//! The bridge beside `tracing_subscriber`'s own layer, both real, in both directions.

use std::io;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use tracing::level_filters::LevelFilter;
use tracing::{Level, Subscriber};
use tracing_bridge::{SPAN_MAX, SubscriberSink, TEXT_MAX};
use tracing_subscriber::layer::{Context, Layer, SubscriberExt};
use vmtrace::generated::{ArgumentInfo, Event, Group, State, Text, Value, emit};
use vmtrace::{Record, Setup, Sink, Tracing};

/// An event of a VMM, as it is generated.
static STATE: State = State::new();
static EVENT: Event = Event::new(
    &STATE,
    "disk_read",
    "disk_read file ",
    "trace-events:1",
    "\"file %s\"",
    &[ArgumentInfo { name: "file", ctype: "const char *" }],
    |values: &[Value<'_>], text: &mut Text<'_>| text.str(values[0].str()),
);
static VMM: Group = Group::new("vmm", &[&EVENT], &[]);

fn trace_disk_read(file: &str) {
    if STATE.is_on() {
        emit(&EVENT, &[Value::Str(Some(file.as_bytes()))]);
    }
}

static SEEN: Mutex<Vec<String>> = Mutex::new(Vec::new());

/// Keeps the lines that a sink is handed.
struct Keep;

impl Sink for Keep {
    fn name(&self) -> &'static str {
        "keep"
    }

    fn emit(&self, record: &Record<'_>) {
        SEEN.lock().unwrap().push(String::from_utf8(record.line().to_vec()).unwrap());
    }
}

fn seen() -> Vec<String> {
    std::mem::take(&mut SEEN.lock().unwrap())
}

/// The events are the process's: one test at a time switches them, and finds them off.
fn turn() -> (Tracing, MutexGuard<'static, ()>) {
    static TURN: Mutex<()> = Mutex::new(());
    static TRACING: OnceLock<Tracing> = OnceLock::new();
    let turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    let tracing = *TRACING.get_or_init(|| {
        let setup = Setup::new().group(&tracing_bridge::GROUP).group(&VMM);
        setup.sink(Keep).unwrap().sink(SubscriberSink::new(Level::INFO)).unwrap().init().unwrap()
    });
    tracing.disable("*").unwrap();
    seen();
    (tracing, turn)
}

/// What the layer `fmt` writes.
#[derive(Clone, Default)]
struct Written(Arc<Mutex<Vec<u8>>>);

impl Written {
    fn take(&self) -> String {
        String::from_utf8(std::mem::take(&mut self.0.lock().unwrap())).unwrap()
    }
}

impl io::Write for Written {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// `fmt`, which lets INFO through, and ours beside it.
fn both() -> (impl Subscriber + Send + Sync, Written) {
    let written = Written::default();
    let writer = written.clone();
    let fmt =
        tracing_subscriber::fmt::layer().with_writer(move || writer.clone()).without_time().with_ansi(false);
    let subscriber =
        tracing_subscriber::registry().with(fmt.with_filter(LevelFilter::INFO)).with(tracing_bridge::layer());
    (subscriber, written)
}

#[test]
fn each_sees_what_it_wants() {
    let (tracing, _turn) = turn();
    let (subscriber, written) = both();
    tracing::subscriber::with_default(subscriber, || {
        let say = || {
            tracing::info!(target: "block", sector = 7, path = "a b", ok = true, "read");
            tracing::debug!(target: "block", "details");
        };
        let fmt = " INFO block: read sector=7 path=\"a b\" ok=true\n";
        let info = "tracing_info block: read sector=7 path=\"a b\" ok=true";
        let debug = "tracing_debug block: details";
        for (pattern, expected) in [
            (None, vec![]),
            (Some("tracing_debug"), vec![debug]),
            (Some("tracing_*"), vec![info, debug]),
            (None, vec![]),
            (Some("tracing_info"), vec![info]),
        ] {
            tracing.disable("*").unwrap();
            if let Some(pattern) = pattern {
                tracing.enable_to(pattern, &["keep"]).unwrap();
            }
            say();
            assert_eq!(seen(), expected, "{pattern:?}");
            assert_eq!(written.take(), fmt, "{pattern:?}");
        }
    });
}

#[test]
fn spans_are_named_with_their_fields() {
    let (tracing, _turn) = turn();
    let (subscriber, written) = both();
    tracing::subscriber::with_default(subscriber, || {
        tracing.enable_to("tracing_*", &["keep"]).unwrap();
        let disk = tracing::info_span!("disk", number = 1, state = tracing::field::Empty).entered();
        disk.record("state", "up");
        let _queue = tracing::debug_span!("queue").entered();
        tracing::info!(target: "block", "read");
        tracing::info!(target: "block", parent: None, r#type = ?Some(1));
        let expected = [
            "tracing_info block: disk{number=1 state=\"up\"}:queue: read",
            "tracing_info block: type=Some(1)",
        ];
        assert_eq!(seen(), expected);
        assert_eq!(
            written.take(),
            " INFO disk{number=1 state=\"up\"}: block: read\n INFO block: type=Some(1)\n",
            "`fmt` sees no span below its level"
        );
    });
}

#[test]
fn what_a_guest_says_stays_on_its_line_and_is_bounded() {
    let (tracing, _turn) = turn();
    let (subscriber, _written) = both();
    tracing::subscriber::with_default(subscriber, || {
        tracing.enable_to("tracing_*", &["keep"]).unwrap();
        tracing::warn!(target: "block", "a\n1@2.3:tracing_info forged\x1b[2J\0");
        assert_eq!(seen(), ["tracing_warn block: a\\n1@2.3:tracing_info forged\\x1b[2J\\x00"]);

        let long = "é".repeat(10_000);
        let _span = tracing::info_span!("span", %long).entered();
        tracing::error!(target: "block", %long, after = 1);
        let line = seen().swap_remove(0);
        let text = line.strip_prefix("tracing_error block: span{long=").unwrap();
        let (span, event) = text.split_once("…}: ").unwrap();
        assert!(span.len() < SPAN_MAX && event.ends_with("é…") && text.len() <= TEXT_MAX, "{line}");
    });
}

#[test]
fn ours_go_to_the_subscriber_and_nothing_goes_round() {
    let (tracing, _turn) = turn();
    let (subscriber, written) = both();
    tracing::subscriber::with_default(subscriber, || {
        tracing.enable_to("*", &["tracing", "keep"]).unwrap();
        trace_disk_read("a\nb");
        assert_eq!(written.take(), " INFO vmtrace: event=\"disk_read\" text=file a\\nb\n");
        assert_eq!(seen(), ["disk_read file a\\nb"]);

        tracing::info!(target: "block", "read");
        assert_eq!(written.take(), " INFO block: read\n");
        assert_eq!(seen(), ["tracing_info block: read"]);
    });
}

/// A subscriber that emits an event of the VMM whenever it is handed one.
struct Echo;

impl<S: Subscriber> Layer<S> for Echo {
    fn on_event(&self, _: &tracing::Event<'_>, _: Context<'_, S>) {
        trace_disk_read("echo");
    }
}

#[test]
fn a_subscriber_that_emits_events_itself_does_not_go_round_either() {
    let (tracing, _turn) = turn();
    let lost = || {
        let sinks = tracing.sinks();
        sinks.into_iter().find(|sink| sink.name == "tracing").unwrap().losses.records
    };
    let before = lost();
    tracing::subscriber::with_default(tracing_subscriber::registry().with(Echo), || {
        tracing.enable_to("disk_read", &["tracing", "keep"]).unwrap();
        trace_disk_read("a");
    });
    assert_eq!(seen().len(), 2);
    assert_eq!(lost(), before + 1);
}
