//! From string literals and `PRI` macros to a [`Format`]: escapes, joining, conversions.

use crate::cursor::{Cursor, is_word};
use crate::diagnostic::Rule;
use crate::format::{Amount, Conversion, Format, Part};
use crate::modifier::Modifier;
use printf::{Length, Spec};

/// A fault: the bytes of the line, the rule, the message.
pub(crate) type Fault = (usize, usize, Rule, String);

/// Room for one format after another.
#[derive(Default)]
pub(crate) struct Scratch {
    pieces: Vec<Piece>,
    literal: Vec<u8>,
    parts: Vec<Part>,
}

/// Reads one format, from its first quote to where no literal or macro follows.
pub(crate) fn read(
    line: &str,
    cursor: &mut Cursor<'_>,
    faults: &mut Vec<Fault>,
    Scratch { pieces, literal: text, parts }: &mut Scratch,
) -> Format {
    let start = cursor.at();
    pieces.clear();
    text.clear();
    let mut end = start;
    loop {
        match cursor.peek() {
            Some('"') => literal(cursor, pieces, faults),
            Some(c) if is_word(c) && !c.is_ascii_digit() => {
                pieces.push(Piece::Macro { at: cursor.at() });
                cursor.word();
            }
            _ => break,
        }
        end = cursor.at();
        cursor.skip_blanks();
    }
    let parts = Scanner { line, pieces, next: 0, end, faults }.parts(text, parts);
    Format { source: line[start..end].to_owned(), parts }
}

/// A byte of a literal, or a macro, with its place in the line.
#[derive(Clone, Copy)]
enum Piece {
    Byte { byte: u8, at: usize },
    Macro { at: usize },
}

fn literal(cursor: &mut Cursor<'_>, pieces: &mut Vec<Piece>, faults: &mut Vec<Fault>) {
    let open = cursor.at();
    cursor.bump();
    loop {
        let start = cursor.at();
        let plain = cursor.plain();
        let mut at = start;
        for (index, byte) in plain.bytes().enumerate() {
            // the bytes of a character stand where it does
            if plain.is_char_boundary(index) {
                at = start + index;
            }
            pieces.push(Piece::Byte { byte, at });
        }
        let at = cursor.at();
        match cursor.bump() {
            Some('"') => return,
            None => {
                let message = "this string does not end on its line".to_owned();
                return faults.push((open, cursor.at(), Rule::UnterminatedString, message));
            }
            Some('\\') => match escape(cursor) {
                Some(byte) => pieces.push(Piece::Byte { byte, at }),
                None => faults.push((at, cursor.at(), Rule::Escape, "C has no such escape".to_owned())),
            },
            Some(_) => {} // none is left but these two
        }
    }
}

/// An escape, behind its backslash (C11 6.4.4.4).
fn escape(cursor: &mut Cursor<'_>) -> Option<u8> {
    let simple = match cursor.peek()? {
        'a' => 7,
        'b' => 8,
        't' => b'\t',
        'n' => b'\n',
        'v' => 11,
        'f' => 12,
        'r' => b'\r',
        c @ ('"' | '\\' | '\'' | '?') => u8::try_from(c).ok()?,
        '0'..='7' => {
            let rest = cursor.rest();
            let digits = rest.bytes().take(3).take_while(|byte| (b'0'..=b'7').contains(byte)).count();
            for _ in 0..digits {
                cursor.bump();
            }
            return u8::from_str_radix(&rest[..digits], 8).ok();
        }
        'x' => {
            cursor.bump();
            let digits = cursor.take_while(|c| c.is_ascii_hexdigit());
            return u8::from_str_radix(digits, 16).ok();
        }
        c if c.is_control() || c == ' ' => return None,
        _ => {
            cursor.bump();
            return None;
        }
    };
    cursor.bump();
    Some(simple)
}

/// Finds the conversions in the joined pieces.
struct Scanner<'a> {
    line: &'a str,
    pieces: &'a [Piece],
    next: usize,
    end: usize,
    faults: &'a mut Vec<Fault>,
}

