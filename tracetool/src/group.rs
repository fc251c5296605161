//! A group of events: what every format is made of.

use crate::Error;
use std::collections::HashMap;
use std::sync::{Arc, OnceLock};
use trace_events::{Diagnostic, Event, File, Severity, lint_groups, lint_tcg};

/// A group: its name, and the files that declare its events, read.
#[derive(Clone, Debug)]
pub struct Group {
    name: String,
    files: Vec<(String, Arc<File>)>,
    capitals: OnceLock<Vec<String>>,
}

impl Group {
    /// A group of files, each with the name that diagnostics and `#line` call it. A file that several groups have is
    /// read once and shared.
    #[must_use]
    pub fn new<F: Into<Arc<File>>>(name: &str, files: Vec<(String, F)>) -> Self {
        let files = files.into_iter().map(|(name, file)| (name, file.into())).collect();
        Self { name: name.to_owned(), files, capitals: OnceLock::new() }
    }

    /// The name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Every event, in order, with the name of the file that declares it.
    pub fn events(&self) -> impl Iterator<Item = (&str, &Event)> + Clone {
        self.files.iter().flat_map(|(name, file)| file.events.iter().map(move |event| (name.as_str(), event)))
    }

    /// All that is wrong with the declarations, each file's and those of the files together. `tcg` says whether QEMU 5's
    /// TCG events are welcome.
    #[must_use]
    pub fn diagnostics(&self, tcg: bool) -> Vec<Diagnostic> {
        let named: Vec<(&str, &File)> =
            self.files.iter().map(|(name, file)| (name.as_str(), &**file)).collect();
        let mut found: Vec<Diagnostic> =
            self.files.iter().flat_map(|(_, file)| &file.diagnostics).cloned().collect();
        found.extend(lint_groups(&[(&self.name, &named)]));
        if !tcg {
            found.extend(self.files.iter().flat_map(|(name, file)| lint_tcg(name, file)));
        }
        found
    }

    /// Refuses declarations that no right output can be made of. With `bug_compatible` only what QEMU refuses is.
    pub(crate) fn check(&self, tcg: bool, bug_compatible: bool) -> Result<(), Error> {
        let mut errors = self.diagnostics(tcg);
        errors.retain(|found| {
            found.severity == Severity::Error && (!bug_compatible || found.rule.is_checked_by_qemu())
        });
        if !errors.is_empty() {
            return Err(Error::Declarations(errors));
        }
        if bug_compatible { Ok(()) } else { self.check_names() }
    }

    /// Two events must not give one function or one macro: `trace_NAME_enabled` is Rust's, `TRACE_NAME_ENABLED` is C's,
    /// and C has names in capitals only.
    pub(crate) fn check_names(&self) -> Result<(), Error> {
        let mut capitals: HashMap<&str, &str> = HashMap::new();
        for ((file, event), upper) in self.events().zip(self.capitals()) {
            if let Some(other) = capitals.insert(upper, &event.name) {
                return Err(Error::NameInCapitals {
                    file: file.to_owned(),
                    line: event.line,
                    name: event.name.clone(),
                    other: other.to_owned(),
                });
            }
        }
        for ((file, event), upper) in self.events().zip(self.capitals()) {
            if let Some(name) = upper.strip_suffix("_ENABLED").and_then(|name| capitals.get(name)) {
                return Err(Error::NameTaken {
                    file: file.to_owned(),
                    line: event.line,
                    name: event.name.clone(),
                    other: (*name).to_owned(),
                });
            }
        }
        Ok(())
    }

    /// The events' names in capitals, as C's macros have them, in order.
    pub(crate) fn capitals(&self) -> impl Iterator<Item = &str> {
        let capitals = || self.events().map(|(_, event)| event.name.to_uppercase()).collect();
        self.capitals.get_or_init(capitals).iter().map(String::as_str)
    }

    /// The name as a part of C's and Rust's names.
    pub(crate) fn identifier(&self, bug_compatible: bool) -> String {
        if bug_compatible {
            return self.name.clone();
        }
        let word = |c: char| if c.is_ascii_alphanumeric() { c } else { '_' };
        let name: String = self.name.chars().map(word).collect();
        if name.starts_with(|c: char| c.is_ascii_digit()) { format!("_{name}") } else { name }
    }

    /// Refuses a name that cannot be part of a file's name inside of a C string.
    pub(crate) fn check_name(&self) -> Result<(), Error> {
        let odd = |c: char| c.is_control() || matches!(c, '"' | '\\' | '<' | '>');
        if self.name.is_empty() || self.name.contains(odd) {
            return Err(Error::Group(self.name.clone()));
        }
        Ok(())
    }
}
