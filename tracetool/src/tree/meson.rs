//! `trace_events_subdirs` in a meson.build: assignments and `if`s of Meson, all else passed over.

use super::condition::{Branches, Condition, Settings, all, and, is_true, not};
use super::list::{Fault, Kind, List};
use super::meson_tokens::{Kind as TokenKind, Token, tokens};

/// How deep parentheses and `not`s of a condition may lie in each other.
const DEEPEST: usize = 50;

/// Reads the list.
pub(super) fn read(text: &str, settings: &Settings) -> Result<List, Fault> {
    let tokens = tokens(text)?;
    let mut list = List::default();
    let mut branches = Branches::default();
    for statement in tokens.split(|token| token.kind == TokenKind::Newline) {
        let Some((first, rest)) = statement.split_first() else { continue };
        let at = |message: &str| (first.line, message.to_owned());
        match first.text {
            _ if first.kind != TokenKind::Word => {}
            "if" => branches.open(first.line, condition(rest, settings)),
            "elif" => branches.alternative(Some(condition(rest, settings))).map_err(at)?,
            "else" => branches.alternative(None).map_err(at)?,
            "endif" => branches.close().map_err(at)?,
            name if name == Kind::Meson.variable() => {
                let Some((operator, value)) = rest.split_first() else { continue };
                if matches!(operator.text, "=" | "+=") {
                    list.assign(operator.text == "+=", folders(value, first.line)?, &branches)?;
                }
            }
            _ => {}
        }
    }
    match branches.open_line() {
        Some(line) => Err((line, "this `if` has no `endif`".to_owned())),
        None => Ok(list),
    }
}

/// The strings of a list, or of several with `+` between them, or a single string.
fn folders(value: &[Token<'_>], line: u32) -> Result<Vec<(String, u32)>, Fault> {
    let mut folders = Vec::new();
    for token in value {
        match (token.kind, token.text) {
            (TokenKind::String, _) => folders.push((token.string(), token.line)),
            (_, "[" | "]" | "," | "+") => {}
            (_, other) => {
                let message = format!("`{other}` is not a folder in quotes: variables are not followed");
                return Err((token.line, message));
            }
        }
    }
    if value.is_empty() { Err((line, "no value".to_owned())) } else { Ok(folders) }
}

fn condition(tokens: &[Token<'_>], settings: &Settings) -> Condition {
    let mut reader = Reader { tokens, next: 0, depth: 0, settings, condition: Condition::default() };
    let value = reader.any();
    // behind it there is what this reader does not know
    let holds = if reader.next == tokens.len() { value.truth() } else { None };
    Condition { holds, ..reader.condition }
}

/// What an expression is worth.
#[derive(Clone, Debug, PartialEq)]
enum Value {
    Unknown,
    Known(String),
    List(Vec<Value>),
}

impl Value {
    fn truth(&self) -> Option<bool> {
        match self {
            Self::Known(value) => Some(is_true(value)),
            Self::Unknown | Self::List(_) => None,
        }
    }

    fn from_truth(truth: Option<bool>) -> Self {
        truth.map_or(Self::Unknown, |truth| Self::Known(truth.to_string()))
    }

    fn equals(&self, other: &Self) -> Option<bool> {
        match (self, other) {
            (Self::Known(one), Self::Known(other)) => Some(one == other),
            _ => None,
        }
    }

    /// `in`, for a list.
    fn holds(&self, what: &Self) -> Option<bool> {
        let Self::List(list) = self else { return None };
        not(all(list.iter().map(|one| not(one.equals(what)))))
    }
}

/// Reads a condition: `or`, `and`, `not`, comparisons, in Meson's order (its reference manual, "Syntax").
struct Reader<'a> {
    tokens: &'a [Token<'a>],
    next: usize,
    depth: usize,
    settings: &'a Settings,
    condition: Condition,
}

