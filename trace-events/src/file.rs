//! A whole file, and several of them together.

use crate::declaration::{self, Event, Properties};
use crate::diagnostic::{Diagnostic, Line, Rule, Severity};
use std::collections::HashMap;
use std::sync::Arc;

/// What a file says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct File {
    /// The events whose names could be read, in order.
    pub events: Vec<Event>,
    /// All that is wrong, in order.
    pub diagnostics: Vec<Diagnostic>,
}

impl File {
    /// Whether anything is wrong that keeps code from being made.
    #[must_use]
    pub fn has_errors(&self) -> bool {
        self.diagnostics.iter().any(|diagnostic| diagnostic.severity == Severity::Error)
    }
}

/// Reads the text of a file; `name` is what diagnostics call it.
#[must_use]
pub fn parse(name: &str, source: &[u8]) -> File {
    let name: Arc<str> = name.into();
    let mut file = File::default();
    let mut lines = source.split(|&byte| byte == b'\n').peekable();
    let mut number = 0u32;
    let mut first_line_of: HashMap<String, u32> = HashMap::new();
    while let Some(bytes) = lines.next() {
        number = number.saturating_add(1);
        let is_last = lines.peek().is_none();
        if is_last && bytes.is_empty() {
            break;
        }
        let lossy = String::from_utf8_lossy(bytes);
        let line = Line { file: &name, number, text: &lossy };
        if let Err(error) = std::str::from_utf8(bytes) {
            let at = error.valid_up_to();
            let message = format!("byte 0x{:02x} is not UTF-8", bytes[at]);
            file.diagnostics.push(Diagnostic::new(&line, at, at, Rule::NotUtf8, &message));
        } else if !is_blank(&lossy) {
            let event = declaration::read(&line, &mut file.diagnostics);
            if let Some(event) = event {
                match first_line_of.get(&event.name) {
                    Some(first) => {
                        let message = format!("`{}` is declared on line {first} already", event.name);
                        let (at, end) = event.name_place;
                        file.diagnostics.push(Diagnostic::new(
                            &line,
                            at,
                            end,
                            Rule::DuplicateEvent,
                            &message,
                        ));
                    }
                    None => {
                        first_line_of.insert(event.name.clone(), number);
                    }
                }
                file.events.push(event);
            }
        }
        if is_last {
            let at = lossy.len();
            let message = "the file ends without a newline".to_owned();
            file.diagnostics.push(Diagnostic::new(&line, at, at, Rule::MissingNewline, &message));
        }
    }
    file
}

/// Names that several groups declare: `-trace NAME` could not tell them apart. Each group is its name and its files,
/// each file its name and what was read of it. Within one group a second declaration is an error.
#[must_use]
pub fn lint_groups(groups: &[(&str, &[(&str, &File)])]) -> Vec<Diagnostic> {
    let mut seen: HashMap<&str, (&str, &str, u32)> = HashMap::new();
    let mut diagnostics = Vec::new();
    for (group, files) in groups {
        for (file, parsed) in *files {
            let name: Arc<str> = (*file).into();
            for event in &parsed.events {
                let Some((other_group, other_file, line)) = seen.get(event.name.as_str()) else {
                    seen.insert(&event.name, (group, file, event.line));
                    continue;
                };
                let rule = if other_group != group {
                    Rule::DuplicateAcrossGroups
                } else if other_file != file {
                    Rule::DuplicateEvent
                } else {
                    continue; // `parse` told it
                };
                let message = format!("`{}` is declared at {other_file}:{line} too", event.name);
                let line = Line { file: &name, number: event.line, text: &event.name };
                diagnostics.push(Diagnostic::new(&line, 0, event.name.len(), rule, &message));
            }
        }
    }
    diagnostics
}

/// What is of QEMU 5's TCG events: the properties `vcpu` and `tcg`, and the types `TCGv`. Only its formats `tcg-*` can
/// make code for them; QEMU 10 refuses them.
#[must_use]
pub fn lint_tcg(name: &str, file: &File) -> Vec<Diagnostic> {
    let name: Arc<str> = name.into();
    let mut diagnostics = Vec::new();
    for event in &file.events {
        let tcg_argument = event.args.iter().find(|arg| arg.ctype.is_tcg());
        let what = match (event.properties, tcg_argument) {
            (Properties { tcg: true, .. }, _) => "the property `tcg`".to_owned(),
            (Properties { vcpu: true, .. }, _) => "the property `vcpu`".to_owned(),
            (_, Some(arg)) => format!("an argument of type {}", arg.ctype),
            _ => continue,
        };
        let message = format!(
            "`{}` has {what}, of QEMU 5's TCG events: only the formats tcg-* take it, QEMU 7 dropped it",
            event.name
        );
        let line = Line { file: &name, number: event.line, text: &event.name };
        diagnostics.push(Diagnostic::new(&line, 0, event.name.len(), Rule::Tcg, &message));
    }
    diagnostics
}

fn is_blank(line: &str) -> bool {
    let line = line.trim();
    line.is_empty() || line.starts_with('#')
}
