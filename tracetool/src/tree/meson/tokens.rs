//! The words of a meson.build (Meson's reference manual, "Syntax").

use super::super::list::Fault;

/// What a token is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// A name, a keyword or a number.
    Word,
    /// A string, with its quotes.
    String,
    /// An operator or a bracket.
    Other,
    /// The end of a statement.
    Newline,
}

/// A token, as it is written, with its line from 1.
#[derive(Clone, Copy, Debug)]
pub(super) struct Token<'a> {
    pub(super) kind: Kind,
    pub(super) text: &'a str,
    pub(super) line: u32,
}

impl Token<'_> {
    /// The characters of a string; of its escapes those that a folder's name may need.
    pub(super) fn string(&self) -> String {
        let text = self.text.strip_prefix('f').unwrap_or(self.text);
        if let Some(raw) = text.strip_prefix("'''") {
            return raw.strip_suffix("'''").unwrap_or(raw).to_owned();
        }
        let inner = text.get(1..text.len() - 1).unwrap_or("");
        inner.replace("\\'", "'").replace("\\\\", "\\")
    }
}

/// Takes a text apart. A newline inside of brackets ends nothing.
pub(super) fn tokens(text: &str) -> Result<Vec<Token<'_>>, Fault> {
    let mut tokens = Vec::new();
    let mut brackets: Vec<u32> = Vec::new();
    let (mut rest, mut line) = (text, 1u32);
    while let Some(c) = rest.chars().next() {
        let (kind, length) = match c {
            '#' => {
                rest = rest.find('\n').map_or("", |end| &rest[end..]);
                continue;
            }
            '\n' => {
                line += 1;
                (if brackets.is_empty() { Some(Kind::Newline) } else { None }, 1)
            }
            '\\' if rest[1..].starts_with('\n') => {
                line += 1;
                (None, 2)
            }
            _ if c.is_whitespace() => (None, c.len_utf8()),
            _ if rest.starts_with('\'') || rest.starts_with("f'") => {
                (Some(Kind::String), string(rest, line)?)
            }
            _ if is_word(c) => (Some(Kind::Word), rest.find(|c| !is_word(c)).unwrap_or(rest.len())),
            _ => {
                match c {
                    '(' | '[' | '{' => brackets.push(line),
                    ')' | ']' | '}' if brackets.pop().is_none() => {
                        return Err((line, format!("this `{c}` closes nothing")));
                    }
                    _ => {}
                }
                let is_long = ["==", "!=", "+=", "<=", ">="].iter().any(|long| rest.starts_with(long));
                (Some(Kind::Other), if is_long { 2 } else { c.len_utf8() })
            }
        };
        let (token, behind) = rest.split_at(length);
        if let Some(kind) = kind {
            tokens.push(Token { kind, text: token, line });
        }
        if kind == Some(Kind::String) {
            let newlines = token.bytes().filter(|&byte| byte == b'\n').count();
            line = line.saturating_add(u32::try_from(newlines).unwrap_or(u32::MAX));
        }
        rest = behind;
    }
    match brackets.pop() {
        Some(line) => Err((line, "the bracket that opens here does not end".to_owned())),
        None => Ok(tokens),
    }
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// The length of the string that a text begins with.
fn string(text: &str, line: u32) -> Result<usize, Fault> {
    let prefix = usize::from(text.starts_with('f'));
    let unterminated = || (line, "the string that begins here does not end".to_owned());
    if let Some(inner) = text[prefix..].strip_prefix("'''") {
        let length = inner.find("'''").ok_or_else(unterminated)?;
        return Ok(prefix + length + 6);
    }
    let mut escaped = false;
    for (at, c) in text.char_indices().skip(prefix + 1) {
        match c {
            '\n' => break,
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '\'' => return Ok(at + 1),
            _ => {}
        }
    }
    Err(unterminated())
}
