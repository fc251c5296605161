//! QEMU's tracing for every VMM: events declared once, typed functions, switched at run time, handed to sinks.
//!
//! A VMM declares its events in a `trace-events` file, has `tracetool` make the functions in its `build.rs`, and
//! includes them:
//!
//! ```ignore
//! // build.rs
//! fn main() -> Result<(), tracetool::Error> {
//!     tracetool::Build::new().events("trace-events").group("demo").compile()
//! }
//!
//! // src/main.rs
//! mod trace {
//!     vmtrace::include_events!("demo");
//! }
//!
//! fn main() -> Result<(), vmtrace::Error> {
//!     let tracing = vmtrace::Setup::new().group(&trace::GROUP).option("migrate_*,file=/tmp/test.log")?.init()?;
//!     for missing in tracing.unavailable() {
//!         eprintln!("{missing}");
//!     }
//!     trace::trace_migrate_set_state_user("setup");
//!     Ok(())
//! }
//! ```
//!
//! What the included code looks like, and a sink of the VMM's own:
//!
//! ```
//! use std::sync::Mutex;
//! use vmtrace::generated::{ArgumentInfo, Event, Group, State, Text, Value, emit};
//! use vmtrace::{Record, Setup, Sink};
//!
//! static STATE: State = State::new();
//! static EVENT: Event = Event::new(&STATE, "disk_read", "disk_read sector ", "trace-events:1", "\"sector %d\"",
//!     &[ArgumentInfo { name: "sector", ctype: "int" }],
//!     |values: &[Value<'_>], text: &mut Text<'_>| text.signed(values[0].word() as i64));
//! static GROUP: Group = Group::new("demo", &[&EVENT], &[]);
//!
//! #[inline(always)]
//! fn trace_disk_read(sector: i32) {
//!     if STATE.is_on() {
//!         emit(&EVENT, &[Value::Word(sector as u64)]); // generated code does this out of line
//!     }
//! }
//!
//! static SEEN: Mutex<Vec<String>> = Mutex::new(Vec::new());
//! struct Keep;
//! impl Sink for Keep {
//!     fn name(&self) -> &str { "keep" }
//!     fn emit(&self, record: &Record<'_>) {
//!         SEEN.lock().unwrap().push(String::from_utf8_lossy(record.line()).into_owned());
//!     }
//! }
//!
//! # fn main() -> Result<(), vmtrace::Error> {
//! let tracing = Setup::new().group(&GROUP).sink(Keep)?.init()?;
//! trace_disk_read(1); // off: one load, one branch
//! tracing.enable_to("disk_*", &["keep"])?;
//! trace_disk_read(2);
//! tracing.disable("disk_read")?;
//! trace_disk_read(3);
//! assert_eq!(*SEEN.lock().unwrap(), ["disk_read sector 2"]);
//! # Ok(())
//! # }
//! ```
//!
//! # Features
//!
//! Each built-in sink is one: `log` (QEMU's log file), `simple` (QEMU's binary trace), `ftrace` (the kernel's
//! `trace_marker`), `syslog` (the system's log), `flight` (the flight recorder). `usdt` gives each event a USDT probe, for
//! SystemTap, bpftrace, perf and gdb. All are on by default.
//!
//! # Invariants
//!
//! - An event that is off costs one relaxed load and one branch, whoever may switch it on later.
//! - An event that is on takes no lock and allocates nothing up to the sinks; the built-in ones neither.
//! - A queued one reads a clock and copies: no system call but a futex(2) that wakes the writer when a ring is half full, or
//!   that waits where the user wants that.
//! - One formatting serves all text sinks of an event.
//! - A forked child never waits for a lock that its parent holds, and never writes into its parent's trace.
//! - A state word is changed by `fetch_or` and `fetch_and` only: other bits may be the kernel's or a tracer's.
//! - Nothing runs before `main`, and nothing is found by linker magic: a group that neither is named nor registers itself is not there.
//! - A sink that cannot be had never keeps the VMM from starting, and is always told of; a loss is counted.
//! - An event needs some 16 KiB of stack while it is on, a signal handler's stack included.
//! - Never prints, never exits, and knows nothing of the language of `trace-events` files.
#![deny(missing_docs, unsafe_op_in_unsafe_fn)]
// what only some sinks need
#![cfg_attr(
    not(all(
        feature = "flight",
        feature = "ftrace",
        feature = "log",
        feature = "simple",
        feature = "syslog"
    )),
    allow(dead_code, unused_imports)
)]

mod argument;
mod arguments;
mod asked;
mod control;
mod crash;
mod delivered;
mod error;
mod event;
mod events_file;
mod files;
pub mod foreign;
mod log_items;
mod message_option;
mod option;
mod own;
mod pattern;
mod plan;
mod probe;
mod queue;
mod record;
mod registry;
mod select;
mod settings;
mod setup;
mod sink;
mod sinks;
mod state;
mod sync;
mod text;
mod thread;

pub mod generated;

pub use argument::{Pointer, Str, ToStr};
pub use arguments::ARGUMENTS_HELP;
pub use control::{EventInfo, EventState, SinkStatus, Tracing, tracing};
pub use error::Error;
pub use event::{ArgumentInfo, Event, Group};
pub use events_file::{EventsLine, read as read_events_file};
pub use files::TraceFile;
pub use log_items::log_help;
pub use option::TraceOption;
pub use pattern::{is_pattern, matches};
pub use record::{LINE_MAX, Record};
pub use registry::{groups as registered_groups, register};
pub use settings::{Mode, Settings, SyslogProtocol, Wait};
pub use setup::{INSTANCE_VARIABLE, Setup};
pub use sink::{Dropped, Losses, Sink, Unavailable};
pub use sinks::compiled as compiled_sinks;
pub use state::State;

/// For the fuzz target: the patterns of an events file.
#[cfg(fuzzing)]
#[doc(hidden)]
pub fn fuzz_events_file(source: &[u8]) -> Vec<String> {
    events_file::parse(source).into_iter().map(|entry| entry.pattern).collect()
}

/// Includes the code that `tracetool::Build` made for a group: the functions `trace_NAME` and `trace_NAME_enabled` of
/// its events, and `GROUP` for [`Setup::group`]. A module takes one group.
///
/// The code holds no unsafe block; a crate may forbid `unsafe_code`.
#[macro_export]
macro_rules! include_events {
    ($group:literal) => {
        #[allow(
            clippy::all,
            clippy::nursery,
            clippy::pedantic,
            dead_code,
            missing_docs,
            non_snake_case,
            non_upper_case_globals,
            trivial_numeric_casts,
            unreachable_pub,
            unused_qualifications,
            unused_variables
        )]
        mod generated {
            ::core::include!(::core::concat!(::core::env!("OUT_DIR"), "/trace-", $group, ".rs"));
        }
        #[allow(unused_imports, unreachable_pub)]
        pub use generated::*;
    };
}

/// For generated code: a state word, in the section where tracers look for semaphores. A macro, since `link_section` is
/// unsafe code to rustc's lint, which looks at what a crate itself writes.
#[doc(hidden)]
#[macro_export]
macro_rules! state_word {
    ($name:ident) => {
        #[unsafe(link_section = ".probes")]
        static $name: $crate::State = $crate::State::new();
    };
}
