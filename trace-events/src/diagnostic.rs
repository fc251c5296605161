//! What is wrong, where, by which rule, with a caret under it.

use std::fmt;
use std::sync::Arc;

/// How much of the line before and after the place is shown.
const AROUND: usize = 100;

/// One thing that is wrong with a file. Its `Display` is what a compiler would print: place, message, rule, the line
/// and a caret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// Where.
    pub place: Place,
    /// How bad.
    pub severity: Severity,
    /// By which rule.
    pub rule: Rule,
    /// What, and where it helps, the way out.
    pub message: String,
    excerpt: Excerpt,
}

/// A place in a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The file's name as [`crate::parse`] was given it.
    pub file: Arc<str>,
    /// Line, from 1.
    pub line: u32,
    /// Column in characters, from 1.
    pub column: u32,
    /// The column behind the last character; the same as `column` where something is missing.
    pub end_column: u32,
}

/// How bad it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// Worth a look; code can be made all the same.
    Warning,
    /// No code can be made.
    Error,
}

macro_rules! rules {
    ($($(#[doc = $about:literal])+ $rule:ident = $name:literal,)*) => {
        /// The rules of the language, each with the name that is printed behind a diagnostic. The last ones are found by
        /// `tracetool check`, which knows more than one file and the sources.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Rule {
            $($(#[doc = $about])+ $rule,)*
        }

        impl Rule {
            /// Every rule.
            pub const ALL: &[Self] = &[$(Self::$rule,)*];

            /// The name, as printed in brackets.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(Self::$rule => $name,)* }
            }

            /// What it is for, in a line.
            #[must_use]
            pub fn about(self) -> &'static str {
                match self { $(Self::$rule => concat!($($about),+).trim(),)* }
            }
        }
    };
}

rules! {
    /// The line's bytes are not UTF-8.
    NotUtf8 = "not-utf8",
    /// The last line does not end.
    MissingNewline = "missing-newline",
    /// The line is not `[PROPERTY…] NAME(ARGUMENTS) FORMAT`.
    Syntax = "syntax",
    /// A word before the name that is no property.
    UnknownProperty = "unknown-property",
    /// The same property twice.
    DuplicateProperty = "duplicate-property",
    /// A name that C could not have.
    Name = "name",
    /// An argument that is empty or lacks its type or its name.
    Argument = "argument",
    /// Two arguments of one name.
    DuplicateArgument = "duplicate-argument",
    /// An argument that is named as a type: its name was probably forgotten.
    ArgumentNamedAsType = "argument-named-as-type",
    /// More arguments than the language has room for.
    TooManyArguments = "too-many-arguments",
    /// A type outside the language.
    UnknownType = "unknown-type",
    /// No format where there are arguments to print, or one too few for `tcg`.
    MissingFormat = "missing-format",
    /// No format, and nothing to print: it is taken as `""`.
    FormatOmitted = "format-omitted",
    /// A string literal that does not end.
    UnterminatedString = "unterminated-string",
    /// An escape that C does not have.
    Escape = "escape",
    /// A macro in the format that is not of the `PRI` family.
    FormatMacro = "format-macro",
    /// A macro of the `PRI` family that stands behind no `%`, and so prints its own letters.
    StrayMacro = "stray-macro",
    /// A conversion that `printf` has not, or that a trace must not have.
    UnknownConversion = "unknown-conversion",
    /// `%n`, which writes to memory.
    PercentN = "percent-n",
    /// `%m`, which prints `errno`: the sinks have made system calls of their own by then.
    PercentM = "percent-m",
    /// A conversion without an argument, or an argument without a conversion.
    ConversionCount = "conversion-count",
    /// A conversion that prints another kind of argument.
    ConversionKind = "conversion-kind",
    /// A flag or a precision that has no meaning there, as `gcc -Wformat` tells it.
    ConversionFlags = "conversion-flags",
    /// A length that is another type's of the same size: the C compiler warns, and QEMU's build ends there.
    ConversionLength = "conversion-length",
    /// A length that is right on 64-bit Linux, but not where `uint64_t` is `long long` or `size_t` is `int`.
    ConversionPortability = "conversion-portability",
    /// A signed number in hexadecimal or octal: below zero it looks like a large one.
    SignedHex = "signed-hex",
    /// A hexadecimal number without `0x` before it, unless it is one of a group as in `%02x:%02x`.
    HexPrefix = "hex-prefix",
    /// A `0x` before a decimal number, or before `%p`, which prints its own.
    StrayHexPrefix = "stray-hex-prefix",
    /// A format that opens more brackets than it closes, or the reverse (`[a, b)` is an interval).
    UnbalancedBrackets = "unbalanced-brackets",
    /// A NUL in the format, where C ends it.
    EmbeddedNul = "embedded-nul",
    /// Three characters of a format that C once read as one, as `??!`: compilers warn.
    Trigraph = "trigraph",
    /// A character of a format that turns the direction of text: compilers warn, since a reader sees another line.
    BidirectionalControl = "bidirectional-control",
    /// A format that begins with the event's own name, which every sink prints before it.
    RepeatedName = "repeated-name",
    /// A blank or a tab at the end of the format.
    TrailingBlank = "trailing-blank",
    /// A newline in the format; every sink adds its own at the end, and a line is one event's.
    Newline = "newline",
    /// Something behind the format.
    Junk = "junk",
    /// A property or a type of QEMU 5's TCG events, which only its formats `tcg-*` take.
    Tcg = "tcg",
    /// Two events of one name in a group.
    DuplicateEvent = "duplicate-event",
    /// Two events of one name in different groups: `-trace NAME` switches both.
    DuplicateAcrossGroups = "duplicate-across-groups",
    /// Two events of a group that would give one function or macro.
    NameCollision = "name-collision",
    /// A name that begins as no other of its file does.
    NamePrefix = "name-prefix",
    /// An event that no source file names.
    UnusedEvent = "unused-event",
    /// A call to an event that no file declares.
    UndeclaredEvent = "undeclared-event",
    /// A comment `# tracetool: allow RULE` that names no rule which can be switched off.
    UnknownLint = "unknown-lint",
}

/// The part of a line that is shown, at most [`AROUND`] bytes to either side, so that many faults in one long line
/// take no more memory than as many in short ones.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Excerpt {
    text: String,
    /// Characters before the caret.
    indent: String,
    carets: usize,
}

