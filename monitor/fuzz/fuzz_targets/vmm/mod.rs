//! A VMM to control: a few events, which go nowhere, and no files.

use monitor::Monitor;
use std::sync::OnceLock;
use vmtrace::generated::{Event, Group, State};
use vmtrace::{Record, Setup, Sink};

struct Nowhere;

impl Sink for Nowhere {
    fn name(&self) -> &str {
        "nowhere"
    }

    fn emit(&self, _: &Record<'_>) {}
}

pub fn monitor() -> &'static Monitor {
    static STATES: [State; 2] = [State::new(), State::new()];
    static READ: Event = Event::new(&STATES[0], "blk_read", "blk_read ", "trace-events:1", "\"\"", &[], |_, _| ());
    static WRITE: Event = Event::new(&STATES[1], "blk_write", "blk_write ", "trace-events:2", "\"\"", &[], |_, _| ());
    static GROUP: Group = Group::new("fuzz", &[&READ, &WRITE], &["blk_gone"]);
    static MONITOR: OnceLock<Monitor> = OnceLock::new();
    MONITOR.get_or_init(|| {
        let setup = Setup::new().group(&GROUP).sink(Nowhere).unwrap().default_sinks(&["nowhere"]);
        Monitor::new(setup.init().unwrap()).name("fuzz").version("1.2.3").without_files()
    })
}
