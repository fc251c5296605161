//! The first lines of a report: what was recorded, and how long.

use super::time::Since;
use super::{Count, Options, Span, colour};
use crate::Error;
use crate::shown::shown;
use crate::timeline::Timeline;
use recording::Exit;
use std::io::Write;

pub(super) fn write(timeline: &Timeline, options: &Options, out: &mut dyn Write) -> Result<(), Error> {
    let (manifest, facts) = (timeline.manifest(), &timeline.facts);
    let (bold, plain) = colour::on(options.colour, colour::HEADING);
    let words: Vec<String> = manifest.command.argv.iter().map(|word| shown(word.as_bytes())).collect();
    let command = if words.is_empty() { "no command".to_owned() } else { words.join(" ") };
    let ended = match manifest.end.map(|end| end.exit) {
        Some(Exit::Status(status)) => format!(", status {status}"),
        Some(Exit::Signal(signal)) => format!(", ended by signal {signal}"),
        Some(Exit::Running) => ", the recorder was ended before the command".to_owned(),
        None => ", the recorder was killed".to_owned(),
    };
    let (first, last) = (manifest.clocks.first(), manifest.clocks.last());
    let length = match (facts.span, first, last) {
        (None, Some(first), Some(last)) => Span(last.mono_after.saturating_sub(first.mono_before)),
        _ => Span(timeline.end() - timeline.start()),
    };
    writeln!(out, "{bold}{command}{plain}: {length}{ended}").map_err(Error::write)?;
    if facts.span.is_none() {
        let why =
            if manifest.kernel.is_some() { ": the command made no KVM event and no marker" } else { "" };
        return writeln!(out, "nothing was recorded{why}\n").map_err(Error::write);
    }
    let cpus = manifest.kernel.as_ref().map_or(0, |kernel| kernel.cpus.len());
    let mut counts = Vec::new();
    if manifest.kernel.is_some() {
        let s = if cpus == 1 { "" } else { "s" };
        counts.push(format!("{} kernel and marker events of {cpus} cpu{s}", Count(facts.events)));
    }
    if timeline.log_files() > 0 {
        counts.push(format!("{} events of the VMM's log", Count(facts.lines)));
    }
    writeln!(out, "{}; 0 is CLOCK_MONOTONIC {}", counts.join(", "), Since::exactly(timeline.start(), 0))
        .map_err(Error::write)
}

/// How many lines are not shown, and how to see them.
pub(super) fn more(
    start: u64,
    from: u64,
    count: u64,
    options: &Options,
    out: &mut dyn Write,
) -> Result<(), Error> {
    let (quiet, plain) = colour::on(options.colour, colour::QUIET);
    let since = Since::exactly(from, start);
    let s = if count == 1 { "" } else { "s" };
    let (count, limit) = (Count(count), options.limit.unwrap_or(0));
    writeln!(out, "{quiet}... {count} line{s} more: --from {since}, or a --limit above {limit}{plain}")
        .map_err(Error::write)
}

/// That no line was asked for by what was asked, and what there is.
pub(super) fn none(timeline: &Timeline, options: &Options, out: &mut dyn Write) -> Result<(), Error> {
    let (facts, (quiet, plain)) = (&timeline.facts, colour::on(options.colour, colour::QUIET));
    let lines = facts.events.saturating_add(facts.lines).saturating_add(facts.raw_lines);
    writeln!(
        out,
        "{quiet}no line matches ({} in the recording, from 0 to {} s){plain}",
        Count(lines),
        Since::exactly(timeline.end(), timeline.start())
    )
    .map_err(Error::write)
}
