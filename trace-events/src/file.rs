//! A whole file.

use crate::declaration::{self, Event};
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

fn is_blank(line: &str) -> bool {
    let line = line.trim();
    line.is_empty() || line.starts_with('#')
}
