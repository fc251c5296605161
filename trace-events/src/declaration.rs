//! One line: `[PROPERTY…] NAME(TYPE ARGUMENT, …) FORMAT`.

use crate::check;
use crate::ctype::CType;
use crate::cursor::{Cursor, is_identifier, is_word};
use crate::diagnostic::{Diagnostic, Line, Rule, Severity};
use crate::format::Format;
use crate::literals::{self, Fault, Scratch};

/// The most arguments that an event may have, as QEMU's `dtrace` and binary backends can carry.
pub const MAX_ARGUMENTS: usize = 10;

/// An event as declared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// Its name.
    pub name: String,
    /// What stands before the name.
    pub properties: Properties,
    /// Its arguments; none for `(void)`.
    pub args: Vec<Argument>,
    /// What it prints; for a `tcg` event, what it prints when the guest's code runs.
    pub format: Format,
    /// What a `tcg` event prints when the guest's code is translated, of the arguments that are not `TCGv`.
    pub translation_format: Option<Format>,
    /// All from the format's first quote to the end of the line, trailing blanks and junk with it: what QEMU's tracetool
    /// prints as the format. Empty if no quote follows the arguments.
    pub rest_of_line: String,
    /// The line of its declaration, from 1.
    pub line: u32,
    /// That line whole, for pointing into it.
    pub(crate) text: String,
    /// The bytes of the line that its name takes.
    pub(crate) name_place: (usize, usize),
}

/// The words before an event's name.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Properties {
    /// Nothing is compiled for it.
    pub disable: bool,
    /// QEMU 5: it belongs to a virtual cpu, which is passed with it.
    pub vcpu: bool,
    /// QEMU 5: it is emitted by translated code, with two formats.
    pub tcg: bool,
}

/// An argument.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Argument {
    /// Its name, which may be a reserved word of any language.
    pub name: String,
    /// Its type.
    pub ctype: CType,
}

/// How many faults of a line are told.
const MOST_FAULTS: usize = 20;

/// Reads a line that is neither blank nor a comment. The event is `None` if not even its name could be read.
pub(crate) fn read(
    line: &Line<'_>,
    diagnostics: &mut Vec<Diagnostic>,
    scratch: &mut Scratch,
) -> Option<Event> {
    let mut faults = Vec::new();
    let cursor = Cursor::new(line.text, 0);
    let event = Reader { line: line.text, cursor, faults: &mut faults, scratch }.event(line.number);
    // pointing at a place costs a walk over the line, so a line without end must not have faults without number
    faults.sort_by_key(|&(at, ..)| at);
    let faults = faults.into_iter().take(MOST_FAULTS);
    diagnostics.extend(faults.map(|(at, end, rule, message)| Diagnostic::new(line, at, end, rule, &message)));
    event
}

/// An argument with the bytes of the line that it takes.
pub(crate) struct Placed {
    pub(crate) argument: Argument,
    pub(crate) place: (usize, usize),
}

struct Reader<'a> {
    line: &'a str,
    cursor: Cursor<'a>,
    faults: &'a mut Vec<Fault>,
    scratch: &'a mut Scratch,
}

