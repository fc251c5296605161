//! What is worth a look beyond the language itself: names of several groups, QEMU 5's TCG events, and how formats are
//! written.

use crate::declaration::{Argument, Event, Properties};
use crate::diagnostic::{Diagnostic, Line, Rule, turns_direction};
use crate::file::File;
use crate::format::{Conversion, Format, Part};
use crate::modifier::{Kind, System, preferred};
use printf::Length;
use std::collections::HashMap;
use std::sync::Arc;

impl Event {
    /// A diagnostic that points at its name.
    #[must_use]
    pub fn diagnostic(&self, file: &Arc<str>, rule: Rule, message: &str) -> Diagnostic {
        self.points_at(self.name_place, file, rule, message)
    }

    fn points_at(&self, (at, end): (usize, usize), file: &Arc<str>, rule: Rule, message: &str) -> Diagnostic {
        Diagnostic::new(&Line { file, number: self.line, text: &self.text }, at, end, rule, message)
    }
}

/// Names that several groups declare: `-trace NAME` could not tell them apart. Each group is its name and its files,
/// each file its name and what was read of it. Within one group a second declaration is an error.
#[must_use]
pub fn lint_groups(groups: &[(&str, &[(&str, &File)])]) -> Vec<Diagnostic> {
    let mut seen: HashMap<&str, (&str, &str, u32)> = HashMap::new();
    let mut diagnostics = Vec::new();
    for (group, files) in groups {
        for (file, parsed) in *files {
            let name: Arc<str> = (*file).into();
            for event in &parsed.events {
                let Some((other_group, other_file, line)) = seen.get(event.name.as_str()) else {
                    seen.insert(&event.name, (group, file, event.line));
                    continue;
                };
                let rule = if other_group != group {
                    Rule::DuplicateAcrossGroups
                } else if other_file != file {
                    Rule::DuplicateEvent
                } else {
                    continue; // `parse` told it
                };
                let message = format!("`{}` is declared at {other_file}:{line} too", event.name);
                diagnostics.push(event.diagnostic(&name, rule, &message));
            }
        }
    }
    diagnostics
}

/// What is of QEMU 5's TCG events: the properties `vcpu` and `tcg`, and the types `TCGv`. Only its formats `tcg-*` can
/// make code for them; QEMU 10 refuses them.
#[must_use]
pub fn lint_tcg(name: &str, file: &File) -> Vec<Diagnostic> {
    let name: Arc<str> = name.into();
    let mut diagnostics = Vec::new();
    for event in &file.events {
        let tcg_argument = event.args.iter().find(|arg| arg.ctype.is_tcg());
        let what = match (event.properties, tcg_argument) {
            (Properties { tcg: true, .. }, _) => "the property `tcg`".to_owned(),
            (Properties { vcpu: true, .. }, _) => "the property `vcpu`".to_owned(),
            (_, Some(arg)) => format!("an argument of type {}", arg.ctype),
            _ => continue,
        };
        let message = format!(
            "`{}` has {what}, of QEMU 5's TCG events: only the formats tcg-* take it, QEMU 7 dropped it",
            event.name
        );
        diagnostics.push(event.diagnostic(&name, Rule::Tcg, &message));
    }
    diagnostics
}

/// How formats are written: what works, but not on every system, or not as its author will have thought.
/// [`Rule::ConversionPortability`], [`Rule::SignedHex`], [`Rule::HexPrefix`], [`Rule::StrayHexPrefix`],
/// [`Rule::Trigraph`], [`Rule::BidirectionalControl`],
/// [`Rule::RepeatedName`], [`Rule::TrailingBlank`] and [`Rule::UnbalancedBrackets`] are found here. An event with a format that does not fit its arguments is left to [`parse`].
///
/// [`parse`]: crate::parse
#[must_use]
pub fn lint_style(name: &str, file: &File) -> Vec<Diagnostic> {
    let name: Arc<str> = name.into();
    let mut diagnostics = Vec::new();
    for event in &file.events {
        let mut found: Vec<((usize, usize), Rule, String)> = Vec::new();
        for (conversion, argument) in printed(event) {
            let found_here = [
                (Rule::ConversionPortability, unportable(conversion, argument)),
                (Rule::SignedHex, signed_hex(conversion, argument)),
            ];
            found.extend(
                found_here.into_iter().filter_map(|(rule, why)| Some((conversion.place, rule, why?))),
            );
        }
        found.extend(misprefixed(&event.format).map(|conversion| {
            let what = if conversion.letter() == 'p' {
                "an address with a 0x of its own"
            } else {
                "a decimal number"
            };
            let why = format!("{} prints {what} behind this 0x", conversion.spelling());
            (conversion.place, Rule::StrayHexPrefix, why)
        }));
        found.extend(unprefixed(&event.format).map(|conversion| {
            let why = format!("{} prints a hexadecimal number without 0x before it", conversion.spelling());
            (conversion.place, Rule::HexPrefix, why)
        }));
        found.sort_by_key(|&(place, ..)| place);
        diagnostics.extend(found.iter().map(|(place, rule, why)| event.points_at(*place, &name, *rule, why)));
        diagnostics.extend(odd_characters(event, &name));
        diagnostics.extend(around(event, &name));
    }
    diagnostics
}

