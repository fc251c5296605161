//! The words of a `print fmt`.

/// A word of C, as far as the kernel's `print fmt` lines need it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Token {
    Name(String),
    /// A number with what its suffix and its spelling say of its type.
    Number {
        value: u64,
        unsigned: bool,
        long: bool,
        decimal: bool,
    },
    Char(u8),
    Str(Vec<u8>),
    /// An operator or a bracket.
    Sign(&'static str),
}

/// The longer ones first.
const SIGNS: [&str; 32] = [
    "->", "<<", ">>", "<=", ">=", "==", "!=", "&&", "||", "(", ")", "[", "]", "{", "}", ",", "?", ":", "+",
    "-", "*", "/", "%", "&", "|", "^", "~", "!", "<", ">", ".", "=",
];

/// Takes a text apart; `None` if it holds anything else.
pub(super) fn tokens(text: &str) -> Option<Vec<Token>> {
    let mut rest = text.as_bytes();
    let mut found = Vec::new();
    loop {
        rest = rest.trim_ascii_start();
        let Some(&first) = rest.first() else { return Some(found) };
        let token = match first {
            b'"' => {
                let (bytes, after) = quoted(&rest[1..], b'"')?;
                rest = after;
                Token::Str(bytes)
            }
            b'\'' => {
                let (bytes, after) = quoted(&rest[1..], b'\'')?;
                rest = after;
                match bytes[..] {
                    [byte] => Token::Char(byte),
                    _ => return None,
                }
            }
            b'0'..=b'9' => {
                let (word, after) = word(rest);
                rest = after;
                number(word)?
            }
            b'a'..=b'z' | b'A'..=b'Z' | b'_' => {
                let (word, after) = word(rest);
                rest = after;
                Token::Name(String::from_utf8_lossy(word).into_owned())
            }
            _ => {
                let sign = SIGNS.into_iter().find(|sign| rest.starts_with(sign.as_bytes()))?;
                rest = &rest[sign.len()..];
                Token::Sign(sign)
            }
        };
        found.push(token);
    }
}

fn word(text: &[u8]) -> (&[u8], &[u8]) {
    let end = text.iter().position(|byte| !(byte.is_ascii_alphanumeric() || *byte == b'_'));
    text.split_at(end.unwrap_or(text.len()))
}

fn number(word: &[u8]) -> Option<Token> {
    let word = std::str::from_utf8(word).ok()?.to_ascii_lowercase();
    let digits = word.trim_end_matches(['u', 'l']);
    let suffix = &word[digits.len()..];
    let (digits, radix) = match digits.strip_prefix("0x") {
        Some(digits) => (digits, 16),
        None if digits.len() > 1 && digits.starts_with('0') => (&digits[1..], 8),
        None => (digits, 10),
    };
    let value = u64::from_str_radix(digits, radix).ok()?;
    let (unsigned, long) = (suffix.contains('u'), suffix.contains('l'));
    Some(Token::Number { value, unsigned, long, decimal: radix == 10 })
}

/// The bytes up to the closing mark, with C's escapes resolved, and what follows it.
fn quoted(text: &[u8], mark: u8) -> Option<(Vec<u8>, &[u8])> {
    let mut bytes = Vec::new();
    let mut rest = text;
    loop {
        let (&byte, after) = rest.split_first()?;
        rest = after;
        if byte == mark {
            return Some((bytes, rest));
        }
        if byte != b'\\' {
            bytes.push(byte);
            continue;
        }
        let (&letter, after) = rest.split_first()?;
        rest = after;
        bytes.push(match letter {
            b'n' => b'\n',
            b't' => b'\t',
            b'r' => b'\r',
            b'a' => 7,
            b'b' => 8,
            b'f' => 12,
            b'v' => 11,
            b'e' => 27,
            b'x' => {
                let len = rest.iter().take_while(|byte| byte.is_ascii_hexdigit()).count().min(2);
                let digits = std::str::from_utf8(&rest[..len]).ok()?;
                rest = &rest[len..];
                u8::from_str_radix(digits, 16).ok()?
            }
            b'0'..=b'7' => {
                let more = rest.iter().take_while(|byte| matches!(byte, b'0'..=b'7')).count().min(2);
                let value = rest[..more]
                    .iter()
                    .fold(u32::from(letter - b'0'), |value, digit| value * 8 + u32::from(digit - b'0'));
                rest = &rest[more..];
                u8::try_from(value).ok()?
            }
            other => other,
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words() {
        let number = |value, unsigned, long, decimal| Token::Number { value, unsigned, long, decimal };
        let table: &[(&str, &[Token])] = &[
            ("", &[]),
            ("REC->a", &[Token::Name("REC".into()), Token::Sign("->"), Token::Name("a".into())]),
            (
                "1 0x1F 017 2UL 3ull",
                &[
                    number(1, false, false, true),
                    number(31, false, false, false),
                    number(15, false, false, false),
                    number(2, true, true, true),
                    number(3, true, true, true),
                ],
            ),
            (r#""a\tb\"\x41\101\n\0""#, &[Token::Str(b"a\tb\"AA\n\0".to_vec())]),
            (r"'a' '\''", &[Token::Char(b'a'), Token::Char(b'\'')]),
            ("<<=", &[Token::Sign("<<"), Token::Sign("=")]),
        ];
        for (text, want) in table {
            assert_eq!(tokens(text).as_deref(), Some(*want), "{text}");
        }
        for bad in [
            "\"a",
            "'ab'",
            "''",
            "1z",
            "0x",
            "99999999999999999999",
            "$",
            "\"\\",
            "\"\\x\"",
            "\"\\777\"",
            "é",
        ] {
            assert_eq!(tokens(bad), None, "{bad}");
        }
    }
}
