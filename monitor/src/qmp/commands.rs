//! The commands that every VMM has.

use super::capabilities::capabilities;
use super::{Arguments, CommandError};
use crate::{Json, Monitor};
use std::path::Path;
use vmtrace::{EventInfo, EventState};

/// The command that belongs to the session.
pub(super) const NEGOTIATE: &str = "qmp_capabilities";

type Run = fn(&Monitor, Arguments) -> Result<Json, CommandError>;

const COMMANDS: &[(&str, Run)] = &[
    ("human-monitor-command", human_monitor_command),
    (NEGOTIATE, negotiate),
    ("query-commands", query_commands),
    ("query-name", query_name),
    ("query-version", query_version),
    ("trace-event-get-state", trace_event_get_state),
    ("trace-event-set-state", trace_event_set_state),
    ("x-vmtrace-dump", dump),
    ("x-vmtrace-route", route),
    ("x-vmtrace-stats", stats),
];

/// Their names.
pub(crate) fn built_in<'a>() -> impl Iterator<Item = &'a str> {
    COMMANDS.iter().map(|&(name, _)| name)
}

/// Runs one.
pub(crate) fn run(monitor: &Monitor, command: &str, arguments: Arguments) -> Result<Json, CommandError> {
    let (_, run) = COMMANDS
        .iter()
        .find(|&&(name, _)| name == command)
        .ok_or_else(|| CommandError::not_found(command))?;
    run(monitor, arguments)
}

/// `trace-event-get-state`: in the order of declaration, where QEMU's is reversed.
fn trace_event_get_state(monitor: &Monitor, mut arguments: Arguments) -> Result<Json, CommandError> {
    let pattern = arguments.string("name")?;
    arguments.finish()?;
    let events = monitor.tracing().states(&pattern);
    if events.is_empty() && !vmtrace::is_pattern(&pattern) {
        return Err(CommandError::unknown_event(&pattern));
    }
    let event = |event: &EventInfo| {
        Json::object([("name", event.name.into()), ("state", event.state.as_str().into())])
    };
    Ok(events.iter().map(event).collect())
}

/// `trace-event-set-state`: with a pattern that matches nothing it fails, where QEMU's does nothing and says so to nobody.
fn trace_event_set_state(monitor: &Monitor, mut arguments: Arguments) -> Result<Json, CommandError> {
    let pattern = arguments.string("name")?;
    let enable = arguments.boolean("enable")?;
    let ignore_unavailable = arguments.optional_boolean("ignore-unavailable")?.unwrap_or(false);
    arguments.finish()?;
    set_state(monitor, &pattern, enable, ignore_unavailable)?;
    Ok(Json::object([]))
}

/// Switches the events of a name or pattern, for QMP and the human monitor.
pub(crate) fn set_state(
    monitor: &Monitor,
    pattern: &str,
    enable: bool,
    ignore_unavailable: bool,
) -> Result<(), CommandError> {
    let events = monitor.tracing().states(pattern);
    if events.is_empty() {
        return Err(CommandError::unknown_event(pattern));
    }
    let unavailable = |event: &&EventInfo| event.state == EventState::Unavailable;
    if let Some(event) = events.iter().find(unavailable)
        && !ignore_unavailable
    {
        return Err(CommandError::generic(format!("event \"{}\" is disabled", event.name)));
    }
    // those that are not available are not matched (QEMU's documentation of `ignore-unavailable`)
    if events.iter().all(|event| event.state == EventState::Unavailable) {
        return if vmtrace::is_pattern(pattern) { Err(CommandError::unknown_event(pattern)) } else { Ok(()) };
    }
    if enable {
        monitor.tracing().enable(pattern)?
    } else {
        monitor.tracing().disable(pattern)?
    };
    Ok(())
}

/// `human-monitor-command`: what the line prints, errors too, is what it returns.
fn human_monitor_command(monitor: &Monitor, mut arguments: Arguments) -> Result<Json, CommandError> {
    let line = arguments.string("command-line")?;
    // no command of ours asks for a cpu, but QEMU's qmp-shell always names one
    arguments.optional_integer("cpu-index")?;
    arguments.finish()?;
    Ok(monitor.human(&line).into())
}

/// `qmp_capabilities` of a client whose session is not ours: there is nothing that it could negotiate with us.
fn negotiate(_: &Monitor, arguments: Arguments) -> Result<Json, CommandError> {
    capabilities(arguments)?;
    Ok(Json::object([]))
}

fn query_commands(monitor: &Monitor, arguments: Arguments) -> Result<Json, CommandError> {
    arguments.finish()?;
    Ok(monitor.commands().into_iter().map(|name| Json::object([("name", name.into())])).collect())
}

fn query_name(monitor: &Monitor, arguments: Arguments) -> Result<Json, CommandError> {
    arguments.finish()?;
    Ok(Json::object([("name", monitor.vmm_name().into())]))
}