/// Each conversion with what it prints; nothing if they do not match in number.
fn printed(event: &Event) -> impl Iterator<Item = (&Conversion, &Argument)> {
    let wanted: usize = event.format.conversions().map(Conversion::arguments).sum();
    let mut args = if wanted == event.args.len() { event.args.iter() } else { [].iter() };
    event.format.conversions().map_while(move |conversion| {
        for _ in 1..conversion.arguments() {
            args.next()?;
        }
        Some((conversion, args.next()?))
    })
}

fn unportable(conversion: &Conversion, Argument { name, ctype }: &Argument) -> Option<String> {
    let differs = |system| {
        let is = Kind::of(ctype, system)?;
        Some(conversion.modifier.kind(system) != is)
    };
    // where it is wrong on every 64-bit Linux, the parser has told it
    let elsewhere = match (differs(System::Linux64)?, differs(System::Mac64)?, differs(System::Linux32)?) {
        (false, true, true) => "32-bit systems and macOS",
        (false, true, false) => "macOS",
        (false, false, true) => "32-bit systems",
        _ => return None,
    };
    let right = preferred(ctype, conversion.letter());
    let source = conversion.spelling();
    Some(format!("{source} is not right for {ctype} on {elsewhere}: {right} prints `{name}` everywhere"))
}

fn signed_hex(conversion: &Conversion, Argument { name, ctype }: &Argument) -> Option<String> {
    use printf::Conversion as C;
    let bits = ctype.bits().filter(|_| ctype.is_always_signed())?;
    if !matches!(conversion.spec.conversion, C::Hex | C::HexUpper | C::Octal) {
        return None;
    }
    let looked_at = match conversion.spec.length {
        // whoever writes these wants the bits
        Length::Bits8 | Length::Bits16 => return None,
        Length::Bits32 => 32,
        Length::Bits64 => 64,
    };
    let source = conversion.spelling();
    let minus_one = if bits < looked_at {
        format!("-1 is printed with {looked_at} bits, not {bits}")
    } else {
        "numbers below zero look large".to_owned()
    };
    Some(format!("{source} prints `{name}`, which is {ctype} and has a sign: {minus_one}"))
}

/// The conversions to hexadecimal that have no `0x` before them. Those of a group (`%x.%x`, `%02x:%02x`) need none, nor
/// does what goes on with the digits of the one before it (`0x%08x%08x`).
fn unprefixed(format: &Format) -> impl Iterator<Item = &Conversion> {
    let parts = &format.parts;
    let hex = |at: Option<usize>| match parts.get(at?)? {
        Part::Conversion(conversion) => {
            use printf::Conversion as C;
            matches!(conversion.spec.conversion, C::Hex | C::HexUpper).then_some(conversion)
        }
        Part::Literal(_) => None,
    };
    let literal = |at: Option<usize>| match parts.get(at?)? {
        Part::Literal(bytes) => Some(bytes.as_slice()),
        Part::Conversion(_) => None,
    };
    let separates = move |at: Option<usize>| {
        literal(at).is_some_and(|bytes| matches!(bytes, [b'.' | b'/' | b':' | b' ' | b'-' | b','] | b", "))
    };
    (0..parts.len()).filter_map(move |at| {
        let conversion = hex(Some(at))?;
        let back = |by| at.checked_sub(by);
        let is_prefixed = conversion.spec.alternate
            || literal(back(1)).is_some_and(ends_with_prefix)
            || hex(back(1)).is_some();
        let is_grouped = (separates(back(1)) && hex(back(2)).is_some())
            || (separates(Some(at + 1)) && hex(Some(at + 2)).is_some())
            || hex(Some(at + 1)).is_some();
        (!is_prefixed && !is_grouped).then_some(conversion)
    })
}