impl<'a> Scanner<'a> {
    #[allow(clippy::drain_collect)] // taking the vector would take its spare room
    fn parts(mut self, literal: &mut Vec<u8>, parts: &mut Vec<Part>) -> Vec<Part> {
        while let Some(&piece) = self.pieces.get(self.next) {
            self.next += 1;
            match piece {
                Piece::Byte { byte: b'%', .. } if self.peek() == Some(b'%') => {
                    self.next += 1;
                    literal.push(b'%');
                }
                Piece::Byte { byte: b'%', at } => {
                    if let Some(conversion) = self.conversion(at) {
                        if !literal.is_empty() {
                            parts.push(Part::Literal(literal.clone()));
                            literal.clear();
                        }
                        parts.push(Part::Conversion(conversion));
                    }
                }
                Piece::Byte { byte, .. } => {
                    if byte == b'\n' {
                        let message = "every sink ends the line itself: leave the newline out".to_owned();
                        self.fault(self.place_of(self.next - 1), Rule::Newline, message);
                    }
                    if byte == 0 {
                        let message = "C's format ends at this NUL".to_owned();
                        self.fault(self.place_of(self.next - 1), Rule::EmbeddedNul, message);
                    }
                    literal.push(byte);
                }
                Piece::Macro { at } => literal.extend(self.stray_macro(at)),
            }
        }
        if !literal.is_empty() {
            parts.push(Part::Literal(literal.clone()));
        }
        // no more room than they take: a tree has thousands
        parts.drain(..).collect()
    }

    /// A macro where no conversion begins. One of inttypes.h is text like any other to C: `"%u" PRIx8` prints an `x`.
    fn stray_macro(&mut self, at: usize) -> &'static [u8] {
        let name = self.macro_name(at);
        let (rule, message, text) = if let Some(macro_) = parse_macro(name) {
            let text = macro_.text;
            let message = format!("{name} stands behind no `%`: it prints `{}`", text.escape_ascii());
            (Rule::StrayMacro, message, text)
        } else {
            let message = format!("{name} is not of inttypes.h's PRI family; quote it if it is text");
            (Rule::FormatMacro, message, b"".as_slice())
        };
        self.faults.push((at, at + name.len(), rule, message));
        text
    }

    /// A conversion, behind its `%`.
    fn conversion(&mut self, at: usize) -> Option<Conversion> {
        let mut spec = Spec::new(printf::Conversion::Signed);
        while let Some(flag) = self.peek() {
            let set = match flag {
                b'-' => &mut spec.left,
                b'+' => &mut spec.plus,
                b' ' => &mut spec.space,
                b'#' => &mut spec.alternate,
                b'0' => &mut spec.zero,
                _ => break,
            };
            if std::mem::replace(set, true) {
                let message = format!("the flag `{}` stands here twice", char::from(flag));
                self.fault(self.place_of(self.next), Rule::ConversionFlags, message);
            }
            self.next += 1;
        }
        let width = self.amount(at)?;
        let precision = if self.peek() == Some(b'.') {
            self.next += 1;
            match self.amount(at)? {
                Amount::None => Amount::Fixed(0),
                amount => amount,
            }
        } else {
            Amount::None
        };
        if let Amount::Fixed(fixed) = width {
            spec.width = fixed;
        }
        if let Amount::Fixed(fixed) = precision {
            spec.precision = Some(fixed);
        }
        let (conversion, modifier) = self.kind(at)?;
        (spec.conversion, spec.length) = (conversion, modifier.length());
        let end = self.place_of(self.next - 1).1;
        let source = self.line[at..end].to_owned();
        Some(Conversion { spec, width, precision, source, place: (at, end), modifier })
    }

    fn amount(&mut self, at: usize) -> Option<Amount> {
        if self.peek() == Some(b'*') {
            self.next += 1;
            return Some(Amount::Argument);
        }
        let mut amount = None;
        while let Some(digit @ b'0'..=b'9') = self.peek() {
            self.next += 1;
            let sum = amount
                .unwrap_or(0u32)
                .checked_mul(10)
                .and_then(|tens| tens.checked_add(u32::from(digit - b'0')));
            match sum {
                Some(sum) if i32::try_from(sum).is_ok() => amount = Some(sum),
                _ => {
                    self.unknown(at, "a width or precision beyond C's int");
                    return None;
                }
            }
        }
        Some(amount.map_or(Amount::None, Amount::Fixed))
    }

    fn kind(&mut self, at: usize) -> Option<(printf::Conversion, Modifier)> {
        if let Some(&Piece::Macro { at: macro_at }) = self.pieces.get(self.next) {
            self.next += 1;
            let Some(macro_) = parse_macro(self.macro_name(macro_at)) else {
                self.stray_macro(macro_at);
                return None;
            };
            return Some((macro_.conversion, macro_.modifier));
        }
        let modifier = self.length();
        let Some(letter) = self.peek() else {
            self.unknown(at, "a `%` with no conversion behind it; `%%` prints one");
            return None;
        };
        self.next += 1;
        let conversion = conversion_of(letter);
        match (conversion, letter) {
            (
                Some(
                    conversion @ (printf::Conversion::Str
                    | printf::Conversion::Char
                    | printf::Conversion::Pointer),
                ),
                _,
            ) => {
                if modifier.is_some() {
                    self.unknown(at, "no length goes with it");
                    return None;
                }
                Some((conversion, Modifier::Int(Length::Bits32)))
            }
            (Some(conversion), _) => Some((conversion, modifier.unwrap_or(Modifier::Int(Length::Bits32)))),
            (None, b'n') => {
                let place = (at, self.place_of(self.next - 1).1);
                self.fault(
                    place,
                    Rule::PercentN,
                    "%n writes to memory: it has no place in a trace".to_owned(),
                );
                None
            }
            (None, b'm') => {
                let place = (at, self.place_of(self.next - 1).1);
                let message = "%m prints errno, which is another's by then: pass strerror(errno) for a %s";
                self.fault(place, Rule::PercentM, message.to_owned());
                None
            }
            (None, _) => {
                self.unknown(at, "it is none of d i u o x X c s p");
                None
            }
        }
    }

    fn macro_name(&self, at: usize) -> &'a str {
        Cursor::new(self.line, at).word()
    }

    fn length(&mut self) -> Option<Modifier> {
        let (modifier, twice) = match self.peek()? {
            b'h' => (Modifier::Int(Length::Bits16), Some(Modifier::Int(Length::Bits8))),
            b'l' => (Modifier::Long, Some(Modifier::LongLong)),
            b'z' => (Modifier::Size, None),
            b't' => (Modifier::Ptrdiff, None),
            b'j' => (Modifier::Intmax, None),
            _ => return None,
        };
        let first = self.peek();
        self.next += 1;
        match twice {
            Some(twice) if self.peek() == first => {
                self.next += 1;
                Some(twice)
            }
            _ => Some(modifier),
        }
    }

    fn unknown(&mut self, at: usize, why: &str) {
        let last = self.next.clamp(1, self.pieces.len()) - 1;
        let end = self.place_of(last).1.max(at + 1);
        let source = self.line[at..end].to_owned();
        self.fault((at, end), Rule::UnknownConversion, format!("`{source}` is no conversion here: {why}"));
    }

    fn fault(&mut self, (at, end): (usize, usize), rule: Rule, message: String) {
        self.faults.push((at, end, rule, message));
    }

    fn peek(&self) -> Option<u8> {
        match self.pieces.get(self.next)? {
            Piece::Byte { byte, .. } => Some(*byte),
            Piece::Macro { .. } => None,
        }
    }

    /// The bytes of the line that a piece takes.
    fn place_of(&self, piece: usize) -> (usize, usize) {
        let (at, least) = match self.pieces.get(piece) {
            Some(Piece::Byte { at, .. }) => (*at, 1),
            Some(Piece::Macro { at }) => return (*at, at + self.macro_name(*at).len()),
            None => return (self.end, self.end),
        };
        // an escape or a character of several bytes reaches to the next piece
        let end = match self.line.as_bytes().get(at) {
            Some(b'\\') => at + 2,
            _ => self.line[at..].chars().next().map_or(at + least, |c| at + c.len_utf8()),
        };
        (at, if self.line.is_char_boundary(end) { end } else { at + least })
    }
}

