//! What `-trace` asks for. An event of QEMU's backends is switched at once, as QEMU does; others when their sinks are there.

use super::control::{listing, text};
use super::enter;
use super::host::{self, Place};
use std::ffi::c_char;
use std::path::PathBuf;
use std::process;
use std::sync::{Mutex, PoisonError};
use vmtrace::foreign::exclusively;
use vmtrace::{Error, Event, Group, Settings, TraceOption, Tracing};

/// What a name or pattern is to become.
#[derive(Clone)]
pub(super) struct Wish {
    pattern: String,
    on: bool,
    /// In place of the usual ones.
    sinks: Vec<String>,
}

/// What was asked for before the sinks are opened. Groups that come later get what is asked for here, too.
#[derive(Default)]
pub(super) struct Asked {
    pub(super) wishes: Vec<Wish>,
    /// In the order of the options.
    pub(super) settings: Vec<Settings>,
    /// The file of the last option that named one, and whether it is the binary trace's for sure.
    pub(super) file: Option<(PathBuf, bool)>,
    /// Whether there was a `-trace` at all.
    pub(super) is_given: bool,
}

static ASKED: Mutex<Option<Asked>> = Mutex::new(None);

/// Looks at what was asked for. Not to be held while anything is told.
pub(super) fn with<T>(look: impl FnOnce(&mut Asked) -> T) -> T {
    exclusively(|| look(ASKED.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert_default()))
}

impl Wish {
    /// For one event.
    fn of(&self, event: &Event) -> Self {
        Self { pattern: event.name().to_owned(), ..self.clone() }
    }

    fn means(&self, name: &str) -> bool {
        if vmtrace::is_pattern(&self.pattern) {
            vmtrace::matches(&self.pattern, name)
        } else {
            self.pattern == name
        }
    }

    /// Whether a group's events were made for it.
    fn takes(&self, group: &Group) -> bool {
        !self.on || self.sinks.is_empty() || self.sinks.iter().any(|sink| group.allows(sink))
    }
}

/// Takes an argument of `-trace`.
///
/// # Safety
/// A text, or NULL.
#[unsafe(no_mangle)]
unsafe extern "C" fn trace_opt_parse(option: *const c_char) {
    enter((), || {
        // SAFETY: as the caller says.
        let Some(source) = (unsafe { text(option) }) else {
            host::error("-trace: is not UTF-8");
            process::exit(1);
        };
        let place = Place::Option(source);
        // QEMU takes one that says nothing
        let option = if source.is_empty() { Ok(TraceOption::default()) } else { TraceOption::parse(source) };
        match option {
            Ok(option) => take(option, place),
            Err(Error::Option { why, .. }) => fail(place, &why),
            Err(error) => fail(place, &error.to_string()),
        }
    });
}

fn fail(place: Place<'_>, why: &str) -> ! {
    host::error_at(place, why);
    process::exit(1)
}

/// Finds a sink that is not there.
fn check(option: &TraceOption) -> Result<(), Error> {
    let known: Vec<String> = match vmtrace::tracing() {
        Some(tracing) => tracing.sinks().into_iter().map(|sink| sink.name).collect(),
        None => vmtrace::compiled_sinks().map(str::to_owned).collect(),
    };
    let Some(name) = option.sinks.iter().find(|name| !known.contains(name)) else { return Ok(()) };
    let whence = format!("-trace {}", option.source);
    Err(Error::UnknownSink { name: name.clone(), known: known.join(", "), whence })
}

fn take(option: TraceOption, place: Place<'_>) {
    if !option.asks_for_help() {
        check(&option).unwrap_or_else(|error| fail(Place::Nowhere, &error.to_string()));
    }
    for spec in &option.patterns {
        enable(spec, &option.sinks, place);
    }
    for path in &option.events {
        match vmtrace::read_events_file(path) {
            Ok(lines) => {
                for line in lines {
                    enable(&line.pattern, &option.sinks, Place::File(path, line.line));
                }
            }
            Err(Error::EventsFile { source, .. }) => fail(Place::File(path, 0), &host::words(&source)),
            Err(error) => fail(Place::File(path, 0), &error.to_string()),
        }
    }
    let is_trace = option.sinks.iter().any(|sink| sink == "simple");
    if vmtrace::tracing().is_some() && option.settings != Settings::default() {
        host::warn(place, "how sinks work is settled before tracing begins");
    }
    with(|asked| {
        asked.is_given = true;
        asked.settings.push(option.settings);
        if let Some(path) = option.file {
            asked.file = Some((path, is_trace));
        }
    });
}

