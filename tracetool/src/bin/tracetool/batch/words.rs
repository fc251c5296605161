//! A line in words, quoted as a shell has them quoted.

/// Splits a line at blanks. `'…'` is as it stands; `"…"` and a bare word know `\` before a character. A `#` where a word
/// would begin is a comment to the end of the line.
pub(crate) fn split(line: &str) -> Result<Vec<String>, String> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut chars = line.chars();
    while let Some(c) = chars.next() {
        match c {
            _ if c.is_whitespace() => words.extend(word.take()),
            '#' if word.is_none() => break,
            '\'' | '"' => quoted(&mut chars, c, word.get_or_insert_default())?,
            '\\' => {
                let next = chars.next().ok_or("there is nothing behind the last `\\`")?;
                word.get_or_insert_default().push(next);
            }
            c => word.get_or_insert_default().push(c),
        }
    }
    words.extend(word);
    Ok(words)
}

fn quoted(chars: &mut std::str::Chars<'_>, quote: char, word: &mut String) -> Result<(), String> {
    while let Some(c) = chars.next() {
        match c {
            _ if c == quote => return Ok(()),
            '\\' if quote == '"' => match chars.next() {
                Some(c @ ('"' | '\\' | '$' | '`')) => word.push(c),
                Some(c) => word.extend(['\\', c]),
                None => break,
            },
            c => word.push(c),
        }
    }
    Err(format!("the {quote} does not end on its line"))
}

#[cfg(test)]
mod tests {
    use super::split;

    #[test]
    fn words_are_a_shells() {
        let cases: [(&str, &[&str]); 7] = [
            ("", &[]),
            ("  a  b\t", &["a", "b"]),
            ("a # b", &["a"]),
            ("a#b '#' c", &["a#b", "#", "c"]),
            ("--group='a b'c \"d'\\\"e\" ''", &["--group=a bc", "d'\"e", ""]),
            ("a\\ b 'c\\d' \"e\\f\"", &["a b", "c\\d", "e\\f"]),
            ("'it'\"'\"'s'", &["it's"]),
        ];
        for (line, expected) in cases {
            assert_eq!(split(line).unwrap(), expected, "{line}");
        }
        assert!(split("a 'b").unwrap_err().contains("does not end"));
        assert!(split("a \"b\\").unwrap_err().contains("does not end"));
        assert!(split("a\\").unwrap_err().contains("nothing behind"));
    }
}
