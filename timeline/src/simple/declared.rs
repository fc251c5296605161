//! What the events of a trace mean: their declarations.

use simpletrace::Kind;
use std::collections::{HashMap, HashSet};
use trace_events::{Diagnostic, Event, Severity};

/// The declarations that a trace is told by.
#[derive(Clone, Debug, Default)]
pub struct Declarations {
    by_name: HashMap<String, Declaration>,
    in_order: Vec<String>,
}

/// An event's, as far as its records need it.
#[derive(Clone, Debug)]
pub(super) struct Declaration {
    pub(super) event: Event,
    pub(super) kinds: Vec<Kind>,
}

impl Declarations {
    /// Of events, wherever they were declared. The first of a name counts.
    #[must_use]
    pub fn new(events: impl IntoIterator<Item = Event>) -> Self {
        let mut declarations = Self::default();
        let events: Vec<Event> = events.into_iter().collect();
        declarations.in_order.extend(events.iter().map(|event| event.name.clone()));
        declarations.add(events);
        declarations
    }

    /// Adds the events of a `trace-events` file, or of QEMU's `trace-events-all`; `name` is what diagnostics call it. An
    /// event whose declaration has an error is left out, so that its records are shown raw. Gives back what is wrong.
    pub fn read(&mut self, name: &str, source: &[u8]) -> Vec<Diagnostic> {
        let mut file = trace_events::parse(name, source);
        file.diagnostics.retain(|diagnostic| diagnostic.severity == Severity::Error);
        self.in_order.extend(file.events.iter().map(|event| event.name.clone()));
        let wrong: HashSet<u32> = file.diagnostics.iter().map(|diagnostic| diagnostic.place.line).collect();
        self.add(file.events.into_iter().filter(|event| !wrong.contains(&event.line)));
        file.diagnostics
    }

    /// Adds others. The first of a name counts.
    pub fn extend(&mut self, others: Self) {
        for (name, declaration) in others.by_name {
            self.by_name.entry(name).or_insert(declaration);
        }
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.by_name.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.by_name.is_empty()
    }

    /// The names of all, in the order in which they were declared, disabled and damaged ones too: what ids mean in a trace that
    /// has no names ([`simpletrace::Blocks::without_header`]).
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.in_order.iter().map(String::as_str)
    }

    pub(super) fn get(&self, name: &str) -> Option<&Declaration> {
        self.by_name.get(name)
    }

    fn add(&mut self, events: impl IntoIterator<Item = Event>) {
        for event in events {
            // QEMU's rule, by which simpletrace.py reads: to it `char const *` is an address
            let kind = |arg: &trace_events::Argument| {
                if arg.ctype.is_qemu_string() { Kind::String } else { Kind::Word }
            };
            let kinds = event.args.iter().map(kind).collect();
            self.by_name.entry(event.name.clone()).or_insert(Declaration { event, kinds });
        }
    }
}
