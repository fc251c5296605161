//! What a line means: the command that it names, and its arguments.

use super::commands::{Action, Argument, Command, Kind};
use super::words::{self, Fault};

/// A command and what it is given.
pub(super) struct Parsed {
    pub(super) command: &'static Command,
    pub(super) arguments: Arguments,
}

/// A command's arguments in the order of its table; optional ones at the end may be missing.
#[derive(Debug, Default)]
pub(super) struct Arguments(Vec<String>);

impl Arguments {
    /// An argument that is there, or nothing.
    pub(super) fn get(&self, index: usize) -> Option<&str> {
        self.0.get(index).map(String::as_str)
    }
}

/// Finds the command and reads its arguments; `None` for blanks alone.
///
/// # Errors
/// What the user is told.
pub(super) fn parse(table: &'static [Command], line: &str) -> Result<Option<Parsed>, String> {
    let Some((command, end)) = find(table, line, 0)? else { return Ok(None) };
    let (mut arguments, mut at) = (Vec::new(), end);
    let told = |why: &str| format!("{why}\nTry \"help {}\" for more information\n", &line[..end]);
    for argument in command.arguments {
        match read(argument, command.names[0], line, at).map_err(|why| told(&why))? {
            Some((text, end)) => {
                arguments.push(text);
                at = end;
            }
            None => break,
        }
    }
    let left = words::skip_blanks(line, at) < line.len();
    if left && matches!(command.action, Action::Run(_)) {
        return Err(told(&format!("{}: extraneous characters at the end of line", command.names[0])));
    }
    Ok(Some(Parsed { command, arguments: Arguments(arguments) }))
}

/// The command that a line names, through a table of subcommands if there is one, and one past its name.
fn find(
    table: &'static [Command],
    line: &str,
    from: usize,
) -> Result<Option<(&'static Command, usize)>, String> {
    let start = words::skip_blanks(line, from);
    if start == line.len() {
        return Ok(None);
    }
    let end = words::end_of_plain(line, start);
    let Some(command) = Command::named(table, &line[start..end]) else {
        return Err(format!("unknown command: '{}'\n", &line[..end]));
    };
    if let Action::Subcommands(table) = command.action
        && let Some(found) = find(table, line, end)?
    {
        return Ok(Some(found));
    }
    Ok(Some((command, end)))
}

/// Reads one argument: its text, and where it ends. `None` if it is optional and not there.
fn read(argument: &Argument, name: &str, line: &str, at: usize) -> Result<Option<(String, usize)>, String> {
    let start = words::skip_blanks(line, at);
    if argument.optional && start == line.len() {
        return Ok(None);
    }
    match argument.kind {
        Kind::Switch => {
            let end = words::end_of_plain(line, start);
            match &line[start..end] {
                word @ ("on" | "off") => Ok(Some((word.to_owned(), end))),
                _ => Err("Expected 'on' or 'off'".to_owned()),
            }
        }
        Kind::Command => Ok(Some((line[start..].to_owned(), line.len()))),
        Kind::Event | Kind::FileAction | Kind::Sinks | Kind::LogItems | Kind::File => {
            let wanted = if argument.kind == Kind::File { "filename" } else { "string" };
            match words::next(line, start) {
                Ok(Some(word)) => Ok(Some((word.text, word.end))),
                Ok(None) => Err(format!("{name}: {wanted} expected")),
                Err(fault @ (Fault::Unterminated(_) | Fault::Escape(_))) => {
                    Err(format!("{fault}\n{name}: {wanted} expected"))
                }
            }
        }
    }
}
