//! What a line says of a probe, and where that is known from.

use crate::{Error, Tapset, reading};
use std::collections::BTreeMap;
use std::path::Path;
use trace_events::{Event, Severity};

/// Where the texts of a program's probes come from.
#[derive(Debug)]
pub enum Texts {
    /// From scripts that are installed: of the probes only those exist that have one.
    Installed(Tapset),
    /// From declarations, by the event's name. A probe that is not declared has numbers.
    Declared(BTreeMap<String, Event>),
}

impl Texts {
    /// From nothing: all probes have numbers.
    #[must_use]
    pub fn none() -> Self {
        Self::Declared(BTreeMap::new())
    }

    pub(crate) fn has(&self, name: &str) -> bool {
        match self {
            Self::Installed(tapset) => tapset.names.contains(name),
            Self::Declared(_) => true,
        }
    }
}

/// How many errors of a file are told.
const MOST_ERRORS: usize = 10;

/// Reads trace-events files: regular files of 64 MiB at most. Events that are declared `disable` are none; of two of the same name the first counts.
///
/// # Errors
/// [`Error::Io`], and [`Error::Declaration`] with the first errors of a file that has some.
pub fn declarations(paths: &[impl AsRef<Path>]) -> Result<BTreeMap<String, Event>, Error> {
    let mut events = BTreeMap::new();
    for path in paths {
        let path = path.as_ref();
        let source = reading::whole(path)?;
        let file = trace_events::parse(&path.to_string_lossy(), &source);
        let errors = file.diagnostics.iter().filter(|told| told.severity == Severity::Error);
        let errors: Vec<String> = errors.take(MOST_ERRORS).map(ToString::to_string).collect();
        if !errors.is_empty() {
            return Err(Error::Declaration(errors.join("\n")));
        }
        for event in file.events.into_iter().filter(|event| !event.properties.disable) {
            events.entry(event.name.clone()).or_insert(event);
        }
    }
    Ok(events)
}
