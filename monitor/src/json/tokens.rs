//! A message's tokens, as they are gathered.

use super::lexer::Kind;
use std::borrow::Cow;

/// The tokens of a message: their texts in one string, and where each ends.
#[derive(Debug, Default)]
pub(super) struct Tokens {
    text: Vec<u8>,
    ends: Vec<(Kind, usize)>,
}

impl Tokens {
    /// Adds a byte to the token that is being read.
    pub(super) fn push(&mut self, byte: u8) {
        self.text.push(byte);
    }

    /// That token is whole.
    pub(super) fn end(&mut self, kind: Kind) {
        self.ends.push((kind, self.text.len()));
    }

    /// How many bytes the tokens have.
    pub(super) fn bytes(&self) -> usize {
        self.text.len()
    }

    /// How many there are.
    pub(super) fn count(&self) -> usize {
        self.ends.len()
    }

    /// Kind and text of a token.
    pub(super) fn get(&self, index: usize) -> Option<(Kind, &[u8])> {
        let &(kind, end) = self.ends.get(index)?;
        Some((kind, self.text.get(self.begin(index)..end)?))
    }

    /// What was taken since the last token's end.
    pub(super) fn unfinished(&self) -> &[u8] {
        self.text.get(self.begin(self.ends.len())..).unwrap_or_default()
    }

    fn begin(&self, index: usize) -> usize {
        index.checked_sub(1).and_then(|before| self.ends.get(before)).map_or(0, |&(_, end)| end)
    }
}

/// As much of what a client sent as an error repeats.
pub(super) fn shown(text: &[u8]) -> Cow<'_, str> {
    const SHOWN: usize = 128;
    match text.get(..SHOWN) {
        Some(begin) if text.len() > SHOWN => format!("{}...", String::from_utf8_lossy(begin)).into(),
        _ => String::from_utf8_lossy(text),
    }
}
