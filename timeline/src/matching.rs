//! Which exit each `kvm_run_exit` line of a VMM's log tells of.
//!
//! A line is matched to an exit of its own thread with its own number, never an exit to a line: some exits
//! have none. Lines and exits are in order, so this is an alignment of two sequences, the greatest that time
//! allows: a line comes after its exit and before the thread is in KVM_RUN again. Among alignments of the
//! same size the one is taken whose lines come after their exits by most nearly the same time, since that
//! time hardly varies, while a wrong step by one exit shifts it by whole exits; an error of the clock's map,
//! the same for all, cancels out.

use crate::clock::Interval;

/// An exit that a line may tell of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Exit {
    pub(crate) stamp: u64,
    pub(crate) reason: u32,
    /// When the thread was in KVM_RUN again: its line was written before.
    pub(crate) until: u64,
}

/// A line that tells of an exit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Told {
    pub(crate) when: Interval,
    pub(crate) reason: u32,
}

/// How many exits are weighed for a line. Where time leaves more open, those around the best alignment so
/// far.
const WINDOW: usize = 64;

/// For each line the index of its exit. Both are in their order; time and memory are linear in them.
pub(crate) fn align(exits: &[Exit], lines: &[Told]) -> Vec<Option<usize>> {
    let first = align_at(exits, lines, 0);
    let mut lags: Vec<i64> =
        first.iter().zip(lines).filter_map(|(exit, line)| Some(lag(&exits[(*exit)?], line))).collect();
    if lags.is_empty() {
        return first;
    }
    let middle = lags.len() / 2;
    let typical = *lags.select_nth_unstable(middle).1;
    align_at(exits, lines, typical)
}

/// By how much a line comes after an exit, nanoseconds.
fn lag(exit: &Exit, line: &Told) -> i64 {
    let middle = line.when.middle();
    i64::try_from(i128::from(middle) - i128::from(exit.stamp)).unwrap_or(i64::MAX)
}

/// How good an alignment is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Score {
    matched: u32,
    /// Nanoseconds by which lags are off the typical one.
    off: u64,
}

impl Score {
    fn beats(self, other: Self) -> bool {
        (self.matched, other.off) > (other.matched, self.off)
    }
}

/// What was decided for a line: one bit for each prefix of exits that its window can end in.
#[derive(Clone, Copy, Debug, Default)]
struct Row {
    start: usize,
    end: usize,
    /// The line takes the prefix's last exit.
    takes: u64,
    /// The prefix's last exit has no line.
    skips: u64,
}

/// The best scores of the lines so far, by the prefix of exits that they may use.
struct Best {
    start: usize,
    scores: Vec<Score>,
}

impl Best {
    fn at(&self, prefix: usize) -> Score {
        let index = prefix.saturating_sub(self.start).min(self.scores.len() - 1);
        self.scores[index]
    }
}

fn align_at(exits: &[Exit], lines: &[Told], typical: i64) -> Vec<Option<usize>> {
    let mut best = Best { start: 0, scores: vec![Score::default()] };
    let mut rows = Vec::with_capacity(lines.len());
    let (mut low, mut high) = (0, 0);
    for line in lines {
        // windows only move forward, whatever a stepped clock says
        low += exits[low..].partition_point(|exit| exit.until < line.when.earliest);
        high = high.max(low);
        high += exits[high..].partition_point(|exit| exit.stamp <= line.when.latest);
        let row = window(&best, low, high);
        rows.push(fill(&mut best, row, exits, line, typical));
    }
    trace(&rows)
}

/// The exits that are weighed for a line, of those that time allows.
fn window(best: &Best, low: usize, high: usize) -> Row {
    let mut start = low.max(best.start);
    if high.saturating_sub(start) > WINDOW {
        // the shortest prefix that does as well as any is where the best alignment ends
        let top = best.scores.last().copied().unwrap_or_default().matched;
        let reached = best.start + best.scores.iter().position(|score| score.matched == top).unwrap_or(0);
        start = reached.saturating_sub(WINDOW / 2).clamp(start, high - WINDOW);
    }
    Row { start, end: high.clamp(start, start + WINDOW), ..Row::default() }
}

fn fill(best: &mut Best, mut row: Row, exits: &[Exit], line: &Told, typical: i64) -> Row {
    let mut scores = Vec::with_capacity(row.end - row.start + 1);
    scores.push(best.at(row.start));
    for (bit, exit) in exits[row.start..row.end].iter().enumerate() {
        let prefix = row.start + bit;
        let mut score = best.at(prefix + 1);
        let skipped = scores[bit];
        if skipped.beats(score) {
            score = skipped;
            row.skips |= 1 << bit;
        }
        if exit.reason == line.reason {
            let before = best.at(prefix);
            let off = lag(exit, line).abs_diff(typical).min(u64::from(u32::MAX));
            let taken = Score { matched: before.matched + 1, off: before.off.saturating_add(off) };
            if taken.beats(score) {
                score = taken;
                row.takes |= 1 << bit;
            }
        }
        scores.push(score);
    }
    *best = Best { start: row.start, scores };
    row
}

/// Follows the decisions back from the last line.
fn trace(rows: &[Row]) -> Vec<Option<usize>> {
    let mut found = vec![None; rows.len()];
    let mut prefix = usize::MAX;
    for (row, found) in rows.iter().zip(&mut found).rev() {
        prefix = prefix.min(row.end);
        while prefix > row.start {
            let bit = prefix - row.start - 1;
            if row.takes >> bit & 1 == 1 {
                prefix -= 1;
                *found = Some(prefix);
                break;
            }
            if row.skips >> bit & 1 == 0 {
                break;
            }
            prefix -= 1;
        }
    }
    found
}

#[cfg(test)]
mod tests;
