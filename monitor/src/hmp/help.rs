//! What `help` prints.

use super::commands::{Action, COMMANDS, Command};
use super::words;
use crate::Monitor;
use crate::monitor::OwnLine;
use std::fmt::Write;

/// Describes the command that `what` names, a table of them, or with nothing named all.
pub(super) fn describe(monitor: &Monitor, what: &str, out: &mut String) {
    match words::all(what) {
        Ok(words) => match words.first().map(|word| monitor.own_lines().get_key_value(word)) {
            None => {
                describe_in(COMMANDS, monitor, &words, 0, out);
                monitor.own_lines().iter().for_each(|own| own_usage(own, out));
            }
            Some(Some(own)) => own_usage(own, out),
            Some(None) => describe_in(COMMANDS, monitor, &words, 0, out),
        },
        Err(fault) => _ = writeln!(out, "{fault}"),
    }
}

/// `words[..depth]` name the table.
fn describe_in(table: &[Command], monitor: &Monitor, words: &[String], depth: usize, out: &mut String) {
    let Some(word) = words.get(depth) else {
        for command in table {
            usage(command, &words[..depth], out);
        }
        return;
    };
    match Command::named(table, word) {
        None => _ = writeln!(out, "unknown command: '{}'", words[..=depth].join(" ")),
        Some(Command { action: Action::Subcommands(table), .. }) => {
            describe_in(table, monitor, words, depth + 1, out);
        }
        Some(Command { details: Some(details), .. }) if words.len() == depth + 1 => details(monitor, out),
        Some(command) => usage(command, &words[..depth], out),
    }
}

fn own_usage((name, OwnLine { params, help, .. }): (&String, &OwnLine), out: &mut String) {
    let _ = writeln!(out, "{name} {params} -- {help}");
}

fn usage(command: &Command, prefix: &[String], out: &mut String) {
    for word in prefix {
        let _ = write!(out, "{word} ");
    }
    let _ = writeln!(out, "{} {} -- {}", command.names.join("|"), command.params, command.help);
}
