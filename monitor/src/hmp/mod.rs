//! The human monitor: a line in, text out; and a prompt with line editing for people.
//!
//! [`commands`] is the table, from which everything follows: what a line means ([`parse`]), what `help` prints
//! ([`help`]), what TAB offers ([`completion`]). [`Prompt`] is a terminal's other end and knows no command.

mod commands;
mod completion;
mod files;
mod help;
mod history;
mod keys;
mod line;
mod parse;
mod prompt;
mod screen;
mod words;

use crate::Monitor;
use crate::monitor::OwnLine;
use commands::{Action, COMMANDS};
use parse::Parsed;

pub use prompt::Prompt;

/// The most bytes of a line, as QEMU's. A longer one is refused, not cut.
pub(crate) const LINE_MAX: usize = 4095;

/// Runs a line. Gives back what it prints, each line ended by `\r\n`.
pub(crate) fn run(monitor: &Monitor, line: &str) -> String {
    let mut out = String::new();
    if line.len() > LINE_MAX {
        out = format!("line too long: {} bytes, at most {LINE_MAX}\n", line.len());
    } else if let Some((own, rest)) = own(monitor, line) {
        out = own.run(rest.trim());
    } else {
        match parse::parse(COMMANDS, line) {
            Ok(None) => {}
            Ok(Some(Parsed { command, arguments })) => match command.action {
                Action::Run(run) => run(monitor, &arguments, &mut out),
                Action::Subcommands(_) => help::describe(monitor, command.names[0], &mut out),
            },
            Err(told) => out = told,
        }
    }
    out.replace('\n', "\r\n")
}

/// The VMM's own command that a line names, and the rest of the line.
fn own<'a>(monitor: &'a Monitor, line: &'a str) -> Option<(&'a OwnLine, &'a str)> {
    let start = words::skip_blanks(line, 0);
    let end = words::end_of_plain(line, start);
    Some((monitor.own_lines().get(&line[start..end])?, &line[end..]))
}
