//! Tokens to messages: where one ends, and what a client is told of one that cannot be read.

use super::lexer::{Kind, Lexer, Step};
use super::tokens::{Tokens, shown};
use super::{Json, parser};

/// The most bytes of a message's tokens; what is between them does not count. QEMU takes 64 MiB from its one client; a
/// command that we have is some hundred bytes long.
const MAX_BYTES: usize = 1 << 18;
/// The most tokens of a message.
const MAX_TOKENS: usize = 1 << 15;
/// How deep a message may nest, as in QEMU. Its parser goes down as deep on the stack: less than 400 bytes a level.
const MAX_NESTING: usize = 1 << 10;

/// Reads a stream of messages. Whatever comes, the next message is read again.
#[derive(Debug, Default)]
pub(crate) struct Reader {
    lexer: Lexer,
    tokens: Tokens,
    /// Open braces and brackets less closed ones. Both must be zero, or one of them negative, for a message to end.
    braces: isize,
    brackets: isize,
    /// The message is beyond a bound, and its client has been told: it is read to its end and not kept.
    beyond: bool,
}

impl Reader {
    /// Reads bytes that are one message, or the first of them.
    pub(crate) fn read_one(bytes: &[u8]) -> Result<Json, String> {
        let mut reader = Self::default();
        // a blank ends what has no end of its own, such as a number
        let message = reader.feed(bytes).or_else(|| reader.feed(b" ")).map(|(message, _)| message);
        message.unwrap_or_else(|| Err("JSON parse error, premature EOI".to_owned()))
    }

    /// Takes the next byte. Gives back a message that has ended with it, or what is wrong with it, in QEMU's words. One
    /// byte may end two messages: then `feed_again` is true, and it is to be fed once more.
    fn feed_byte(&mut self, byte: u8) -> (Option<Result<Json, String>>, bool) {
        match self.lexer.feed(byte) {
            Step::Skip => {
                // a client that sends lines is better served at once than at the end of a message that may have none
                if self.beyond && byte == b'\n' {
                    self.reset();
                }
                (None, false)
            }
            Step::Take => {
                self.keep(byte);
                (self.check_size(), false)
            }
            Step::End(kind) => {
                self.keep(byte);
                (self.end_token(kind), false)
            }
            Step::EndBefore(kind) => (self.end_token(kind), true),
            Step::Stray => {
                self.keep(byte);
                let told = self.beyond;
                let stray = stray(self.tokens.unfinished());
                self.reset();
                ((!told).then_some(Err(stray)), false)
            }
        }
    }

    /// Takes bytes up to the end of a message, which is given back with the rest of the bytes. `None`: all were taken, and
    /// no message has ended.
    pub(crate) fn feed<'a>(&mut self, bytes: &'a [u8]) -> Option<(Result<Json, String>, &'a [u8])> {
        let mut rest = bytes;
        while let Some((&byte, after)) = rest.split_first() {
            let (message, feed_again) = self.feed_byte(byte);
            if !feed_again {
                rest = after;
            }
            if let Some(message) = message {
                return Some((message, rest));
            }
        }
        None
    }

    fn end_token(&mut self, kind: Kind) -> Option<Result<Json, String>> {
        match kind {
            Kind::OpenObject => self.braces += 1,
            Kind::CloseObject => self.braces -= 1,
            Kind::OpenArray => self.brackets += 1,
            Kind::CloseArray => self.brackets -= 1,
            _ => {}
        }
        if !self.beyond {
            self.tokens.end(kind);
        }
        if let Some(beyond) = self.check_size() {
            return Some(beyond);
        }
        let (braces, brackets) = (self.braces, self.brackets);
        if (braces > 0 || brackets > 0) && braces >= 0 && brackets >= 0 {
            return None;
        }
        let parse = || parser::parse(&self.tokens).map_err(|error| format!("JSON parse error, {error}"));
        let message = (!self.beyond).then(parse);
        self.reset();
        message
    }

    fn keep(&mut self, byte: u8) {
        if !self.beyond {
            self.tokens.push(byte);
        }
    }

    /// Drops a message that is beyond a bound, up to its end or the line's: QEMU goes on in the middle of it, and answers each
    /// of its remaining tokens with an error.
    fn check_size(&mut self) -> Option<Result<Json, String>> {
        let bound = if self.beyond {
            return None;
        } else if self.tokens.bytes() > MAX_BYTES {
            "token size"
        } else if self.tokens.count() > MAX_TOKENS {
            "token count"
        } else if self.braces + self.brackets > MAX_NESTING.cast_signed() {
            "nesting depth"
        } else {
            return None;
        };
        self.tokens = Tokens::default();
        self.beyond = true;
        Some(Err(format!("JSON {bound} limit exceeded")))
    }

    fn reset(&mut self) {
        // a client that once sent a long message keeps no memory for it
        self.tokens = Tokens::default();
        (self.braces, self.brackets, self.beyond) = (0, 0, false);
    }
}