/// Switches the events of a name or pattern.
///
/// # Safety
/// A text, or NULL.
#[unsafe(no_mangle)]
unsafe extern "C" fn trace_enable_events(spec: *const c_char) {
    enter((), || {
        // SAFETY: as the caller says.
        if let Some(spec) = unsafe { text(spec) } {
            enable(spec, &[], Place::Nowhere);
        }
    });
}

fn enable(spec: &str, sinks: &[String], place: Place<'_>) {
    if matches!(spec, "help" | "?") {
        host::print(listing());
        if !host::is_asked_by_monitor() {
            process::exit(0);
        }
        return;
    }
    let (on, pattern) = spec.strip_prefix('-').map_or((true, spec), |pattern| (false, pattern));
    let wish = Wish { pattern: pattern.to_owned(), on, sinks: sinks.to_vec() };
    let (mut is_there, mut is_taken, mut waits) = (false, false, false);
    for group in vmtrace::registered_groups() {
        let takes = wish.takes(group);
        for event in group.events().iter().filter(|event| wish.means(event.name())) {
            is_there = true;
            is_taken |= takes;
            match event.switch() {
                Some(switch) if takes => switch.set(on),
                Some(_) => {}
                None => waits = true,
            }
        }
    }
    if is_there && !is_taken {
        let why = format!(
            "the events that match `{pattern}` were built for other backends than {}",
            sinks.join(", ")
        );
        fail(place, &why);
    }
    if !is_there {
        let is_disabled = vmtrace::registered_groups().flat_map(Group::disabled).any(|name| wish.means(name));
        match (is_disabled, vmtrace::is_pattern(pattern)) {
            (true, _) => host::warn(place, format_args!("trace event '{pattern}' is not traceable")),
            (false, false) => host::warn(place, format_args!("trace event '{pattern}' does not exist")),
            (false, true) => host::warn(place, format_args!("no trace event matches '{pattern}'")),
        }
    }
    match vmtrace::tracing() {
        Some(tracing) if waits => {
            if let Err(error) = ask(tracing, &wish) {
                host::warn(place, error);
            }
        }
        Some(_) => {}
        None => with(|asked| asked.wishes.push(wish)),
    }
}

/// Gives one event what is wished. One that needs sinks of ours waits for [`carry_out`].
pub(super) fn switch(event: &'static Event, on: bool) {
    match (event.switch(), vmtrace::tracing()) {
        (Some(switch), _) => switch.set(on),
        (None, Some(tracing)) => tracing.switch(event, on).unwrap_or_else(host::error),
        (None, None) => {
            let pattern = event.name().to_owned();
            with(|asked| asked.wishes.push(Wish { pattern, on, sinks: Vec::new() }));
        }
    }
}

/// Gives the events that were waiting for their sinks what was asked for. Which of those cannot be had is told elsewhere.
pub(super) fn carry_out(tracing: Tracing) {
    for wish in &with(|asked| asked.wishes.clone()) {
        let mut events = vmtrace::registered_groups().flat_map(Group::events);
        if events.any(|event| event.switch().is_none() && wish.means(event.name())) {
            match ask(tracing, wish) {
                Ok(_) | Err(Error::Unavailable(_)) => {}
                Err(error) => host::warn(Place::Nowhere, error),
            }
        }
    }
}

fn ask(tracing: Tracing, wish: &Wish) -> Result<usize, Error> {
    let sinks: Vec<&str> = wish.sinks.iter().map(String::as_str).collect();
    match sinks.as_slice() {
        _ if !wish.on => tracing.disable(&wish.pattern),
        [] => tracing.enable(&wish.pattern),
        sinks => tracing.enable_to(&wish.pattern, sinks),
    }
}

/// Makes a group of C's known, which may come from a library that is loaded now, and gives it what was asked for.
pub(crate) fn join(group: &'static Group) {
    vmtrace::register(group);
    for wish in &with(|asked| asked.wishes.clone()) {
        for event in group.events().iter().filter(|event| wish.means(event.name())) {
            match (event.switch(), vmtrace::tracing()) {
                (Some(switch), _) if wish.takes(group) => switch.set(wish.on),
                (None, Some(tracing)) => {
                    if let Err(error) = ask(tracing, &wish.of(event)) {
                        host::warn(Place::Nowhere, error);
                    }
                }
                (Some(_), _) | (None, None) => {}
            }
        }
    }
}
