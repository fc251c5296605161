//! The timeline as lines for people.

use super::fold::{Fold, Out};
use super::time::{About, Since, Span};
use super::{Options, colour};
use crate::Error;
use crate::item::{Item, Source};
use crate::timeline::Timeline;
use anstyle::Style;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io::Write;

/// The widest that the columns of thread and source become.
const WIDEST: usize = 28;

/// The widest that the events' column becomes: of QEMU's names one in five is above 28, one in 75 above this.
const WIDEST_EVENT: usize = 40;

/// Prints items, one a line.
pub(super) struct Lines<'a> {
    out: &'a mut dyn Write,
    options: &'a Options,
    start: u64,
    thread: usize,
    source: usize,
    event: usize,
    cpu: usize,
    /// Where the line before stands, and whether that is exact.
    before: Option<(u64, bool)>,
    fold: Option<Fold>,
    ready: Vec<Out>,
    printed: u64,
}

impl<'a> Lines<'a> {
    pub(super) fn new(timeline: &Timeline, options: &'a Options, out: &'a mut dyn Write) -> Self {
        let facts = &timeline.facts;
        Self {
            out,
            options,
            start: timeline.start(),
            thread: facts.widest_thread.clamp(6, WIDEST),
            source: facts.widest_source.clamp(6, WIDEST),
            event: facts.widest_event.clamp(5, WIDEST_EVENT),
            cpu: facts.highest_cpu.checked_ilog10().map_or(3, |digits| (digits as usize + 1).max(3)),
            before: None,
            fold: options.fold.then(Fold::default),
            ready: Vec::new(),
            printed: 0,
        }
    }

    /// The names of the columns.
    pub(super) fn head(&mut self) -> Result<(), Error> {
        let Self { thread, source, event, cpu, .. } = *self;
        let (style, reset) = self.styled(colour::QUIET);
        writeln!(
            self.out,
            "\n{style}{:>14} {:>9} {:>cpu$} {:<thread$} {:<source$} {:<event$} text{reset}",
            "time (s)", "delta", "cpu", "thread", "source", "event"
        )
        .map_err(Error::write)
    }

    /// Takes an item; `false` once there are as many lines as were asked for.
    pub(super) fn item(&mut self, item: &Item<'_>) -> Result<bool, Error> {
        let line = self.line(item);
        self.before = Some((item.placed, is_exact(item)));
        match &mut self.fold {
            Some(fold) => fold.take(sameness(item), item.placed, line, &mut self.ready),
            None => self.ready.push(Out::Line(line)),
        }
        self.flush()
    }

    /// Prints what was held back.
    pub(super) fn finish(&mut self) -> Result<(), Error> {
        if let Some(fold) = &mut self.fold {
            fold.finish(&mut self.ready);
        }
        self.flush().map(drop)
    }

    fn flush(&mut self) -> Result<bool, Error> {
        for ready in std::mem::take(&mut self.ready) {
            if self.options.limit.is_some_and(|limit| self.printed >= limit) {
                return Ok(false);
            }
            self.printed += 1;
            let line = match ready {
                Out::Line(line) => line,
                Out::Folded { rounds, lines, nanos } => {
                    let what =
                        if lines == 1 { "the same".to_owned() } else { format!("the same {lines} lines") };
                    let (style, reset) = self.styled(colour::QUIET);
                    let text = format!("{what} {rounds} times more, {} each", Span(nanos / rounds.max(1)));
                    format!("{style}{:>14} {text}{reset}", "...")
                }
            };
            writeln!(self.out, "{line}").map_err(Error::write)?;
        }
        Ok(true)
    }

    fn line(&self, item: &Item<'_>) -> String {
        let exact = is_exact(item);
        let since = Since { nanos: i128::from(item.placed) - i128::from(self.start), exact };
        let delta = match self.before {
            Some((before, was_exact)) => {
                let sign = if before <= item.placed { '+' } else { '-' };
                let span = before.abs_diff(item.placed);
                if exact && was_exact {
                    format!("{sign}{}", Span(span))
                } else {
                    format!("{sign}{}", About(span))
                }
            }
            None => String::new(),
        };
        let cpu = item.cpu.map_or_else(String::new, |cpu| cpu.to_string());
        let (style, reset) = self.styled(colour::of(item));
        let (quiet, loud) = self.styled(colour::QUIET);
        let head = format!(
            "{since:>14} {delta:>9} {cpu:>cpus$} {thread:<threads$} {source:<sources$} ",
            cpus = self.cpu,
            thread = fit(&thread(item), self.thread),
            threads = self.thread,
            source = item.source.as_str(),
            sources = self.source,
        );
        let mut body = format!("{:<width$}", item.event, width = self.event);
        let text = item.text();
        if !text.is_empty() {
            body.push(' ');
            body.push_str(&text);
        }
        if let Some(width) = self.options.width {
            body = fit(body.trim_end(), usize::from(width).saturating_sub(head.chars().count()).max(20));
        }
        format!("{quiet}{head}{loud}{style}{}{reset}", body.trim_end())
    }

    fn styled(&self, style: Style) -> (Style, colour::Ending) {
        colour::on(self.options.colour, style)
    }
}

fn is_exact(item: &Item<'_>) -> bool {
    item.when.earliest == item.when.latest
}

/// `COMM-TID`, or what of it is known.
fn thread(item: &Item<'_>) -> String {
    match (item.comm, item.thread) {
        (Some(comm), Some(thread)) => format!("{comm}-{thread}"),
        (None, Some(thread)) => thread.to_string(),
        _ => String::new(),
    }
}

/// A text of at most `width` characters, marked where it is cut.
fn fit(text: &str, width: usize) -> String {
    if text.chars().count() <= width {
        return text.to_owned();
    }
    let mut cut: String = text.chars().take(width.saturating_sub(1)).collect();
    cut.push('…');
    cut
}

/// Alike for items that count as the same when lines are folded.
fn sameness(item: &Item<'_>) -> u64 {
    let mut hasher = DefaultHasher::new();
    // a loss is never like another line
    let apart = if item.source == Source::Lost { item.placed } else { 0 };
    (apart, item.thread, item.source.as_str(), &item.event).hash(&mut hasher);
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_does_not_fit_is_marked() {
        assert_eq!(fit("abc", 3), "abc");
        assert_eq!(fit("abcd", 3), "ab…");
        assert_eq!(fit("äöü€", 3), "äö…");
    }
}
