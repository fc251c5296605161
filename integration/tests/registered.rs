//! Groups that come by themselves: before `init`, after it, with text as data, and with a state that others keep.

use printf::{Conversion, Spec};
use std::fs;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use vmtrace::foreign::{self, Switch};
use vmtrace::generated::{ArgumentInfo, Event, Group, Part, State, Value, emit};
use vmtrace::{EventState, Record, Setup, Sink};

static LINES: Mutex<Vec<String>> = Mutex::new(Vec::new());

struct Keep;

impl Sink for Keep {
    fn name(&self) -> &'static str {
        "keep"
    }

    fn emit(&self, record: &Record<'_>) {
        LINES.lock().unwrap().push(String::from_utf8_lossy(record.line()).into_owned());
    }
}

#[derive(Debug)]
struct Dstate(AtomicBool);

impl Switch for Dstate {
    fn is_on(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }

    fn set(&self, on: bool) {
        self.0.store(on, Ordering::Relaxed);
    }
}

static EARLY: State = State::new();
static LATE: State = State::new();
static LATER: State = State::new();
static NOBODYS: State = State::new();
static DSTATE: Dstate = Dstate(AtomicBool::new(false));

fn event(state: &'static State, name: &'static str) -> Event {
    const ARGUMENTS: [ArgumentInfo; 2] =
        [ArgumentInfo { name: "fd", ctype: "int" }, ArgumentInfo { name: "state", ctype: "const char *" }];
    let conversion =
        |conversion| Part::Conversion { spec: Spec::new(conversion), width: false, precision: false };
    let parts = [
        Part::Literal(b"fd "),
        conversion(Conversion::Signed),
        Part::Literal(b" is\t"),
        conversion(Conversion::Str),
    ];
    Event::of_parts(state, name, "trace-events:1", "\"fd %d is\\t%s\"", &ARGUMENTS, &parts)
}

fn group(name: &'static str, event: Event) -> Group {
    let event: &'static Event = Box::leak(Box::new(event));
    Group::new(name, vec![event].leak(), &[])
}

#[test]
fn groups_that_register_themselves() {
    let early = &*Box::leak(Box::new(group("early", event(&EARLY, "early_one"))));
    vmtrace::register(early);
    vmtrace::register(early);
    let whole = group("whole", event(&NOBODYS, "whole_one").with_switch(&DSTATE));
    let whole = &*Box::leak(Box::new(whole.with_backends(&["ftrace"])));
    vmtrace::register(whole);
    // one that cannot be had is told of, once
    foreign::refuse("old", "it was made for another version");
    let refused = Setup::new().init().unwrap_err().to_string();
    assert_eq!(refused, "the trace events of the group `old` cannot be had: it was made for another version");
    let folder = std::env::temp_dir().join(format!("vmtrace-registered-{}", std::process::id()));
    fs::create_dir_all(&folder).unwrap();
    let trace = folder.join("trace");
    let option = format!("early_*,sink=keep,sink=simple,file={}", trace.display());
    let setup = Setup::new().sink(Keep).unwrap().option(&option).unwrap();
    let flight = format!("flight={}", folder.join("flight").display());
    let later = "later_*,sink=keep";
    let tracing = setup.option(&flight).unwrap().option(later).unwrap().more_groups().init().unwrap();
    let told = tracing.unmatched();
    assert!(matches!(&told[..], [told] if told.contains("later_*")), "{told:?}");
    assert_eq!(tracing.events().count(), 2);
    emit(early.events()[0], &[Value::Word(u64::MAX), Value::Str(Some(b"up\n"))]);
    assert_eq!(*LINES.lock().unwrap(), ["early_one fd -1 is\tup\\n"]);

    // on or off as a whole, wherever it goes
    assert_eq!(tracing.enable("whole_*").unwrap(), 1);
    assert!(DSTATE.is_on() && whole.events()[0].is_on());
    assert_eq!(tracing.states("whole_*")[0].sinks, ["ftrace"]);
    tracing.disable("*").unwrap();
    assert!(!DSTATE.is_on());
    let refused = tracing.enable_to("whole_one", &["log"]).unwrap_err().to_string();
    assert!(refused.contains("whole_one") && refused.contains("log"), "{refused}");
    let refused = tracing.route("whole_one", &["keep"]).unwrap_err().to_string();
    assert!(refused.contains("whole_one") && refused.contains("keep"), "{refused}");
    tracing.log_items("trace:whole_*").unwrap();
    tracing.log_items("none").unwrap();
    assert_eq!(tracing.states("whole_one")[0].state, EventState::Enabled);
    tracing.switch(whole.events()[0], false).unwrap();
    assert_eq!(tracing.states("whole_one")[0].state, EventState::Disabled);

    // what joins later
    assert_eq!(tracing.refused(), [""; 0]);
    foreign::refuse("broken", "its description is");
    assert_eq!(
        tracing.refused(),
        ["the trace events of the group `broken` cannot be had: its description is"]
    );
    let late = &*Box::leak(Box::new(group("late", event(&LATE, "late_one"))));
    assert!(tracing.switch(late.events()[0], true).is_err());
    vmtrace::register(late);
    assert_eq!(tracing.events().count(), 3);
    assert!(tracing.enable_to("late_one", &["flight"]).is_err(), "the recorder's file does not know it");
    tracing.enable_to("late_one", &["keep", "simple"]).unwrap();
    emit(late.events()[0], &[Value::Word(3), Value::Str(None)]);
    assert_eq!(LINES.lock().unwrap().last().unwrap(), "late_one fd 3 is\t(null)");
    // arguments that are packed already
    let packed = [&7_u64.to_le_bytes()[..], &3_u32.to_le_bytes(), b"abc"].concat();
    assert!(foreign::record(whole.events()[0], &packed));
    assert!(!foreign::record(whole.events()[0], &vec![0; 1 << 16]));
    assert!(!foreign::record(late.events()[0], &packed), "its values are not known");
    assert!(tracing.drain(Duration::from_secs(10)));
    tracing.switch_trace_file(false).unwrap();
    let bytes = fs::read(&trace).unwrap();
    for wanted in [&b"late_one"[..], b"whole_one", &packed] {
        assert!(bytes.windows(wanted.len()).any(|window| window == wanted), "{wanted:?}");
    }
    // an option has asked for it
    let later = &*Box::leak(Box::new(group("later", event(&LATER, "later_one"))));
    vmtrace::register(later);
    assert_eq!(tracing.unmatched(), [""; 0]);
    emit(later.events()[0], &[Value::Word(4), Value::Str(None)]);
    assert_eq!(LINES.lock().unwrap().last().unwrap(), "later_one fd 4 is\t(null)");
    assert_eq!(tracing.states("later_one")[0].sinks, ["keep"]);
    fs::remove_dir_all(&folder).unwrap();
}
