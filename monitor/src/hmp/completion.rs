//! What TAB offers for the word before the cursor.

use super::commands::{Action, COMMANDS, Command, Kind};
use super::files;
use super::screen::common_prefix;
use super::words::{self, Fault, Word};
use crate::Monitor;

/// What may stand in the place of the word before the cursor, or of its last part.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Completion {
    /// Where that begins.
    pub(super) start: usize,
    /// Whether it is to stand in quotes.
    quoted: bool,
    /// What there is, in order.
    pub(super) candidates: Vec<String>,
}

/// Finds what the end of `line` may become.
pub(super) fn complete(monitor: &Monitor, line: &str) -> Completion {
    complete_in(COMMANDS, monitor, line, 0).unwrap_or_default()
}

/// The same where the word at `from` is a command of `table`.
fn complete_in(table: &'static [Command], monitor: &Monitor, line: &str, from: usize) -> Option<Completion> {
    let start = words::skip_blanks(line, from);
    let end = words::end_of_plain(line, start);
    if end == line.len() {
        let own = if from == 0 { Some(monitor.own_lines().keys().map(String::as_str)) } else { None };
        let names = table.iter().flat_map(|command| command.names).copied().chain(own.into_iter().flatten());
        return Some(Completion::of(start, false, &line[start..], names));
    }
    let command = Command::named(table, &line[start..end])?;
    if let Action::Subcommands(table) = command.action {
        return complete_in(table, monitor, line, end);
    }
    let mut at = end;
    for argument in command.arguments {
        if argument.kind == Kind::Command {
            return complete_in(COMMANDS, monitor, line, at);
        }
        let word = match words::next(line, at) {
            Ok(Some(word)) | Err(Fault::Unterminated(word)) => word,
            Ok(None) => Word { start: line.len(), end: line.len(), text: String::new(), open: true },
            Err(Fault::Escape(_)) => return None,
        };
        if word.end == line.len() {
            return word.open.then(|| complete_argument(argument.kind, monitor, line, &word));
        }
        at = word.end;
    }
    None
}

fn complete_argument(kind: Kind, monitor: &Monitor, line: &str, word: &Word) -> Completion {
    let quoted = line[word.start..].starts_with('"');
    let events = || monitor.tracing().events().map(vmtrace::Event::name);
    match kind {
        Kind::Event => Completion::of(word.start, quoted, &word.text, events()),
        Kind::Switch => Completion::of(word.start, false, &line[word.start..], ["off", "on"]),
        Kind::FileAction => Completion::of(word.start, quoted, &word.text, ["flush", "off", "on", "set"]),
        Kind::File if !monitor.opens_files() => Completion::default(),
        Kind::File => Completion::of(word.start, quoted, &word.text, files::beginning_with(&word.text)),
        Kind::Command => Completion::default(),
        // no item of a list holds a blank
        Kind::Sinks | Kind::LogItems if quoted => Completion::default(),
        Kind::Sinks | Kind::LogItems => {
            let start = line.rfind(',').map_or(word.start, |comma| word.start.max(comma + 1));
            let item = &line[start..];
            if kind == Kind::Sinks {
                let sinks = monitor.tracing().sinks().into_iter().map(|sink| sink.name);
                Completion::of(start, false, item, sinks.chain(["none".to_owned()]))
            } else if let Some(name) = item.strip_prefix("trace:") {
                Completion::of(line.len() - name.len(), false, name, events())
            } else {
                Completion::of(start, false, item, ["none", "trace:"])
            }
        }
    }
}

impl Completion {
    /// Those of `names` that begin with `typed`. What holds a control character is left out: it cannot be typed, and the
    /// terminal would obey it.
    fn of<T: AsRef<str>>(
        start: usize,
        quoted: bool,
        typed: &str,
        names: impl IntoIterator<Item = T>,
    ) -> Self {
        let fits = |name: &str| name.starts_with(typed) && !name.contains(char::is_control);
        let found = names.into_iter().filter(|name| fits(name.as_ref()));
        let mut candidates: Vec<String> = found.map(|name| name.as_ref().to_owned()).collect();
        candidates.sort_unstable();
        candidates.dedup();
        let quoted = quoted || candidates.iter().any(|name| words::needs_quotes(name));
        Self { start, quoted, candidates }
    }

    /// What all have in common, as the line spells it; if there is but one, all of it, ready for the next word.
    pub(super) fn common(&self) -> Option<String> {
        let (first, last) = (self.candidates.first()?, self.candidates.last()?);
        let common = &first[..common_prefix(first, last)]; // they are in order
        let mut spelled = if self.quoted { words::quote(common) } else { common.to_owned() };
        // a folder or a kind of item goes on
        if self.candidates.len() == 1 && !common.ends_with(['/', ':']) {
            spelled.push_str(if self.quoted { "\" " } else { " " });
        }
        Some(spelled)
    }

    /// Lists all in columns, as QEMU does for a terminal of 80.
    pub(super) fn list(&self, out: &mut Vec<u8>) {
        const TERMINAL: usize = 80;
        let widest = self.candidates.iter().map(|name| name.chars().count()).max().unwrap_or(0);
        let width = (widest + 2).clamp(10, TERMINAL);
        for row in self.candidates.chunks(TERMINAL / width) {
            for name in row {
                out.extend_from_slice(format!("{name:<width$}").as_bytes());
            }
            out.extend_from_slice(b"\r\n");
        }
    }
}
