//! The commands: one table, which parsing, help and completion read.

use super::help;
use super::parse::Arguments;
use crate::Monitor;
use crate::qmp::{self, CommandError};
use std::fmt::Write;
use std::path::Path;
use std::time::Duration;
use vmtrace::{EventInfo, EventState, SinkStatus, TraceFile};

/// A command, or a word before subcommands.
pub(super) struct Command {
    /// Its names, of which the first is told.
    pub(super) names: &'static [&'static str],
    pub(super) arguments: &'static [Argument],
    /// The arguments as the user is told of them.
    pub(super) params: &'static str,
    pub(super) help: &'static str,
    /// What `help NAME` prints in place of the line above.
    pub(super) details: Option<fn(&Monitor, &mut String)>,
    pub(super) action: Action,
}

pub(super) enum Action {
    /// Prints lines ended by `\n`.
    Run(fn(&Monitor, &Arguments, &mut String)),
    /// The next word is one of these.
    Subcommands(&'static [Command]),
}

/// An argument. Those that are optional stand at the end.
pub(super) struct Argument {
    pub(super) kind: Kind,
    pub(super) optional: bool,
}

/// What an argument is: how it is read and completed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// The name of an event, or a pattern.
    Event,
    /// `on` or `off`.
    Switch,
    /// What becomes of the trace file: `on`, `off`, `flush`, `set`.
    FileAction,
    /// Names of sinks with commas between, or `none`.
    Sinks,
    /// Log items with commas between.
    LogItems,
    /// The name of a file.
    File,
    /// A command: the rest of the line.
    Command,
}

const fn needed(kind: Kind) -> Argument {
    Argument { kind, optional: false }
}

const fn optional(kind: Kind) -> Argument {
    Argument { kind, optional: true }
}

/// All commands, in order of their names. Those that QEMU has are spelled, and described, as QEMU 10.2 does.
pub(super) static COMMANDS: &[Command] = &[
    Command {
        names: &["help", "?"],
        arguments: &[optional(Kind::Command)],
        params: "[cmd]",
        help: "show the help",
        details: None,
        action: Action::Run(|monitor, given, out| help::describe(monitor, given.get(0).unwrap_or(""), out)),
    },
    Command {
        names: &["info"],
        arguments: &[],
        params: "[subcommand]",
        help: "show various information about the system state",
        details: None,
        action: Action::Subcommands(INFO),
    },
    Command {
        names: &["log"],
        arguments: &[needed(Kind::LogItems)],
        params: "item1[,...]",
        help: "activate logging of the specified items",
        details: Some(|_, out| out.push_str(&vmtrace::log_help("log"))),
        action: Action::Run(log),
    },
    Command {
        names: &["logfile"],
        arguments: &[needed(Kind::File)],
        params: "filename",
        help: "output logs to 'filename'",
        details: None,
        action: Action::Run(|monitor, given, out| {
            if monitor.opens_files() {
                tell(monitor.tracing().set_log_file(Path::new(given.get(0).unwrap_or(""))), out);
            } else {
                out.push_str(JAILED);
            }
        }),
    },
    Command {
        names: &["trace-event"],
        arguments: &[needed(Kind::Event), needed(Kind::Switch)],
        params: "name on|off",
        help: "changes status of a specific trace event (name: event name pattern)",
        details: None,
        action: Action::Run(|monitor, given, out| {
            let (name, enable) = (given.get(0).unwrap_or(""), given.get(1) == Some("on"));
            // a pattern may match what was not compiled; QEMU says nothing of a name either
            tell(qmp::set_state(monitor, name, enable, vmtrace::is_pattern(name)), out);
        }),
    },
    Command {
        names: &["trace-file"],
        arguments: &[optional(Kind::FileAction), optional(Kind::File)],
        params: "on|off|flush|set [arg]",
        help: "open, close, or flush trace file, or set a new file name",
        details: None,
        action: Action::Run(trace_file),
    },
    Command {
        names: &["trace-route"],
        arguments: &[needed(Kind::Event), needed(Kind::Sinks)],
        params: "name sink1[,...]|none",
        help: "sends trace events to these sinks and no other (name: event name pattern)",
        details: None,
        action: Action::Run(|monitor, given, out| {
            let sinks: Vec<&str> = match given.get(1) {
                Some("none") | None => Vec::new(),
                Some(sinks) => sinks.split(',').collect(),
            };
            tell(monitor.tracing().route(given.get(0).unwrap_or(""), &sinks), out);
        }),
    },
];

/// What `info` has, in order of the names.
static INFO: &[Command] = &[
    Command {
        names: &["name"],
        arguments: &[],
        params: "",
        help: "show the current VM name",
        details: None,
        action: Action::Run(|monitor, _, out| _ = writeln!(out, "{}", monitor.vmm_name())),
    },
    Command {
        names: &["trace-events"],
        arguments: &[optional(Kind::Event)],
        params: "[name]",
        help: "show available trace-events & their state (name: event name pattern)",
        details: None,
        action: Action::Run(info_trace_events),
    },
    Command {
        names: &["trace-routes"],
        arguments: &[optional(Kind::Event)],
        params: "[name]",
        help: "show the trace-events that are on & their sinks (name: event name pattern)",
        details: None,
        action: Action::Run(info_trace_routes),
    },
    Command {
        names: &["trace-sinks"],
        arguments: &[],
        params: "",
        help: "show where trace-events can go, & what was lost there",
        details: None,
        action: Action::Run(info_trace_sinks),
    },
    Command {
        names: &["version"],
        arguments: &[],
        params: "",
        help: "show the version of the VMM",
        details: None,
        action: Action::Run(|monitor, _, out| _ = writeln!(out, "{}", monitor.vmm_version())),
    },
];