impl Diagnostic {
    /// A diagnostic for the bytes `at..end` of a line. Both are brought to the line's length, and its severity is the
    /// rule's.
    #[must_use]
    pub fn new(line: &Line<'_>, at: usize, end: usize, rule: Rule, message: &str) -> Self {
        let (at, end) = (at.min(line.text.len()), end.min(line.text.len()));
        let characters = |bytes: &[u8]| {
            let count = bytes.iter().filter(|&&byte| !is_continuation(byte)).count();
            u32::try_from(count).unwrap_or(u32::MAX)
        };
        let column = characters(&line.text.as_bytes()[..at]).saturating_add(1);
        let inside = characters(&line.text.as_bytes()[at..end.max(at)]);
        Self {
            place: Place {
                file: Arc::clone(line.file),
                line: line.number,
                column,
                end_column: column.saturating_add(inside),
            },
            severity: rule.severity(),
            rule,
            message: shown(message, MESSAGE),
            excerpt: Excerpt::new(line.text, at, end),
        }
    }
}

/// A line of a file, with what is needed to point into it.
#[derive(Clone, Copy, Debug)]
pub struct Line<'a> {
    /// The file's name.
    pub file: &'a Arc<str>,
    /// Its number, from 1.
    pub number: u32,
    /// Its text, without what ends it.
    pub text: &'a str,
}

impl Rule {
    /// The rule of a name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|rule| rule.name() == name)
    }

    /// How bad a breach of it is.
    #[must_use]
    pub const fn severity(self) -> Severity {
        match self {
            Self::ArgumentNamedAsType
            | Self::FormatOmitted
            | Self::StrayMacro
            | Self::ConversionFlags
            | Self::ConversionLength
            | Self::ConversionPortability
            | Self::SignedHex
            | Self::HexPrefix
            | Self::StrayHexPrefix
            | Self::UnbalancedBrackets
            | Self::EmbeddedNul
            | Self::Trigraph
            | Self::BidirectionalControl
            | Self::RepeatedName
            | Self::TrailingBlank
            | Self::DuplicateAcrossGroups
            | Self::NamePrefix
            | Self::UnusedEvent
            | Self::UndeclaredEvent
            | Self::UnknownLint => Severity::Warning,
            _ => Severity::Error,
        }
    }

    /// Whether QEMU's tracetool refuses what breaks it. The others it lets pass, and the C compiler or nobody sees them.
    #[must_use]
    pub const fn is_checked_by_qemu(self) -> bool {
        matches!(
            self,
            Self::NotUtf8
                | Self::MissingNewline
                | Self::Syntax
                | Self::UnknownProperty
                | Self::Argument
                | Self::TooManyArguments
                | Self::UnknownType
                | Self::PercentM
                | Self::Newline
                | Self::Tcg
        )
    }
}

impl Excerpt {
    fn new(line: &str, at: usize, end: usize) -> Self {
        let from = border(line, at.saturating_sub(AROUND));
        let to = border(line, at.saturating_add(AROUND));
        let blank = |c| if c == '\t' { '\t' } else { ' ' };
        let at = border(line, at);
        Self {
            text: shown(line[from..to].trim_end(), usize::MAX),
            indent: line[from..at].chars().map(blank).collect(),
            carets: line[at..border(line, end).clamp(at, to)].chars().count().max(1),
        }
    }
}

/// Whether a character turns the direction of text, so that a reader sees another line than there is (CVE-2021-42574).
pub(crate) fn turns_direction(c: char) -> bool {
    matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// The longest message, in characters: one may quote the file.
const MESSAGE: usize = 400;

/// What a terminal may see of a file's text: a control character other than a tab is shown as the replacement character.
fn shown(text: &str, most: usize) -> String {
    let is_odd = |c: char| (c.is_control() && c != '\t') || turns_direction(c);
    let clean = |c: char| if is_odd(c) { char::REPLACEMENT_CHARACTER } else { c };
    let mut shown: String = text.chars().take(most).map(clean).collect();
    if text.chars().nth(most).is_some() {
        shown.push('…');
    }
    shown
}

/// The nearest character border at or before a byte.
fn border(line: &str, at: usize) -> usize {
    let mut at = at.min(line.len());
    while !line.is_char_boundary(at) {
        at -= 1;
    }
    at
}

fn is_continuation(byte: u8) -> bool {
    byte & 0xc0 == 0x80
}

impl fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Place { file, line, column, .. } = &self.place;
        let severity = match self.severity {
            Severity::Warning => "warning",
            Severity::Error => "error",
        };
        writeln!(f, "{file}:{line}:{column}: {severity}: {} [{}]", self.message, self.rule.name())?;
        writeln!(f, "  {}", self.excerpt.text)?;
        write!(f, "  {}{}", self.excerpt.indent, "^".repeat(self.excerpt.carets))
    }
}
