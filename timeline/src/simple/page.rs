//! What was counted, as a page.

use super::histogram::{Histogram, Numbers, Spread, Strings};
use super::stats::Stats;
use crate::Error;
use crate::report::{Count, Span};
use crate::shown::shown;
use std::io::{self, Write};

/// The columns of a full bar.
const BAR: u64 = 40;

/// How many strings are told one by one.
const MOST_SHOWN: usize = 24;

/// How many columns of a string are shown.
const STRING_WIDTH: usize = 40;

impl Stats {
    /// Writes what was counted as text.
    ///
    /// # Errors
    /// [`Error::Write`].
    pub fn write(&self, out: &mut dyn Write) -> Result<(), Error> {
        self.page(out).map_err(Error::write)
    }

    fn page(&self, out: &mut dyn Write) -> io::Result<()> {
        let total = self.total();
        let nanos = self.span.map_or(0, |(from, to)| to - from);
        let (events, kinds) = (plural(total, "event"), plural(self.events.len() as u64, "kind"));
        write!(out, "{events} of {kinds} in {}", Span(nanos))?;
        match self.dropped_records {
            0 => writeln!(out, "; none lost")?,
            _ => writeln!(out, "; {} lost", plural(self.dropped, "event"))?,
        }
        if !self.events.is_empty() {
            writeln!(out, "\n{:>15} {:>15} {:>7}  event", "count", "a second", "share")?;
        }
        for event in &self.events {
            let rate = match nanos {
                0 => "-".to_owned(),
                _ => rate(event.count, nanos),
            };
            let count = Count(event.count).to_string();
            writeln!(out, "{count:>15} {rate:>15} {:>7}  {}", share(event.count, total), event.name)?;
        }
        self.histograms.iter().try_for_each(|histogram| self::histogram(histogram, out))?;
        out.flush()
    }
}

fn histogram(histogram: &Histogram, out: &mut dyn Write) -> io::Result<()> {
    let count = histogram.count();
    write!(out, "\n{}: {}", histogram.name, plural(count, "value"))?;
    match &histogram.spread {
        Spread::Numbers(numbers) => {
            if let Some((least, most)) = numbers.range {
                write!(out, " from {} to {}", number(numbers, least), number(numbers, most))?;
            }
            writeln!(out)?;
            bars(&of_numbers(numbers), count, out)
        }
        Spread::Strings(strings) => {
            writeln!(out)?;
            bars(&of_strings(strings), count, out)
        }
    }
}

fn of_numbers(numbers: &Numbers) -> Vec<(String, u64)> {
    if let Some(values) = &numbers.values {
        return values.iter().map(|(value, count)| (number(numbers, *value), *count)).collect();
    }
    // the least and the greatest of so many binary digits
    let ends = |digits: usize| match digits {
        0 => (0, 0),
        _ => (1_i128 << (digits - 1), (1_i128 << digits) - 1),
    };
    let negative = numbers.negative.iter().enumerate().rev().map(|(digits, count)| {
        let (from, to) = ends(digits);
        ((-to, -from), *count)
    });
    let positive = numbers.digits.iter().enumerate().map(|(digits, count)| (ends(digits), *count));
    let all: Vec<_> = negative.chain(positive).collect();
    let first = all.iter().position(|(_, count)| *count > 0).unwrap_or(0);
    let last = all.iter().rposition(|(_, count)| *count > 0).unwrap_or(0);
    // -0 stands beside 0
    let shown = all[first..=last].iter().enumerate().filter(|(index, (ends, count))| {
        *count > 0 || *ends != (0, 0) || first + index != numbers.negative.len() - 1
    });
    let label = |(from, to): (i128, i128)| {
        let (from, to) = (number(numbers, from), number(numbers, to));
        if from == to { from } else { format!("{from} .. {to}") }
    };
    shown.map(|(_, (ends, count))| (label(*ends), *count)).collect()
}

fn of_strings(strings: &Strings) -> Vec<(String, u64)> {
    let mut values: Vec<_> = strings.values.iter().collect();
    values.sort_by(|(a, x), (b, y)| y.cmp(x).then_with(|| a.cmp(b)));
    let rest: u64 = values.iter().skip(MOST_SHOWN).map(|(_, count)| **count).sum::<u64>() + strings.others;
    values.truncate(MOST_SHOWN);
    let mut rows: Vec<_> = values.into_iter().map(|(bytes, count)| (quoted(bytes), *count)).collect();
    if rest > 0 {
        rows.push(("others".to_owned(), rest));
    }
    rows
}

fn quoted(bytes: &[u8]) -> String {
    let text = shown(bytes);
    match text.char_indices().nth(STRING_WIDTH) {
        Some((end, _)) => format!("\"{}…\"", &text[..end]),
        None => format!("\"{text}\""),
    }
}

fn bars(rows: &[(String, u64)], total: u64, out: &mut dyn Write) -> io::Result<()> {
    let width = rows.iter().map(|(label, _)| label.chars().count()).max().unwrap_or(0);
    let most = rows.iter().map(|(_, count)| *count).max().unwrap_or(0);
    for (label, count) in rows {
        let filled = u128::from(*count) * u128::from(BAR);
        let filled = usize::try_from(filled.div_ceil(u128::from(most.max(1)))).unwrap_or(0);
        let line = format!(
            "  {label:>width$} {:>15} {:>7} {}",
            Count(*count),
            share(*count, total),
            "#".repeat(filled)
        );
        writeln!(out, "{}", line.trim_end())?;
    }
    Ok(())
}

fn number(numbers: &Numbers, value: i128) -> String {
    let sign = if value < 0 { "-" } else { "" };
    let magnitude = value.unsigned_abs();
    if numbers.hex { format!("{sign}{magnitude:#x}") } else { format!("{sign}{magnitude}") }
}

fn plural(count: u64, what: &str) -> String {
    let s = if count == 1 { "" } else { "s" };
    format!("{} {what}{s}", Count(count))
}

/// Events a second, with a tenth where they are few.
fn rate(count: u64, nanos: u64) -> String {
    let tenths = u128::from(count) * 10_000_000_000 / u128::from(nanos);
    let whole = u64::try_from(tenths / 10).unwrap_or(u64::MAX);
    if whole < 100 { format!("{whole}.{}", tenths % 10) } else { Count(whole).to_string() }
}

fn share(part: u64, whole: u64) -> String {
    let tenths = u128::from(part) * 1000 / u128::from(whole.max(1));
    format!("{}.{} %", tenths / 10, tenths % 10)
}