fn query_version(monitor: &Monitor, arguments: Arguments) -> Result<Json, CommandError> {
    arguments.finish()?;
    Ok(version(monitor))
}

/// The VMM's version, under the names that QEMU's clients look for.
pub(super) fn version(monitor: &Monitor) -> Json {
    let (numbers, rest) = split_version(monitor.vmm_version());
    let [major, minor, micro] = numbers.map(Json::from);
    let package = [monitor.vmm_name(), rest].map(str::trim).join(" ");
    Json::object([
        ("qemu", Json::object([("micro", micro), ("minor", minor), ("major", major)])),
        ("package", package.trim_end().into()),
    ])
}

/// `1.2.3-rc1` is 1, 2, 3 and `-rc1`; a number that is not there is 0.
fn split_version(version: &str) -> ([u64; 3], &str) {
    let (mut numbers, mut rest) = ([0; 3], version);
    for (index, number) in numbers.iter_mut().enumerate() {
        let after_dot = if index == 0 { Some(rest) } else { rest.strip_prefix('.') };
        let Some(digits) = after_dot else { break };
        let end = digits.find(|c: char| !c.is_ascii_digit()).unwrap_or(digits.len());
        let Ok(value) = digits[..end].parse() else { break };
        (*number, rest) = (value, &digits[end..]);
    }
    (numbers, rest)
}

/// `x-vmtrace-stats`: each sink, whether it can be had, what it took and lost; how many events there are; how many records
/// a queue gave out too late for their place in the order.
fn stats(monitor: &Monitor, arguments: Arguments) -> Result<Json, CommandError> {
    arguments.finish()?;
    let sinks = monitor.tracing().sinks().into_iter().map(|sink| {
        let mut object = crate::Object::default();
        object.insert("name", sink.name.into());
        object.insert("available", sink.unavailable.is_none().into());
        if let Some(why) = sink.unavailable {
            object.insert("reason", why.into());
        }
        object.insert("delivered", sink.delivered.into());
        object.insert("lost", sink.losses.records.into());
        if let Some(why) = sink.losses.why {
            object.insert("lost-reason", why.into());
        }
        Json::from(object)
    });
    let states = monitor.tracing().states("*");
    let count = |state| Json::from(states.iter().filter(|event| event.state == state).count() as u64);
    let events = [EventState::Enabled, EventState::Disabled, EventState::Unavailable];
    let events = Json::object(events.map(|state| (state.as_str(), count(state))));
    let late = monitor.tracing().late().into();
    Ok(Json::object([("sinks", sinks.collect()), ("events", events), ("late", late)]))
}

/// `x-vmtrace-dump`: writes what the flight recorder holds to a file, and says how many records that are.
fn dump(monitor: &Monitor, mut arguments: Arguments) -> Result<Json, CommandError> {
    let file = arguments.string("file")?;
    arguments.finish()?;
    if !monitor.opens_files() {
        return Err(CommandError::generic("this VMM opens no files: it is in a jail".to_owned()));
    }
    let records = monitor.tracing().dump(Path::new(&file))?;
    Ok(Json::object([("records", records.into())]))
}

/// `x-vmtrace-route`: sends events to these sinks and no others, which is off where there is none in the list. Gives back
/// where each event now goes; without `sinks` that alone.
fn route(monitor: &Monitor, mut arguments: Arguments) -> Result<Json, CommandError> {
    let pattern = arguments.string("name")?;
    let sinks = arguments.optional_strings("sinks")?;
    arguments.finish()?;
    if let Some(sinks) = sinks {
        let sinks: Vec<&str> = sinks.iter().map(String::as_str).collect();
        monitor.tracing().route(&pattern, &sinks)?;
    }
    let events = monitor.tracing().states(&pattern);
    if events.is_empty() {
        return Err(CommandError::unknown_event(&pattern));
    }
    let event = |event: EventInfo| {
        let sinks = event.sinks.into_iter().map(Json::from).collect();
        Json::object([("name", event.name.into()), ("sinks", sinks)])
    };
    Ok(events.into_iter().map(event).collect())
}

#[cfg(test)]
mod tests {
    use super::split_version;

    #[test]
    fn versions() {
        for (version, numbers, rest) in [
            ("1.2.3", [1, 2, 3], ""),
            ("1.2.3-rc1", [1, 2, 3], "-rc1"),
            ("1.2", [1, 2, 0], ""),
            ("7 (Debian)", [7, 0, 0], " (Debian)"),
            ("v1", [0, 0, 0], "v1"),
            ("1.x", [1, 0, 0], ".x"),
            ("", [0, 0, 0], ""),
            ("1.99999999999999999999.2", [1, 0, 0], ".99999999999999999999.2"),
        ] {
            assert_eq!(split_version(version), (numbers, rest), "{version}");
        }
    }
}