fn conversion_of(letter: u8) -> Option<printf::Conversion> {
    Some(match letter {
        b'd' | b'i' => printf::Conversion::Signed,
        b'u' => printf::Conversion::Unsigned,
        b'o' => printf::Conversion::Octal,
        b'x' => printf::Conversion::Hex,
        b'X' => printf::Conversion::HexUpper,
        b'c' => printf::Conversion::Char,
        b's' => printf::Conversion::Str,
        b'p' => printf::Conversion::Pointer,
        _ => return None,
    })
}

/// A macro of inttypes.h.
struct Macro {
    conversion: printf::Conversion,
    modifier: Modifier,
    /// What it expands to.
    text: &'static [u8],
}

/// Reads a macro's name. Lengths are glibc's on LP64: no `hh` or `h`, since what is passed was promoted.
fn parse_macro(name: &str) -> Option<Macro> {
    let rest = name.strip_prefix("PRI")?;
    let letter = *rest.as_bytes().first()?;
    let index = b"diuoxX".iter().position(|&known| known == letter)?;
    let size = rest.get(1..)?;
    let modifier = match size {
        "8" | "16" | "32" | "LEAST8" | "LEAST16" | "LEAST32" | "FAST8" => Modifier::Int(Length::Bits32),
        "64" | "LEAST64" | "FAST64" => Modifier::Macro64,
        "FAST16" | "FAST32" => Modifier::MacroFast,
        "PTR" => Modifier::MacroPtr,
        "MAX" => Modifier::Intmax,
        _ => return None,
    };
    let texts = if modifier.length() == Length::Bits64 {
        [b"ld".as_slice(), b"li", b"lu", b"lo", b"lx", b"lX"]
    } else {
        [b"d".as_slice(), b"i", b"u", b"o", b"x", b"X"]
    };
    Some(Macro { conversion: conversion_of(letter)?, modifier, text: texts[index] })
}
