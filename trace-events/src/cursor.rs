//! A place in a line that moves forward.

/// Reads a line from left to right.
#[derive(Clone)]
pub(crate) struct Cursor<'a> {
    line: &'a str,
    at: usize,
}

impl<'a> Cursor<'a> {
    pub(crate) fn new(line: &'a str, at: usize) -> Self {
        Self { line, at }
    }

    /// The byte offset in the line.
    pub(crate) fn at(&self) -> usize {
        self.at
    }

    pub(crate) fn rest(&self) -> &'a str {
        &self.line[self.at..]
    }

    pub(crate) fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    pub(crate) fn bump(&mut self) -> Option<char> {
        let next = self.peek()?;
        self.at += next.len_utf8();
        Some(next)
    }

    pub(crate) fn eat(&mut self, wanted: char) -> bool {
        let eaten = self.peek() == Some(wanted);
        if eaten {
            self.at += wanted.len_utf8();
        }
        eaten
    }

    pub(crate) fn skip_blanks(&mut self) {
        self.take_while(char::is_whitespace);
    }

    pub(crate) fn take_while(&mut self, wanted: impl Fn(char) -> bool) -> &'a str {
        let rest = self.rest();
        let len = rest.find(|c| !wanted(c)).unwrap_or(rest.len());
        self.at += len;
        &rest[..len]
    }

    /// All up to a quote or a backslash.
    pub(crate) fn plain(&mut self) -> &'a str {
        let rest = self.rest();
        let len = rest.bytes().position(|byte| matches!(byte, b'"' | b'\\')).unwrap_or(rest.len());
        self.at += len;
        &rest[..len]
    }

    /// A word of letters, digits and underscores; empty if there is none.
    pub(crate) fn word(&mut self) -> &'a str {
        let rest = self.rest();
        // a byte of a longer character is none of a word
        let len = rest.bytes().position(|byte| !is_word(byte.into())).unwrap_or(rest.len());
        self.at += len;
        &rest[..len]
    }
}

pub(crate) fn is_word(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_'
}

/// Whether C could use it as a name.
pub(crate) fn is_identifier(word: &str) -> bool {
    !word.is_empty() && word.bytes().all(|byte| is_word(byte.into())) && !word.as_bytes()[0].is_ascii_digit()
}
