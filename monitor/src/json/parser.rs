//! A message's tokens to its value.

use super::lexer::Kind;
use super::tokens::{Tokens, shown};
use super::{Json, Object};
use std::borrow::Cow;
use std::collections::BTreeSet;

/// Reads the one value that the tokens are. An error is in QEMU's words, without its `JSON parse error, `.
pub(super) fn parse(tokens: &Tokens) -> Result<Json, Cow<'static, str>> {
    Parser { tokens, at: 0 }.value()
}

struct Parser<'a> {
    tokens: &'a Tokens,
    at: usize,
}

type Parsed<T> = Result<T, Cow<'static, str>>;

impl<'a> Parser<'a> {
    fn next(&mut self) -> Parsed<(Kind, &'a [u8])> {
        let token = self.tokens.get(self.at).ok_or("premature EOI")?;
        self.at += 1;
        Ok(token)
    }

    fn next_is(&mut self, kind: Kind) -> bool {
        let is = self.tokens.get(self.at).is_some_and(|(found, _)| found == kind);
        self.at += usize::from(is);
        is
    }

    fn value(&mut self) -> Parsed<Json> {
        let (kind, text) = self.next()?;
        match kind {
            Kind::OpenObject => self.object(),
            Kind::OpenArray => self.array(),
            Kind::String => string(text).map(Json::String),
            Kind::Integer | Kind::Float => number(text),
            Kind::Keyword => match text {
                b"true" => Ok(Json::Bool(true)),
                b"false" => Ok(Json::Bool(false)),
                b"null" => Ok(Json::Null),
                _ => Err(format!("invalid keyword '{}'", shown(text)).into()),
            },
            Kind::CloseObject | Kind::CloseArray | Kind::Colon | Kind::Comma => Err("expecting value".into()),
        }
    }

    fn array(&mut self) -> Parsed<Json> {
        let mut values = Vec::new();
        if self.next_is(Kind::CloseArray) {
            return Ok(Json::Array(values));
        }
        loop {
            values.push(self.value()?);
            match self.next()?.0 {
                Kind::CloseArray => return Ok(Json::Array(values)),
                Kind::Comma => {}
                _ => return Err("expected separator in list".into()),
            }
        }
    }

    fn object(&mut self) -> Parsed<Json> {
        let mut members = Vec::new();
        if self.next_is(Kind::CloseObject) {
            return Ok(Object(members).into());
        }
        // no hash: that would ask the kernel for random numbers, for which a jail kills
        let mut names = BTreeSet::new();
        loop {
            let Json::String(name) = self.value()? else {
                return Err("key is not a string in object".into());
            };
            if !self.next_is(Kind::Colon) {
                return Err("missing : in object pair".into());
            }
            let value = self.value()?;
            if !names.insert(name.clone()) {
                return Err("duplicate key".into());
            }
            members.push((name, value));
            match self.next()?.0 {
                Kind::CloseObject => return Ok(Object(members).into()),
                Kind::Comma => {}
                _ => return Err("expected separator in dict".into()),
            }
        }
    }
}

/// An integer where it is one and in range, else the nearest float, as in QEMU.
fn number(text: &[u8]) -> Parsed<Json> {
    let text = String::from_utf8_lossy(text);
    if let Ok(int) = text.parse::<i64>() {
        return Ok(Json::Int(int));
    }
    if let Ok(int) = text.parse::<u64>() {
        return Ok(Json::Uint(int));
    }
    match text.parse::<f64>() {
        Ok(float) if float.is_finite() => Ok(Json::Float(float)),
        // QEMU takes it for infinity, and answers with an `inf` that is no JSON
        _ => Err(format!("number out of range '{}'", shown(text.as_bytes())).into()),
    }
}

/// What is between the quotes, without escapes.
fn string(token: &[u8]) -> Parsed<String> {
    let mut rest = token.get(1..token.len() - 1).unwrap_or_default();
    let mut string = String::with_capacity(rest.len());
    while !rest.is_empty() {
        let plain = rest.iter().position(|&byte| byte == b'\\').unwrap_or(rest.len());
        let text = std::str::from_utf8(&rest[..plain]).ok().filter(|text| !text.contains(is_noncharacter));
        string.push_str(text.ok_or("invalid UTF-8 sequence in string")?);
        rest = &rest[plain..];
        if !rest.is_empty() {
            let (character, length) = escape(rest)?;
            string.push(character);
            rest = &rest[length..];
        }
    }
    Ok(string)
}

/// The character of an escape, and the escape's length.
fn escape(text: &[u8]) -> Parsed<(char, usize)> {
    let plain = |character| Ok((character, 2));
    match text.get(1) {
        Some(&quoted @ (b'"' | b'\'' | b'\\' | b'/')) => plain(char::from(quoted)),
        Some(b'b') => plain('\u{8}'),
        Some(b'f') => plain('\u{c}'),
        Some(b'n') => plain('\n'),
        Some(b'r') => plain('\r'),
        Some(b't') => plain('\t'),
        Some(b'u') => {
            let unit = code_unit(text);
            let (point, length) = match unit.zip(text.get(6..).and_then(code_unit)) {
                Some((high @ 0xd800..=0xdbff, low @ 0xdc00..=0xdfff)) => {
                    (Some(0x1_0000 + ((high & 0x3ff) << 10) + (low & 0x3ff)), 12)
                }
                _ => (unit, 6),
            };
            let character = point.and_then(char::from_u32).filter(|&character| !is_noncharacter(character));
            character.map(|character| (character, length)).ok_or_else(|| {
                let escape = String::from_utf8_lossy(&text[..text.len().min(length)]);
                format!("{escape} is not a valid Unicode character").into()
            })
        }
        _ => Err("invalid escape sequence in string".into()),
    }
}

/// The number of a `\uXXXX` that the text begins with.
fn code_unit(text: &[u8]) -> Option<u32> {
    let digits = text.strip_prefix(b"\\u")?.get(..4)?;
    digits.iter().try_fold(0, |unit, &digit| Some(unit * 16 + char::from(digit).to_digit(16)?))
}

/// The 66 that Unicode keeps for nobody, which QEMU refuses.
fn is_noncharacter(character: char) -> bool {
    let point = u32::from(character);
    point & 0xfffe == 0xfffe || (0xfdd0..=0xfdef).contains(&point)
}
