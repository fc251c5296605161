//! A whole file.

use crate::declaration::{self, Event};
use crate::diagnostic::{Diagnostic, Line, Rule, Severity};
use crate::literals::Scratch;
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
    let mut scratch = Scratch::default();
    let mut first_line_of: HashMap<&str, u32> = HashMap::new();
    while let Some(bytes) = lines.next() {
        number = number.saturating_add(1);
        let is_last = lines.peek().is_none();
        if is_last && bytes.is_empty() {
            break;
        }
        let text = match std::str::from_utf8(bytes) {
            Ok(text) => text,
            Err(error) => {
                let lossy = String::from_utf8_lossy(bytes);
                let line = Line { file: &name, number, text: &lossy };
                let at = error.valid_up_to();
                let message = format!("byte 0x{:02x} is not UTF-8", bytes[at]);
                file.diagnostics.push(Diagnostic::new(&line, at, at, Rule::NotUtf8, &message));
                if is_last {
                    file.diagnostics.push(missing_newline(&line));
                }
                continue;
            }
        };
        let line = Line { file: &name, number, text };
        if !is_blank(text) {
            let event = declaration::read(&line, &mut file.diagnostics, &mut scratch);
            if let Some(event) = event {
                let (at, end) = event.name_place;
                if let Some(first) = first_line_of.get(&text[at..end]) {
                    let message = format!("`{}` is declared on line {first} already", event.name);
                    file.diagnostics.push(Diagnostic::new(&line, at, end, Rule::DuplicateEvent, &message));
                } else {
                    first_line_of.insert(&text[at..end], number);
                }
                file.events.push(event);
            }
        }
        if is_last {
            file.diagnostics.push(missing_newline(&line));
        }
    }
    file
}

fn missing_newline(line: &Line<'_>) -> Diagnostic {
    let at = line.text.len();
    Diagnostic::new(line, at, at, Rule::MissingNewline, "the file ends without a newline")
}

fn is_blank(line: &str) -> bool {
    let line = line.trim();
    line.is_empty() || line.starts_with('#')
}