/// QEMU's words for what is no token. Up to a NUL, as C prints it.
fn stray(text: &[u8]) -> String {
    format!("JSON parse error, stray '{}'", shown(text.split(|&byte| byte == 0).next().unwrap_or_default()))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// All messages of some bytes, fed at once and byte by byte, which must make no difference.
    fn read(bytes: &[u8]) -> Vec<String> {
        let show =
            |message: Result<Json, String>| message.map_or_else(|error| error, |json| json.to_string());
        let (mut at_once, mut reader, mut rest) = (Vec::new(), Reader::default(), bytes);
        while let Some((message, after)) = reader.feed(rest) {
            at_once.push(show(message));
            rest = after;
        }
        let (mut in_pieces, mut reader) = (Vec::new(), Reader::default());
        for byte in bytes {
            let mut rest = std::slice::from_ref(byte);
            while let Some((message, after)) = reader.feed(rest) {
                in_pieces.push(show(message));
                rest = after;
            }
        }
        assert_eq!(at_once, in_pieces);
        at_once
    }

    /// What QEMU 7.2 and 10.2 answer, but for numbers (see `writer`), `1e999`, and what is beyond the bounds.
    #[test]
    fn messages() {
        let cases: &[(&[u8], &[&str])] = &[
            (b"", &[]),
            (b" \t\r\n", &[]),
            (b"{}", &["{}"]),
            (b"{}{}\n[ ] {", &["{}", "{}", "[]"]),
            (b"1 ", &["1"]),
            (b"1 2\ntrue null ", &["1", "2", "true", "null"]),
            (b"\"x\"", &["\"x\""]),
            (b"{'a': \"b'\", 'c\"': [true, false, null]}", &[r#"{"a": "b'", "c\"": [true, false, null]}"#]),
            (
                br#"["\"\'\\\/\b\f\n\r\t\u00e9\ud83d\ude00\u0000"]"#,
                &[r#"["\"'\\/\b\f\n\r\t\u00E9\uD83D\uDE00\u0000"]"#],
            ),
            (
                b"[0, -0, -1, 9223372036854775807, 9223372036854775808, 18446744073709551615]",
                &["[0, 0, -1, 9223372036854775807, 9223372036854775808, 18446744073709551615]"],
            ),
            (
                b"[1e3, 1.5, -0.0, 1E-5, 1e-4, 0.1, 1e16, -1.5e308, 5e-324]",
                &["[1000, 1.5, -0, 1e-05, 0.0001, 0.1, 10000000000000000, -1.5e+308, 5e-324]"],
            ),
            (
                b"[18446744073709551616, -9223372036854775809]",
                &["[1.8446744073709552e+19, -9.223372036854776e+18]"],
            ),
            (b"[1e999]", &["JSON parse error, number out of range '1e999'"]),
            (b"nope ", &["JSON parse error, invalid keyword 'nope'"]),
            (b"{\"a\": nope}", &["JSON parse error, invalid keyword 'nope'"]),
            (b"{nope: 1}", &["JSON parse error, invalid keyword 'nope'"]),
            (b"{\"a\" 1}", &["JSON parse error, missing : in object pair"]),
            (b"{\"a\"}", &["JSON parse error, missing : in object pair"]),
            (b"{\"a\": 1 \"b\"}", &["JSON parse error, expected separator in dict"]),
            (b"{1: 1}", &["JSON parse error, key is not a string in object"]),
            (b"{\"a\": 1, \"a\": 2}", &["JSON parse error, duplicate key"]),
            (b"{\"a\": 1,}", &["JSON parse error, expecting value"]),
            (b"{\"a\":}", &["JSON parse error, expecting value"]),
            (b"[1 2]", &["JSON parse error, expected separator in list"]),
            (b"[1,]", &["JSON parse error, expecting value"]),
            (b"[,]", &["JSON parse error, expecting value"]),
            (b"[}", &["JSON parse error, expecting value"]),
            (b"]", &["JSON parse error, expecting value"]),
            (b":", &["JSON parse error, expecting value"]),
            (b"01 {}", &["JSON parse error, stray '01'", "{}"]),
            (b"-{}", &["JSON parse error, stray '-{'", "JSON parse error, expecting value"]),
            (b"NaN\n{}", &["JSON parse error, stray 'N'", "{}"]),
            (
                b"{\"a\": 1 ! 2}\n{}",
                &["JSON parse error, stray '!'", "JSON parse error, expecting value", "{}"],
            ),
            (b"[\"a\x01b\"]", &["JSON parse error, stray '\"a\x01'", "JSON parse error, expecting value"]),
            (b"\"a\nb {}", &["JSON parse error, stray '\"a\n'", "{}"]),
            (b"\"a\0b {}", &["JSON parse error, stray '\"a'", "{}"]),
            (b"[\xff{}", &["JSON parse error, stray '\u{fffd}'", "{}"]),
            (b"\"a\xfe{}", &["JSON parse error, stray '\"a\u{fffd}'", "{}"]),
            (b"[\"\x80\"]", &["JSON parse error, invalid UTF-8 sequence in string"]),
            (b"[\"\xed\xa0\x80\"]", &["JSON parse error, invalid UTF-8 sequence in string"]),
            (b"[\"\xef\xbf\xbf\"]", &["JSON parse error, invalid UTF-8 sequence in string"]),
            (b"[\"\\q\"]", &["JSON parse error, invalid escape sequence in string"]),
            (b"[\"\\\x80\"]", &["JSON parse error, invalid escape sequence in string"]),
            (br#"["\ud800"]"#, &["JSON parse error, \\ud800 is not a valid Unicode character"]),
            (br#"["\ud800\u0041"]"#, &["JSON parse error, \\ud800 is not a valid Unicode character"]),
            (br#"["\udc00"]"#, &["JSON parse error, \\udc00 is not a valid Unicode character"]),
            (br#"["\uffff"]"#, &["JSON parse error, \\uffff is not a valid Unicode character"]),
            (br#"["\u12"]"#, &["JSON parse error, \\u12 is not a valid Unicode character"]),
        ];
        for (bytes, expected) in cases {
            assert_eq!(read(bytes), *expected, "{}", bytes.escape_ascii());
        }
    }

    #[test]
    fn bounds() {
        let nested = |depth| [vec![b'['; depth], vec![b']'; depth], b"\n{}".to_vec()].concat();
        assert_eq!(read(&nested(MAX_NESTING)).len(), 2);
        assert_eq!(read(&nested(MAX_NESTING + 1)), ["JSON nesting depth limit exceeded", "{}"]);
        assert_eq!(read(&nested(1 << 20)), ["JSON nesting depth limit exceeded", "{}"]);
        // up to its end, or the line's, or what is no token
        let nested = |after: &[u8]| [&[b'['; 2000], after].concat();
        assert_eq!(
            read(&nested(&[&[b']'; 2000][..], b"{}"].concat())),
            ["JSON nesting depth limit exceeded", "{}"]
        );
        assert_eq!(read(&nested(b"0, \n{}")), ["JSON nesting depth limit exceeded", "{}"]);
        assert_eq!(read(&nested(b"0, \xff{}")), ["JSON nesting depth limit exceeded", "{}"]);

        let string = |length| format!("['{}']\n{{}}", "x".repeat(length)).into_bytes();
        assert_eq!(read(&string(MAX_BYTES - 4)).len(), 2);
        assert_eq!(read(&string(MAX_BYTES)), ["JSON token size limit exceeded", "{}"]);
        let tokens = format!("[{}0]\n{{}}", "0,".repeat(MAX_TOKENS / 2));
        assert_eq!(read(tokens.as_bytes()), ["JSON token count limit exceeded", "{}"]);
        assert_eq!(read(&vec![b' '; 2 * MAX_BYTES]), [""; 0]);

        let stray = read(&[&b"\""[..], &[b'x'; 5000], b"\n"].concat()).pop().unwrap();
        assert!(stray.len() < 200 && stray.ends_with("xxx...'"), "{stray}");
    }
}