impl Reader<'_> {
    fn event(mut self, number: u32) -> Option<Event> {
        let (properties, name_place) = self.head()?;
        let mut event = Event {
            name: self.line[name_place.0..name_place.1].to_owned(),
            properties,
            args: Vec::new(),
            format: Format::default(),
            translation_format: None,
            rest_of_line: String::new(),
            line: number,
            text: self.line.to_owned(),
            name_place,
        };
        let readable_before = self.faults.len();
        let args = self.arguments();
        let args_readable =
            self.faults[readable_before..].iter().all(|(_, _, rule, _)| rule.severity() < Severity::Error);
        if let Some(args) = args {
            let rest = self.cursor.rest().trim_start();
            if rest.starts_with('"') {
                rest.trim_end_matches('\r').clone_into(&mut event.rest_of_line);
            }
            let formats = self.formats(&event, args.is_empty());
            if let Some((translation, format)) = formats {
                // a count against arguments that could not be read would only repeat the fault
                if args_readable {
                    check::formats(&args, translation.as_ref(), &format, self.faults);
                }
                event.translation_format = translation;
                event.format = format;
            }
            event.args = args.into_iter().map(|placed| placed.argument).collect();
        }
        Some(event)
    }

    /// Properties and name, up to the parenthesis.
    fn head(&mut self) -> Option<(Properties, (usize, usize))> {
        let mut properties = Properties::default();
        let mut words = 0usize;
        let has_arguments = self.line.contains('(');
        loop {
            self.cursor.skip_blanks();
            let at = self.cursor.at();
            let word = self.cursor.word();
            let end = self.cursor.at();
            if word.is_empty() {
                let what = if words == 0 { "an event's name" } else { "`(`" };
                self.fault_here(
                    Rule::Syntax,
                    format!("{what} should stand here: NAME(TYPE ARGUMENT, ...) \"FORMAT\""),
                );
                return None;
            }
            if self.cursor.eat('(') {
                if !is_identifier(word) {
                    self.faults.push((
                        at,
                        end,
                        Rule::Name,
                        format!("C could have nothing of the name `{word}`"),
                    ));
                }
                return Some((properties, (at, end)));
            }
            if self.cursor.rest().trim_start().starts_with('(') {
                let message = "the `(` stands right behind the event's name".to_owned();
                self.faults.push((end, end, Rule::Syntax, message));
                self.cursor.skip_blanks();
                self.cursor.eat('(');
                return Some((properties, (at, end)));
            }
            words += 1;
            let flag = match word {
                "disable" => &mut properties.disable,
                "vcpu" => &mut properties.vcpu,
                "tcg" => &mut properties.tcg,
                _ => {
                    // one word says enough about a line of prose
                    let (rule, message) = if has_arguments {
                        (Rule::UnknownProperty, format!("`{word}` is no property: disable, vcpu and tcg are"))
                    } else {
                        (Rule::Syntax, "this is no event: NAME(TYPE ARGUMENT, ...) \"FORMAT\"".to_owned())
                    };
                    self.faults.push((at, end, rule, message));
                    if rule == Rule::Syntax {
                        return None;
                    }
                    continue;
                }
            };
            if std::mem::replace(flag, true) {
                self.faults.push((at, end, Rule::DuplicateProperty, format!("`{word}` stands here twice")));
            }
        }
    }

    /// Behind the opening parenthesis, through the closing one. `None` if that is missing.
    fn arguments(&mut self) -> Option<Vec<Placed>> {
        let open = self.cursor.at();
        let inside = self.cursor.take_while(|c| c != ')' && c != '"');
        if !self.cursor.eat(')') {
            self.fault_here(Rule::Syntax, "a `)` should close the arguments before this".to_owned());
            return None;
        }
        if inside.trim() == "void" {
            return Some(Vec::new());
        }
        if inside.trim().is_empty() {
            let message = "an event without arguments is declared with (void)".to_owned();
            self.faults.push((open - 1, self.cursor.at(), Rule::Argument, message));
            return Some(Vec::new());
        }
        let mut args: Vec<Placed> = Vec::new();
        let mut at = open;
        for (index, text) in inside.split(',').enumerate() {
            let start = at + (text.len() - text.trim_start().len());
            let end = start + text.trim().len();
            if index == MAX_ARGUMENTS {
                let message = format!("an event has at most {MAX_ARGUMENTS} arguments");
                self.faults.push((start, open + inside.trim_end().len(), Rule::TooManyArguments, message));
                break;
            }
            if let Some(argument) = self.argument(text.trim(), start) {
                if args.iter().any(|other| other.argument.name == argument.name) {
                    let message = format!("there is an argument `{}` already", argument.name);
                    self.faults.push((start, end, Rule::DuplicateArgument, message));
                }
                args.push(Placed { argument, place: (start, end) });
            }
            at += text.len() + 1;
        }
        Some(args)
    }

    /// `TYPE NAME`, which begins at byte `at` of the line.
    fn argument(&mut self, text: &str, at: usize) -> Option<Argument> {
        let end = at + text.len().max(1);
        let mut fault = |rule, message: String| {
            self.faults.push((at, end, rule, message));
            None
        };
        if text.is_empty() {
            return fault(Rule::Argument, "an argument should stand here".to_owned());
        }
        let split = text
            .rfind(|c| !is_word(c))
            .map_or(0, |blank| blank + text[blank..].chars().next().map_or(1, char::len_utf8));
        let (ctype, name) = text.split_at(split);
        if !is_identifier(name) || ctype.trim().is_empty() {
            return fault(Rule::Argument, format!("`{text}` is not TYPE NAME"));
        }
        match CType::parse(ctype) {
            Ok(ctype) => {
                if matches!(name, "int" | "long" | "short" | "char")
                    && ctype.pointers() == 0
                    && takes_another_word(&ctype)
                {
                    let message = format!(
                        "this argument of type `{ctype}` has the name `{name}`: was its name forgotten?"
                    );
                    fault(Rule::ArgumentNamedAsType, message);
                }
                Some(Argument { name: name.to_owned(), ctype })
            }
            Err(why) => fault(Rule::UnknownType, format!("the type of `{name}`: {why}")),
        }
    }

    /// The format, or the two of a `tcg` event, and nothing behind.
    fn formats(&mut self, event: &Event, nothing_to_print: bool) -> Option<(Option<Format>, Format)> {
        self.cursor.skip_blanks();
        if self.cursor.peek() != Some('"') && !self.at_macro() {
            if nothing_to_print && self.cursor.peek().is_none() {
                self.fault_here(Rule::FormatOmitted, "no format: taken as \"\"".to_owned());
                return Some((None, Format::default()));
            }
            self.fault_here(
                Rule::MissingFormat,
                "a format in quotes should stand here; \"\" is one".to_owned(),
            );
            return None;
        }
        let first = literals::read(self.line, &mut self.cursor, self.faults, self.scratch);
        let formats = if event.properties.tcg {
            if !self.cursor.eat(',') {
                let message = "a tcg event has two formats, \"TRANSLATION\", \"EXECUTION\"".to_owned();
                self.fault_here(Rule::MissingFormat, message);
                return Some((None, first));
            }
            self.cursor.skip_blanks();
            (Some(first), literals::read(self.line, &mut self.cursor, self.faults, self.scratch))
        } else {
            (None, first)
        };
        if !self.cursor.rest().trim().is_empty() {
            let (at, end) = (self.cursor.at(), self.line.trim_end().len());
            self.faults.push((at, end, Rule::Junk, "nothing may stand behind the format".to_owned()));
        }
        Some(formats)
    }

    /// A format may begin with a macro, as nonsense it is told there.
    fn at_macro(&self) -> bool {
        self.cursor.rest().starts_with("PRI")
    }

    fn fault_here(&mut self, rule: Rule, message: String) {
        let at = self.cursor.at();
        self.faults.push((at, at, rule, message));
    }
}

/// Whether `int` or the like could be a part of the type instead of a name.
fn takes_another_word(ctype: &CType) -> bool {
    let words = ["unsigned", "signed", "long", "short"];
    ctype.spelling().split_whitespace().next_back().is_some_and(|last| words.contains(&last))
}
