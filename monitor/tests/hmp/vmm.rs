//! A VMM with a few events, which each test has its own of, and a sink.

use monitor::Monitor;
use std::path::PathBuf;
use std::sync::OnceLock;
use vmtrace::generated::{Event, Group, State, Text, Value};
use vmtrace::{Losses, Record, Setup, Sink, Tracing};

macro_rules! events {
    ($($name:ident)*) => {
        $(mod $name {
            use super::*;
            static STATE: State = State::new();
            pub(super) static EVENT: Event = Event::new(&STATE, stringify!($name), concat!(stringify!($name), " "),
                "trace-events:1", "\"\"", &[], |_: &[Value<'_>], _: &mut Text<'_>| {});
        })*
        static GROUP: Group = Group::new("test", &[$(&$name::EVENT),*], &["switch_disabled"]);
    };
}

events! {
    list_two list_one
    switch_one switch_two
    route_one route_two
    log_one log_two
    key_read key_reset key_write
    hostile_one hostile_two
}

struct Keep;

impl Sink for Keep {
    fn name(&self) -> &'static str {
        "keep"
    }

    fn emit(&self, _: &Record<'_>) {}

    fn losses(&self) -> Losses {
        Losses { records: 3, why: Some("it was late".to_owned()) }
    }
}

/// A path of this process's own.
pub(crate) fn scratch(name: &str) -> PathBuf {
    std::env::temp_dir().join(format!("monitor-hmp-{name}-{}", std::process::id()))
}

/// Tracing, set up once.
pub(crate) fn tracing() -> Tracing {
    static TRACING: OnceLock<Tracing> = OnceLock::new();
    *TRACING.get_or_init(|| {
        let setup = Setup::new().group(&GROUP).sink(Keep).unwrap();
        setup.default_sinks(&["keep"]).init().unwrap()
    })
}

/// The VMM.
pub(crate) fn monitor() -> &'static Monitor {
    static MONITOR: OnceLock<Monitor> = OnceLock::new();
    MONITOR.get_or_init(|| Monitor::new(tracing()).name("vmm").version("1.2.3 (test)"))
}

/// What lines print, each followed by what is expected, `\n` at the ends.
pub(crate) fn check(cases: &[(&str, &str)]) {
    for (line, expected) in cases {
        let text = monitor().human(line);
        assert_eq!(text.matches('\n').count(), text.matches("\r\n").count(), "{line:?}: {text:?}");
        assert_eq!(text.replace("\r\n", "\n"), *expected, "{line:?}");
    }
}
