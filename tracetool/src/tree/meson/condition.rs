//! What a condition of Meson's is worth: `or`, `and`, `not`, comparisons, names and calls.

use super::super::condition::{Condition, Settings, all, and, is_true, not};
use super::tokens::{Kind as TokenKind, Token};

/// How deep parentheses and `not`s of a condition may lie in each other.
const DEEPEST: usize = 50;

/// Reads a condition, behind its `if`.
pub(super) fn condition(tokens: &[Token<'_>], settings: &Settings) -> Condition {
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
    use super::super::tokens::tokens;
    use super::*;

    /// A condition, what is set, and whether it holds.
    type Case = (&'static str, &'static [(&'static str, &'static str)], Option<bool>);

    #[test]
    fn conditions_are_mesons() {
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
    }
}
