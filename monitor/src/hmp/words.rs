//! Words of a line: plain, or in quotes with QEMU's escapes.

/// Where a word lies and what it says.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Word {
    /// Its first byte, a quote if it has one.
    pub(super) start: usize,
    /// One past its last.
    pub(super) end: usize,
    /// What it says, without quotes and escapes.
    pub(super) text: String,
    /// Whether what is typed next would belong to it, if the line ends here.
    pub(super) open: bool,
}

/// Why a word cannot be read. QEMU prints this on its standard output, where the monitor's user does not see it.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum Fault {
    /// The closing quote is missing.
    #[error("unterminated string")]
    Unterminated(Word),
    /// There is no such escape.
    #[error("unsupported escape code: '\\{0}'")]
    Escape(char),
}

/// C's `isspace`.
pub(super) fn is_blank(c: char) -> bool {
    matches!(c, ' ' | '\t'..='\r')
}

/// The first place at or behind `from` that is no blank.
pub(super) fn skip_blanks(line: &str, from: usize) -> usize {
    line.len() - line[from..].trim_start_matches(is_blank).len()
}

/// One past the last byte that is no blank, of those that begin at `from`.
pub(super) fn end_of_plain(line: &str, from: usize) -> usize {
    line[from..].find(is_blank).map_or(line.len(), |len| from + len)
}

/// The word that begins at or behind `from`; `None` if only blanks are left.
pub(super) fn next(line: &str, from: usize) -> Result<Option<Word>, Fault> {
    let start = skip_blanks(line, from);
    let Some(first) = line[start..].chars().next() else { return Ok(None) };
    if first != '"' {
        let end = end_of_plain(line, start);
        return Ok(Some(Word { start, end, text: line[start..end].to_owned(), open: true }));
    }
    let mut text = String::new();
    let mut rest = line[start + 1..].char_indices();
    while let Some((at, c)) = rest.next() {
        match c {
            '"' => return Ok(Some(Word { start, end: start + 1 + at + 1, text, open: false })),
            '\\' => match rest.next().map(|(_, c)| c) {
                Some('n') => text.push('\n'),
                Some('r') => text.push('\r'),
                Some(c @ ('\\' | '\'' | '"')) => text.push(c),
                Some(c) => return Err(Fault::Escape(c)),
                None => break,
            },
            c => text.push(c),
        }
    }
    Err(Fault::Unterminated(Word { start, end: line.len(), text, open: true }))
}

/// All words from `from` on.
pub(super) fn all(line: &str) -> Result<Vec<String>, Fault> {
    let (mut words, mut at) = (Vec::new(), 0);
    while let Some(word) = next(line, at)? {
        at = word.end;
        words.push(word.text);
    }
    Ok(words)
}

/// Whether a text is another one without quotes.
pub(super) fn needs_quotes(text: &str) -> bool {
    text.is_empty() || text.starts_with('"') || text.contains(is_blank)
}

/// Spells the beginning of a word in quotes.
pub(super) fn quote(text: &str) -> String {
    let mut quoted = String::from("\"");
    for c in text.chars() {
        if matches!(c, '"' | '\\') {
            quoted.push('\\');
        }
        quoted.push(c);
    }
    quoted
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_with_quotes_and_escapes() {
        let cases = [
            ("", Ok(vec![])),
            (" \t\r\n\x0b\x0c", Ok(vec![])),
            ("a  b", Ok(vec!["a", "b"])),
            ("a\"b c", Ok(vec!["a\"b", "c"])),
            ("\"a b\"c", Ok(vec!["a b", "c"])),
            ("\"\" x", Ok(vec!["", "x"])),
            (r#""\n\r\\\'\"""#, Ok(vec!["\n\r\\'\""])),
            ("a\\n", Ok(vec!["a\\n"])),
            ("é\u{a0}ö", Ok(vec!["é\u{a0}ö"])),
            ("\"a", Err("unterminated string")),
            ("x \"a\\", Err("unterminated string")),
            ("\"a\\tb\"", Err("unsupported escape code: '\\t'")),
            ("\"a\\é\"", Err("unsupported escape code: '\\é'")),
        ];
        for (line, expected) in cases {
            let found = all(line).map_err(|fault| fault.to_string());
            let expected = expected.map(|words| words.into_iter().map(str::to_owned).collect());
            assert_eq!(found, expected.map_err(str::to_owned), "{line:?}");
        }
    }

    #[test]
    fn what_is_quoted_reads_back() {
        for text in ["a", "", "a b", "a\"b", "\"a", "\\", "a\\ b", "é ö", "'"] {
            assert_eq!(all(&(quote(text) + "\"")).unwrap(), [text]);
            assert!(needs_quotes(text) || all(text).unwrap() == [text]);
        }
    }
}