impl Reader<'_> {
    fn peek(&self) -> &str {
        // a string is no word
        self.tokens
            .get(self.next)
            .filter(|token| token.kind != TokenKind::String)
            .map_or("", |token| token.text)
    }

    fn takes(&mut self, text: &str) -> bool {
        let is_next = self.peek() == text;
        self.next += usize::from(is_next);
        is_next
    }

    fn any(&mut self) -> Value {
        let mut value = self.all();
        while self.takes("or") {
            let other = self.all();
            value = Value::from_truth(not(and(not(value.truth()), not(other.truth()))));
        }
        value
    }

    fn all(&mut self) -> Value {
        let mut value = self.comparison();
        while self.takes("and") {
            let other = self.comparison();
            value = Value::from_truth(and(value.truth(), other.truth()));
        }
        value
    }

    fn comparison(&mut self) -> Value {
        let value = self.negation();
        let truth = match self.peek() {
            "==" => {
                self.next += 1;
                value.equals(&self.negation())
            }
            "!=" => {
                self.next += 1;
                not(value.equals(&self.negation()))
            }
            "in" => {
                self.next += 1;
                self.negation().holds(&value)
            }
            "not" if self.tokens.get(self.next + 1).is_some_and(|token| token.text == "in") => {
                self.next += 2;
                not(self.negation().holds(&value))
            }
            _ => return value,
        };
        Value::from_truth(truth)
    }

    fn negation(&mut self) -> Value {
        let mut nots = 0;
        while self.takes("not") {
            nots += 1;
        }
        let value = self.primary();
        match nots {
            0 => value,
            nots if nots % 2 == 1 => Value::from_truth(not(value.truth())),
            _ => Value::from_truth(value.truth()),
        }
    }

    fn primary(&mut self) -> Value {
        let start = self.next;
        let Some(token) = self.tokens.get(start) else { return Value::Unknown };
        self.next += 1;
        let value = match (token.kind, token.text) {
            (TokenKind::Other, "(" | "[") => self.bracketed(token.text),
            (TokenKind::String, _) => Value::Known(token.string()),
            (TokenKind::Word, "true" | "false") => Value::Known(token.text.to_owned()),
            (TokenKind::Word, word) if word.starts_with(|c: char| c.is_ascii_digit()) => {
                Value::Known(word.to_owned())
            }
            (TokenKind::Word, _) => Value::Unknown,
            _ => {
                self.next = start;
                return Value::Unknown;
            }
        };
        let is_name = token.kind == TokenKind::Word && value == Value::Unknown;
        let has_more = self.skip_calls();
        if !is_name && !has_more {
            return value;
        }
        let name: String = self.tokens[start..self.next].iter().map(|token| token.text).collect();
        let value = self.settings.get(&name).map(str::to_owned);
        self.condition.names.insert(name);
        value.map_or(Value::Unknown, Value::Known)
    }

    /// What is in parentheses, or a list.
    fn bracketed(&mut self, open: &str) -> Value {
        if self.depth == DEEPEST {
            self.next = self.tokens.len();
            return Value::Unknown;
        }
        self.depth += 1;
        let mut values = Vec::new();
        while !self.takes(")") && !self.takes("]") && self.next < self.tokens.len() {
            let before = self.next;
            values.push(self.any());
            // what this reader does not know is passed over
            if !self.takes(",") && self.next == before {
                self.next += 1;
                values.push(Value::Unknown);
            }
        }
        self.depth -= 1;
        match (open, values.pop()) {
            ("(", Some(value)) if values.is_empty() => value,
            ("[", last) => Value::List(values.into_iter().chain(last).collect()),
            _ => Value::Unknown,
        }
    }

    /// `.found()`, `('x')`, `[0]`: whether there were any.
    fn skip_calls(&mut self) -> bool {
        let start = self.next;
        loop {
            match self.peek() {
                "." => self.next = (self.next + 2).min(self.tokens.len()),
                "(" | "[" => {
                    let mut depth = 0usize;
                    while self.next < self.tokens.len() {
                        match self.peek() {
                            "(" | "[" | "{" => depth += 1,
                            ")" | "]" | "}" => depth -= 1,
                            _ => {}
                        }
                        self.next += 1;
                        if depth == 0 {
                            break;
                        }
                    }
                }
                _ => return self.next > start,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A condition, what is set, and whether it holds.
    type Case = (&'static str, &'static [(&'static str, &'static str)], Option<bool>);

    fn folders_of(text: &str, set: &[(&str, &str)]) -> String {
        let list = read(text, &set.iter().copied().collect()).unwrap();
        let folders: Vec<&str> = list.folders.iter().map(|(folder, _)| folder.as_str()).collect();
        folders.join(" ")
    }

    #[test]
    fn a_list_is_read_among_all_else() {
        let text = "\
project('x', ['c', 'rust'], version: files('VERSION'), # it's a comment (
  default_options: ['a=b'])
text = '''if endif trace_events_subdirs = [
'''
trace_events_subdirs = [
  'crypto', # 'not/this'
  'qom',
]
foreach d : ['x', 'y']
  y = d.format('it\\'s') + f'@d@'
endforeach
trace_events_subdirs += 'odd\\'s' + \\
  [['a/./b', ], ]
print(trace_events_subdirs)
{ 'a': [1, 0x2] }
foreach item : [ '.' ] + trace_events_subdirs + other
endforeach
";
        assert_eq!(folders_of(text, &[]), "crypto qom odd's a/b");
    }

    #[test]
    fn conditions_choose() {
        let yes = Some(true);
        let no = Some(false);
        let cases: &[Case] = &[
            ("have_system", &[], None),
            ("have_system", &[("have_system", "true")], yes),
            ("have_system", &[("have_system", "false")], no),
            ("not have_system", &[("have_system", "false")], yes),
            ("not not a", &[("a", "true")], yes),
            ("a or b", &[("a", "true")], yes),
            ("a or b", &[("a", "false")], None),
            ("a or b and c", &[("a", "true"), ("c", "false")], yes),
            ("(a or b) and c", &[("a", "true"), ("c", "false")], no),
            ("a and (b or not c)", &[("a", "true"), ("b", "false"), ("c", "false")], yes),
            ("host_os == 'linux'", &[("host_os", "linux")], yes),
            ("host_os != 'linux'", &[("host_os", "linux")], no),
            ("not a and host_os == 'linux'", &[("host_os", "linux"), ("a", "false")], yes),
            ("host_os in ['linux', 'darwin']", &[("host_os", "darwin")], yes),
            ("host_os not in ['linux', 'darwin']", &[("host_os", "sunos")], yes),
            ("host_os not in ['linux', other]", &[("host_os", "sunos")], None),
            ("'simple' in get_option('trace_backends')", &[], None),
            ("gtk.found()", &[("gtk.found()", "false")], no),
            ("get_option( 'x y' ) == 'enabled'", &[("get_option('x y')", "enabled")], yes),
            ("d['k'].get(0, [1])", &[("d['k'].get(0,[1])", "true")], yes),
            ("'and'.contains(x)", &[], None),
            ("true", &[], yes),
            ("false or 0", &[], no),
            ("'true' == 'true' and 'or' == 'or'", &[], yes),
            ("1 + 1 == 2", &[], None),
            ("a - ", &[("a", "true")], None),
            ("", &[], None),
        ];
        for &(text, set, expected) in cases {
            let holds = condition(&tokens(text).unwrap(), &set.iter().copied().collect()).holds;
            assert_eq!(holds, expected, "{text} with {set:?}");
        }
        let text = "trace_events_subdirs = ['a']
if have_system
  if x
    trace_events_subdirs += ['b']
  elif y
    trace_events_subdirs += ['c']
  else
    trace_events_subdirs = ['d']
  endif
endif
";
        assert_eq!(folders_of(text, &[]), "a b c d");
        assert_eq!(folders_of(text, &[("have_system", "false"), ("x", "true")]), "a");
        assert_eq!(folders_of(text, &[("have_system", "true"), ("x", "true")]), "a b");
        assert_eq!(folders_of(text, &[("x", "false"), ("y", "true")]), "a c");
        assert_eq!(folders_of(text, &[("have_system", "true"), ("x", "false"), ("y", "false")]), "d");
        let names = read(text, &Settings::default()).unwrap().conditions;
        assert_eq!(names.into_iter().collect::<Vec<_>>(), ["have_system", "x", "y"]);
    }

    #[test]
    fn what_cannot_be_read_is_told_with_its_line() {
        let deep = format!("if {}a{}\nendif\n", "(".repeat(5000), ")".repeat(5000));
        assert_eq!(folders_of(&deep, &[]), "");
        for (text, line, message) in [
            ("\nendif\n", 2, "no `if`"),
            ("else\n", 1, "no `if`"),
            ("if a\nelse\nelif b\nendif\n", 3, "there was an `else`"),
            ("x = 1\nif a\n", 2, "no `endif`"),
            ("x = [\n\n", 1, "does not end"),
            ("x = ]\n", 1, "closes nothing"),
            ("\nx = 'a\n", 2, "does not end"),
            ("x = '''a\n", 1, "does not end"),
            ("trace_events_subdirs = ['a',\n dirs]\n", 2, "`dirs` is not a folder"),
            ("trace_events_subdirs =\n", 1, "no value"),
            ("trace_events_subdirs = ['..']\n", 1, "`..` is not a folder of the tree"),
            ("trace_events_subdirs = ['']\n", 1, "`` is not a folder of the tree"),
        ] {
            let (at, told) = read(text, &Settings::default()).unwrap_err();
            assert!(at == line && told.contains(message), "{text:?}: {at}: {told}");
        }
    }

    #[test]
    fn no_text_is_a_panic() {
        let words = [
            "if ",
            "not ",
            "(",
            ")",
            "[",
            "]",
            "'",
            "'''",
            "a",
            ".",
            ",",
            "\n",
            "==",
            "trace_events_subdirs",
        ];
        let mut seed = 1u32;
        for _ in 0..20_000 {
            let mut text = String::new();
            for _ in 0..12 {
                seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                text.push_str(words[(seed >> 16) as usize % words.len()]);
            }
            let _ = read(&text, &Settings::default());
        }
    }
}