/// The conversions behind a `0x` that print no bare hexadecimal number.
fn misprefixed(format: &Format) -> impl Iterator<Item = &Conversion> {
    use printf::Conversion as C;
    format.parts.windows(2).filter_map(|pair| match pair {
        [Part::Literal(before), Part::Conversion(conversion)] => {
            let is_misled = matches!(conversion.spec.conversion, C::Signed | C::Unsigned | C::Pointer);
            (is_misled && ends_with_prefix(before)).then_some(conversion)
        }
        _ => None,
    })
}

fn ends_with_prefix(literal: &[u8]) -> bool {
    literal.ends_with(b"0x") || literal.ends_with(b"0X")
}

/// What stands at the beginning and at the end of a format.
/// What C compilers warn of in any text: trigraphs (C11 5.2.1.1) and characters that turn text.
fn odd_characters<'a>(event: &'a Event, file: &'a Arc<str>) -> impl Iterator<Item = Diagnostic> + 'a {
    let source = &event.format.source;
    let text_at = event.text.rfind(source).filter(|_| !source.is_empty());
    let is_trigraph = |three: &[u8]| three.starts_with(b"??") && b"=/'()!<>-".contains(&three[2]);
    let trigraph = source.as_bytes().windows(3).position(is_trigraph).map(|at| {
        (
            (at, at + 3),
            Rule::Trigraph,
            "C once took these three characters for one: write \"?\" \"?\" between",
        )
    });
    let control = source.char_indices().find(|&(_, c)| turns_direction(c)).map(|(at, c)| {
        (
            (at, at + c.len_utf8()),
            Rule::BidirectionalControl,
            "this character turns the direction of what follows it",
        )
    });
    let found = trigraph.into_iter().chain(control);
    found.filter_map(move |((at, end), rule, why)| {
        let start = text_at?;
        Some(event.points_at((start + at, start + end), file, rule, why))
    })
}

fn around<'a>(event: &'a Event, file: &'a Arc<str>) -> impl Iterator<Item = Diagnostic> + 'a {
    let source = &event.format.source;
    let text_at = event.text.rfind(source).filter(|_| !source.is_empty());
    let repeated = match event.format.parts.first() {
        Some(Part::Literal(bytes)) => bytes.strip_prefix(event.name.as_bytes()).is_some_and(|rest| {
            // a name that another word begins with is no repetition
            !rest.first().is_some_and(|byte| byte.is_ascii_alphanumeric() || *byte == b'_')
        }),
        _ => false,
    };
    let repeated = text_at.filter(|_| repeated).map(|at| {
        let place = (at + 1, at + 1 + event.name.len());
        let why = "every sink prints the event's name itself: leave it out of the format";
        event.points_at(place, file, Rule::RepeatedName, why)
    });
    let trailing = match event.format.parts.last() {
        Some(Part::Literal(bytes)) => bytes.ends_with(b" ") || bytes.ends_with(b"\t"),
        _ => false,
    };
    let trailing = text_at.filter(|_| trailing).map(|at| {
        let end = at + source.trim_end_matches('"').len();
        let start = at + source.trim_end_matches('"').trim_end().len();
        event.points_at((start, end), file, Rule::TrailingBlank, "the format ends with a blank")
    });
    let brackets = event.format.parts.iter().flat_map(|part| match part {
        Part::Literal(bytes) => bytes.as_slice(),
        Part::Conversion(_) => b"",
    });
    let (mut opened, mut closed) = (0usize, 0usize);
    for bracket in brackets {
        opened += usize::from(b"([{".contains(bracket));
        closed += usize::from(b")]}".contains(bracket));
    }
    let unbalanced = text_at.filter(|_| opened != closed).map(|at| {
        let why = format!("the format opens {opened} and closes {closed} brackets");
        event.points_at((at, at + source.len()), file, Rule::UnbalancedBrackets, &why)
    });
    repeated.into_iter().chain(trailing).chain(unbalanced)
}