impl Command {
    /// The command of that name.
    pub(super) fn named<'a>(table: &'a [Self], name: &str) -> Option<&'a Self> {
        table.iter().find(|command| command.names.contains(&name))
    }
}

const JAILED: &str = "this VMM opens no files: it is in a jail\n";

/// How long `trace-file flush` waits.
const FLUSH: Duration = Duration::from_secs(2);

/// Prints a mistake, in QEMU's words where it has them.
fn tell<T, E: Into<CommandError>>(done: Result<T, E>, out: &mut String) {
    if let Err(error) = done {
        let _ = writeln!(out, "{}", error.into());
    }
}

fn log(monitor: &Monitor, given: &Arguments, out: &mut String) {
    match monitor.tracing().log_items(given.get(0).unwrap_or("")) {
        Ok(text) => out.push_str(&text.unwrap_or_default()),
        // QEMU shows the items, not which one is wrong
        Err(error @ vmtrace::Error::LogItem { .. }) => {
            let _ = writeln!(out, "{error}");
            out.push_str(&vmtrace::log_help("log"));
        }
        Err(error) => tell(Err::<(), _>(error), out),
    }
}

/// `trace-file`: QEMU says nothing of a file that cannot be had.
fn trace_file(monitor: &Monitor, given: &Arguments, out: &mut String) {
    let tracing = monitor.tracing();
    match (given.get(0), given.get(1)) {
        (None, _) => match tracing.trace_file() {
            Ok(TraceFile { path, is_on }) => {
                let state = if is_on { "on" } else { "off" };
                let _ = writeln!(out, "Trace file \"{}\" {state}.", path.display());
            }
            Err(error) => tell::<(), _>(Err(error), out),
        },
        (Some("on" | "set"), _) if !monitor.opens_files() => out.push_str(JAILED),
        (Some("on"), _) => tell(tracing.switch_trace_file(true), out),
        (Some("off"), _) => tell(tracing.switch_trace_file(false), out),
        (Some("flush"), _) => {
            if !tracing.drain(FLUSH) {
                out.push_str("the trace is not written yet\n");
            }
        }
        (Some("set"), Some(path)) => tell(tracing.set_trace_file(Path::new(path)), out),
        // as QEMU, which does nothing
        (Some("set"), None) => {}
        (Some(action), _) => {
            let _ = writeln!(out, "unexpected argument \"{action}\"");
            help::describe(monitor, "trace-file", out);
        }
    }
}

fn info_trace_events(monitor: &Monitor, given: &Arguments, out: &mut String) {
    let pattern = given.get(0).unwrap_or("*");
    let states = monitor.tracing().states(pattern);
    if states.is_empty() {
        tell::<(), _>(Err(CommandError::unknown_event(pattern)), out);
    }
    for event in states {
        let _ = write!(out, "{} : state {}", event.name, u8::from(event.state == EventState::Enabled));
        // QEMU has one state for all sinks: where that says it all, the line is QEMU's
        let is_on = event.state == EventState::Enabled;
        if event.probed || is_on && event.sinks != monitor.tracing().default_sinks() {
            let _ = write!(out, " ({})", sinks_of(&event));
        }
        out.push('\n');
    }
}

fn info_trace_routes(monitor: &Monitor, given: &Arguments, out: &mut String) {
    let pattern = given.get(0).unwrap_or("*");
    let states = monitor.tracing().states(pattern);
    if states.is_empty() {
        tell::<(), _>(Err(CommandError::unknown_event(pattern)), out);
    }
    for event in states.iter().filter(|event| event.probed || event.state == EventState::Enabled) {
        let _ = writeln!(out, "{} : {}", event.name, sinks_of(event));
    }
}

/// Where an event that is on goes. A tracer from outside has its own way to switch an event on.
fn sinks_of(event: &EventInfo) -> String {
    let sinks = event.sinks.iter().map(String::as_str);
    sinks.chain(event.probed.then_some("a tracer")).collect::<Vec<_>>().join(",")
}

fn info_trace_sinks(monitor: &Monitor, _: &Arguments, out: &mut String) {
    for SinkStatus { name, unavailable, delivered, losses } in monitor.tracing().sinks() {
        let _ = match (unavailable, losses.records, losses.why) {
            (Some(why), ..) => writeln!(out, "{name} : not available: {why}"),
            (None, 0, _) => writeln!(out, "{name} : available, {delivered} records"),
            (None, lost, None) => writeln!(out, "{name} : available, {delivered} records, {lost} lost"),
            (None, lost, Some(why)) => {
                writeln!(out, "{name} : available, {delivered} records, {lost} lost: {why}")
            }
        };
    }
}
