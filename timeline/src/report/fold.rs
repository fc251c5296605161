//! Repetitions made short: where the same events follow each other over and over, two rounds are shown and
//! the rest are counted.

use std::collections::VecDeque;

/// The longest round that is looked for, in lines.
const LONGEST: usize = 16;

/// Lines on their way out.
#[derive(Debug, Default)]
pub(super) struct Fold {
    /// What the last lines were, newest last: two of the longest rounds.
    recent: VecDeque<u64>,
    run: Option<Run>,
}

/// A repetition that goes on.
#[derive(Debug)]
struct Run {
    period: usize,
    rounds: u64,
    /// The lines of the first round, kept in case it stays the only one.
    first: Vec<String>,
    /// The lines of this round so far.
    partial: Vec<String>,
    began: u64,
    ended: u64,
}

/// What comes out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Out {
    Line(String),
    /// So many rounds of so many lines each, which took so many nanoseconds in all.
    Folded {
        rounds: u64,
        lines: usize,
        nanos: u64,
    },
}

impl Fold {
    /// Takes a line: what it is (alike for lines that count as the same), when it stands, and its text.
    pub(super) fn take(&mut self, what: u64, placed: u64, line: String, out: &mut Vec<Out>) {
        if let Some(run) = &mut self.run {
            // `recent` does not grow in a run, so the round stands at its end
            let expected = self.recent[self.recent.len() - run.period + run.partial.len()];
            if expected == what {
                run.partial.push(line);
                if run.partial.len() == run.period {
                    run.rounds += 1;
                    run.ended = placed;
                    let round = std::mem::take(&mut run.partial);
                    if run.rounds == 1 {
                        run.first = round;
                    }
                }
                return;
            }
            self.finish(out);
        }
        out.push(Out::Line(line));
        if self.recent.len() == 2 * LONGEST {
            self.recent.pop_front();
        }
        self.recent.push_back(what);
        self.run = self.period().map(|period| Run {
            period,
            rounds: 0,
            first: Vec::new(),
            partial: Vec::new(),
            began: placed,
            ended: placed,
        });
    }

    /// Gives out what is held back.
    pub(super) fn finish(&mut self, out: &mut Vec<Out>) {
        let Some(run) = self.run.take() else { return };
        if run.rounds > 1 {
            let nanos = run.ended.saturating_sub(run.began);
            out.push(Out::Folded { rounds: run.rounds, lines: run.period, nanos });
        } else {
            out.extend(run.first.into_iter().map(Out::Line));
        }
        let begun = run.partial.len();
        out.extend(run.partial.into_iter().map(Out::Line));
        // what has begun again stands at the end of what was seen last
        let round: Vec<u64> = self.recent.iter().rev().take(run.period).rev().copied().collect();
        self.recent.extend(round.into_iter().take(begun));
        let surplus = self.recent.len().saturating_sub(2 * LONGEST);
        self.recent.drain(..surplus);
    }

    /// The length of the shortest round that the last lines were twice.
    fn period(&self) -> Option<usize> {
        let len = self.recent.len();
        (1..=len / 2)
            .find(|&period| (len - period..len).all(|at| self.recent[at] == self.recent[at - period]))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Each letter is a line; a fold is `(rounds x lines)`.
    fn folded(lines: &str) -> String {
        let mut fold = Fold::default();
        let mut out = Vec::new();
        for (at, letter) in (0u64..).zip(lines.chars()) {
            fold.take(u64::from(letter), at, letter.to_string(), &mut out);
        }
        fold.finish(&mut out);
        out.into_iter()
            .map(|out| match out {
                Out::Line(line) => line,
                Out::Folded { rounds, lines, .. } => format!("({rounds}x{lines})"),
            })
            .collect()
    }

    #[test]
    fn repetitions() {
        for (lines, want) in [
            ("", ""),
            ("abc", "abc"),
            ("aa", "aa"),
            ("aaa", "aaa"),
            ("aaaa", "aa(2x1)"),
            ("aaaaaab", "aa(4x1)b"),
            ("abababab", "abab(2x2)"),
            ("abababa", "abababa"),
            ("ababababac", "abab(2x2)ac"),
            ("xabcabcabcabcabcy", "xabcabc(3x3)y"),
            ("aaaabbbb", "aa(2x1)bb(2x1)"),
        ] {
            assert_eq!(folded(lines), want, "{lines}");
        }
    }

    #[test]
    fn nothing_is_lost() {
        let lines: String = (0..500u32).map(|n| char::from(b'a' + (n * n % 97 % 5) as u8)).collect();
        let mut count = 0;
        let mut fold = Fold::default();
        let mut out = Vec::new();
        for (at, letter) in (0u64..).zip(lines.chars()) {
            fold.take(u64::from(letter), at, letter.to_string(), &mut out);
        }
        fold.finish(&mut out);
        for out in out {
            count += match out {
                Out::Line(_) => 1,
                Out::Folded { rounds, lines, .. } => usize::try_from(rounds).unwrap() * lines,
            };
        }
        assert_eq!(count, lines.len());
    }
}
