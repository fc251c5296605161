//! Any arguments, options, log items and events files are understood or refused, never a panic; a mistake changes
//! nothing, and what is switched is what was listed.
#![no_main]

use libfuzzer_sys::fuzz_target;
use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt;
use std::sync::OnceLock;
use vmtrace::generated::{Event, Group, State};
use vmtrace::{EventState, Record, Setup, Sink, TraceOption, Tracing};

static STATES: [State; 3] = [const { State::new() }; 3];
static A: Event = Event::new(&STATES[0], "a", "a ", "f:1", "\"\"", &[], |_, _| {});
static AB: Event = Event::new(&STATES[1], "ab", "ab ", "f:2", "\"\"", &[], |_, _| {});
static B: Event = Event::new(&STATES[2], "b", "b ", "f:3", "\"\"", &[], |_, _| {});
static GROUP: Group = Group::new("g", &[&A, &AB], &["off"]);
static FTRACE: Group = Group::new("h", &[&B], &[]).with_backends(&["ftrace"]);

struct Own;

impl Sink for Own {
    fn name(&self) -> &'static str {
        "own"
    }

    fn emit(&self, _: &Record<'_>) {}
}

fuzz_target!(|input: &[u8]| {
    static TRACING: OnceLock<Tracing> = OnceLock::new();
    let tracing = *TRACING.get_or_init(|| {
        let setup = Setup::new().group(&GROUP).group(&FTRACE).sink(Own).expect("one sink");
        setup.init().expect("nothing is asked for")
    });
    arguments(input);
    events_file(input);
    if let Ok(text) = std::str::from_utf8(input) {
        option(text);
        for line in text.lines() {
            pattern(tracing, line);
            items(tracing, line);
        }
    }
});

/// One a line.
fn arguments(input: &[u8]) {
    let given = input.split(|&byte| byte == b'\n').map(|arg| OsStr::from_bytes(arg).to_owned());
    let given: Vec<OsString> = given.collect();
    let mut args = given.clone();
    match Setup::new().group(&GROUP).arguments(&mut args) {
        Ok(setup) => {
            let rest = args.clone();
            assert!(setup.arguments(&mut args).is_ok() && args == rest, "nothing of ours is left");
            let mut all = given.iter();
            assert!(rest.iter().all(|arg| all.any(|other| other == arg)), "the others are in their order");
        }
        Err(error) => {
            assert!(error.to_string().starts_with('-'), "{error}");
            assert_eq!(args, given, "a mistake takes nothing");
        }
    }
}

fn events_file(input: &[u8]) {
    for pattern in vmtrace::fuzz_events_file(input) {
        assert!(!pattern.is_empty() && !pattern.contains('\n') && !pattern.starts_with('#'));
    }
}

/// What was understood says the same when it is written again.
fn option(text: &str) {
    let Ok(option) = TraceOption::parse(text) else { return };
    let paths = |key: &'static str, paths: &[std::path::PathBuf]| {
        paths
            .iter()
            .map(move |path| (key, path.to_str().expect("it was text").to_owned()))
            .collect::<Vec<_>>()
    };
    let mut parts: Vec<(&str, String)> =
        option.patterns.iter().map(|pattern| ("enable", pattern.clone())).collect();
    parts.extend(paths("events", &option.events));
    parts.extend(paths("file", option.file.as_slice()));
    parts.extend(option.sinks.iter().map(|sink| ("sink", sink.clone())));
    let parts: Vec<String> =
        parts.iter().map(|(key, value)| format!("{key}={}", value.replace(',', ",,"))).collect();
    let mut again = TraceOption::parse(&parts.join(",")).expect("the same parts");
    again.source.clone_from(&option.source);
    assert_eq!(again, option);
}

fn pattern(tracing: Tracing, pattern: &str) {
    let listed =
        tracing.states(pattern).iter().filter(|event| event.state != EventState::Unavailable).count();
    assert_eq!(tracing.route(pattern, &["own"]).unwrap_or(0), listed);
    assert_eq!(tracing.disable(pattern).unwrap_or(0), listed);
    assert_eq!(on(tracing), []);
}

fn items(tracing: Tracing, items: &str) {
    if !matches!(tracing.log_items(items), Ok(None)) {
        assert_eq!(on(tracing), [], "a mistake or a question changes nothing");
    }
    assert!(on(tracing).iter().all(|event| event.sinks == ["log"] && event.name != "b"));
    tracing.disable("*").expect("there are events");
}

fn on(tracing: Tracing) -> Vec<vmtrace::EventInfo> {
    let states = tracing.states("*").into_iter();
    states.filter(|event| event.state == EventState::Enabled).collect()
}
