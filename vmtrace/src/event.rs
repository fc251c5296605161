//! Events and groups, as generated code declares them.

use crate::State;
use crate::foreign::Switch;
use crate::probe::Semaphore;
use crate::text::{self, Part, Step};
use printf::{Text, Value};
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

/// An event: its state, its name, and how it prints. Generated code makes one `static` of each.
#[derive(Debug)]
pub struct Event {
    pub(crate) state: &'static State,
    name: &'static str,
    /// `NAME ` and what every text of the event begins with: one copy in place of three.
    head: &'static str,
    declared_at: &'static str,
    format: &'static str,
    args: &'static [ArgumentInfo],
    render: Render,
    /// The semaphore of its USDT probe, if that is C's and not in the state word.
    semaphore: Option<&'static Semaphore>,
    /// Who keeps its state, if that is not the state word.
    switch: Option<&'static dyn Switch>,
    /// Its place among all events, by which a queue knows it. Given once, by `init` or when the group joins later.
    number: AtomicU32,
}

/// What prints an event's arguments.
#[derive(Clone, Copy, Debug)]
enum Render {
    /// Straight-line code, of a Rust VMM.
    Code(fn(&[Value<'_>], &mut Text<'_>)),
    /// Data, of C.
    Steps(&'static [Step]),
}

/// An argument as declared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ArgumentInfo {
    /// Its name.
    pub name: &'static str,
    /// Its C type as the declaration spells it.
    pub ctype: &'static str,
}

/// The events of one `trace-events` file or several.
#[derive(Debug)]
pub struct Group {
    name: &'static str,
    events: &'static [&'static Event],
    disabled: &'static [&'static str],
    backends: Option<&'static [&'static str]>,
    /// Whether it joined after `init`.
    is_late: AtomicBool,
}

impl Event {
    /// For generated code: an event that is off. `head` is its name, a blank, and the literal that its format begins
    /// with, if that holds no control byte; `render` prints what follows.
    #[must_use]
    pub const fn new(
        state: &'static State,
        name: &'static str,
        head: &'static str,
        declared_at: &'static str,
        format: &'static str,
        args: &'static [ArgumentInfo],
        render: fn(&[Value<'_>], &mut Text<'_>),
    ) -> Self {
        let (render, number) = (Render::Code(render), AtomicU32::new(u32::MAX));
        Self { state, name, head, declared_at, format, args, render, semaphore: None, switch: None, number }
    }

    /// An event that is off, whose text comes as data: for those that come from C. What is made of the parts is never freed.
    #[must_use]
    pub fn of_parts(
        state: &'static State,
        name: &'static str,
        declared_at: &'static str,
        format: &'static str,
        args: &'static [ArgumentInfo],
        parts: &[Part],
    ) -> Self {
        let (first, rest) = match parts {
            [Part::Literal(first), rest @ ..] if text::is_plain(first) => {
                (std::str::from_utf8(first).ok(), rest)
            }
            _ => (None, parts),
        };
        let rest = if first.is_some() { rest } else { parts };
        let head = format!("{name} {}", first.unwrap_or_default()).leak();
        let render = Render::Steps(rest.iter().map(Step::new).collect::<Vec<_>>().leak());
        Self { render, ..Self::new(state, name, head, declared_at, format, args, |_, _| ()) }
    }

    /// Somebody else keeps its state: see [`Switch`].
    #[must_use]
    pub const fn with_switch(self, switch: &'static dyn Switch) -> Self {
        Self { switch: Some(switch), ..self }
    }

    /// For generated code: its USDT probe has this semaphore, which C's code shares.
    #[must_use]
    pub const fn with_semaphore(self, semaphore: &'static Semaphore) -> Self {
        Self { semaphore: Some(semaphore), ..self }
    }

    /// Its name.
    #[must_use]
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// File and line of its declaration.
    #[must_use]
    pub fn declared_at(&self) -> &'static str {
        self.declared_at
    }

    /// Its format as the declaration spells it, quotes and macros and all.
    #[must_use]
    pub fn format(&self) -> &'static str {
        self.format
    }

    /// Its arguments.
    #[must_use]
    pub fn args(&self) -> &'static [ArgumentInfo] {
        self.args
    }

    /// Whether anyone wants it.
    #[must_use]
    pub fn is_on(&self) -> bool {
        self.state.is_on() || self.is_probed() || self.switch.is_some_and(Switch::is_on)
    }

    /// Whether a tracer is attached to its USDT probe.
    #[must_use]
    pub fn is_probed(&self) -> bool {
        self.state.is_probed() || self.semaphore.is_some_and(Semaphore::is_on)
    }

    /// Who keeps its state, if that is not the state word.
    #[must_use]
    pub fn switch(&self) -> Option<&'static dyn Switch> {
        self.switch
    }

    /// Whether an argument that has a string's type comes from C as a mere address, which is what is printed of it.
    #[cfg(feature = "flight")]
    pub(crate) fn has_address(&self, index: usize) -> bool {
        matches!(self.render, Render::Steps(steps) if text::has_address(steps, index))
    }

    pub(crate) fn number(&self) -> u32 {
        self.number.load(Ordering::Acquire)
    }

    pub(crate) fn set_number(&self, number: u32) {
        self.number.store(number, Ordering::Release);
    }

    /// Prints what C's `printf` would.
    pub(crate) fn render(&self, values: &[Value<'_>], text: &mut Text<'_>) {
        text.literal(self.head.get(self.name.len() + 1..).unwrap_or_default().as_bytes());
        self.render_arguments(values, text);
    }

    /// Prints the same behind the name and a blank.
    pub(crate) fn render_line(&self, values: &[Value<'_>], text: &mut Text<'_>) {
        text.unescaped(self.head.as_bytes());
        self.render_arguments(values, text);
    }

    #[inline]
    fn render_arguments(&self, values: &[Value<'_>], text: &mut Text<'_>) {
        match self.render {
            Render::Code(render) => render(values, text),
            Render::Steps(steps) => text::render(steps, values, text),
        }
    }
}

impl Group {
    /// For generated code. `disabled` are the names for which nothing was compiled.
    #[must_use]
    pub const fn new(
        name: &'static str,
        events: &'static [&'static Event],
        disabled: &'static [&'static str],
    ) -> Self {
        Self { name, events, disabled, backends: None, is_late: AtomicBool::new(false) }
    }

    /// For generated code: of the built-in sinks, the events may go to these alone.
    #[must_use]
    pub const fn with_backends(self, backends: &'static [&'static str]) -> Self {
        Self { backends: Some(backends), ..self }
    }

    /// Its name.
    #[must_use]
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// Its events, in order of declaration.
    #[must_use]
    pub fn events(&self) -> &'static [&'static Event] {
        self.events
    }

    /// The built-in sinks that its events may go to, if not to all.
    pub(crate) fn backends(&self) -> Option<&'static [&'static str]> {
        self.backends
    }

    /// Whether its events may go to a built-in sink; to a VMM's own they always may.
    #[must_use]
    pub fn allows(&self, sink: &str) -> bool {
        let is_too_late = self.is_late.load(Ordering::Relaxed) && sink == "flight";
        !is_too_late && self.backends.is_none_or(|backends| backends.contains(&sink))
    }

    /// It joins after `init`.
    pub(crate) fn come_late(&self) {
        self.is_late.store(true, Ordering::Relaxed);
    }

    /// The names that are declared but not compiled: `disable`d, or made with the `nop` backend alone.
    #[must_use]
    pub fn disabled(&self) -> &'static [&'static str] {
        self.disabled
    }
}
