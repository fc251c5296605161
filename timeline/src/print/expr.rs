//! The expressions of a `print fmt`: parsed with C's precedence.

use super::eval;
use super::number::{CType, Number};
use super::token::Token;
use crate::kernel::format::{Field, size_of_type};

/// How deep an expression may nest: the kernel's go to about twenty, and what is read by recursion must have
/// an end.
const DEEPEST: usize = 64;

/// An expression. A field is its index in the event's format.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Expr {
    Number(Number),
    Str(Vec<u8>),
    /// `REC->field`; for an array, `__get_str(field)` and `__get_dynamic_array(field)` too.
    Field(usize),
    /// `__get_dynamic_array_len(field)`
    Length(usize),
    /// `__get_bitmask(field)`, `__get_cpumask(field)`
    Bitmask(usize),
    Unary(char, Box<Expr>),
    /// `a + b - c`: operators of one precedence, from left to right, without growing deep.
    Chain(Box<Expr>, Vec<(&'static str, Expr)>),
    Either(Box<[Expr; 3]>),
    Cast(CType, Box<Expr>),
    Index(Box<Expr>, Box<Expr>),
    /// `__print_symbolic(value, {1, "one"}, ...)`
    Symbolic(Box<Expr>, Table),
    /// `__print_flags(value, "|", {1, "one"}, ...)`
    Flags(Box<Expr>, Vec<u8>, Table),
    /// `__print_hex(bytes, length)`, `__print_hex_str`: with and without blanks.
    Hex {
        bytes: Box<Expr>,
        length: Box<Expr>,
        blanks: bool,
    },
    /// `__print_array(elements, count, size)`
    Array(Box<[Expr; 3]>),
}

/// Values and their names.
pub(super) type Table = Vec<(u64, Vec<u8>)>;

/// Reads expressions from words. Every method gives `None` for what is not understood.
pub(super) struct Parser<'a> {
    tokens: &'a [Token],
    fields: &'a [Field],
    depth: usize,
}

impl<'a> Parser<'a> {
    pub(super) const fn new(tokens: &'a [Token], fields: &'a [Field]) -> Self {
        Self { tokens, fields, depth: 0 }
    }

    pub(super) const fn at_end(&self) -> bool {
        self.tokens.is_empty()
    }

    /// One or more string literals in a row.
    pub(super) fn strings(&mut self) -> Option<Vec<u8>> {
        let mut whole = None;
        while let Some((Token::Str(part), rest)) = self.tokens.split_first() {
            whole.get_or_insert_with(Vec::new).extend_from_slice(part);
            self.tokens = rest;
        }
        whole
    }

    /// Takes `sign` if it comes next.
    pub(super) fn takes(&mut self, sign: &str) -> Option<()> {
        match self.tokens.split_first() {
            Some((Token::Sign(found), rest)) if *found == sign => {
                self.tokens = rest;
                Some(())
            }
            _ => None,
        }
    }

    /// An expression without a comma.
    pub(super) fn expression(&mut self) -> Option<Expr> {
        self.deeper(|parser| {
            let condition = parser.binary(0)?;
            if parser.takes("?").is_none() {
                return Some(condition);
            }
            let then = parser.expression()?;
            parser.takes(":")?;
            let otherwise = parser.expression()?;
            Some(Expr::Either(Box::new([condition, then, otherwise])))
        })
    }

    fn deeper<T>(&mut self, inner: impl FnOnce(&mut Self) -> Option<T>) -> Option<T> {
        if self.depth == DEEPEST {
            return None;
        }
        self.depth += 1;
        let found = inner(self);
        self.depth -= 1;
        found
    }

    fn binary(&mut self, level: usize) -> Option<Expr> {
        const LEVELS: [&[&str]; 10] = [
            &["||"],
            &["&&"],
            &["|"],
            &["^"],
            &["&"],
            &["==", "!="],
            &["<=", ">=", "<", ">"],
            &["<<", ">>"],
            &["+", "-"],
            &["*", "/", "%"],
        ];
        let Some(operators) = LEVELS.get(level) else { return self.unary() };
        let first = self.binary(level + 1)?;
        let mut others = Vec::new();
        while let Some((Token::Sign(sign), rest)) = self.tokens.split_first()
            && operators.contains(sign)
        {
            self.tokens = rest;
            others.push((*sign, self.binary(level + 1)?));
        }
        Some(if others.is_empty() { first } else { Expr::Chain(Box::new(first), others) })
    }

    fn unary(&mut self) -> Option<Expr> {
        for operator in ['-', '+', '~', '!'] {
            let mut room = [0; 4];
            if self.takes(operator.encode_utf8(&mut room)).is_some() {
                return self.deeper(|parser| Some(Expr::Unary(operator, Box::new(parser.unary()?))));
            }
        }
        if let Some(to) = self.cast() {
            return self.deeper(|parser| Some(Expr::Cast(to, Box::new(parser.unary()?))));
        }
        let whole = self.primary()?;
        if self.takes("[").is_none() {
            return Some(whole);
        }
        let index = self.expression()?;
        self.takes("]")?;
        Some(Expr::Index(Box::new(whole), Box::new(index)))
    }

    /// `(TYPE)`; takes nothing if there is none.
    fn cast(&mut self) -> Option<CType> {
        let before = self.tokens;
        self.takes("(")?;
        let found = self.ctype().and_then(|ctype| self.takes(")").map(|()| ctype));
        if found.is_none() {
            self.tokens = before;
        }
        found
    }

    fn ctype(&mut self) -> Option<CType> {
        let mut spelled = Vec::new();
        while let Some((Token::Name(word), rest)) = self.tokens.split_first() {
            spelled.push(word.as_str());
            self.tokens = rest;
        }
        let mut pointer = false;
        while self.takes("*").is_some() {
            pointer = true;
            // `char *const *`
            if let Some((Token::Name(word), rest)) = self.tokens.split_first()
                && word == "const"
            {
                self.tokens = rest;
            }
        }
        match (spelled.first()?, pointer) {
            (&("struct" | "union" | "enum" | "void" | "const"), true) => Some(CType::POINTER),
            (_, true) => size_of_type(&spelled.join(" ")).map(|_| CType::POINTER),
            (_, false) => CType::spelled(&spelled),
        }
    }

    fn primary(&mut self) -> Option<Expr> {
        if let Some(whole) = self.strings() {
            return Some(Expr::Str(whole));
        }
        let (first, rest) = self.tokens.split_first()?;
        self.tokens = rest;
        match first {
            Token::Number { value, unsigned, long, decimal } => {
                Some(Expr::Number(Number::literal(*value, *unsigned, *long, *decimal)))
            }
            Token::Char(byte) => Some(Expr::Number(Number::int(i64::from(*byte)))),
            Token::Sign("(") => {
                // `(REC)->field`
                if let [Token::Name(name), Token::Sign(")"), rest @ ..] = self.tokens
                    && name == "REC"
                {
                    self.tokens = rest;
                    return self.member();
                }
                let inside = self.expression()?;
                self.takes(")")?;
                Some(inside)
            }
            Token::Name(name) if name == "REC" => self.member(),
            Token::Name(name) => self.call(name),
            _ => None,
        }
    }

    fn member(&mut self) -> Option<Expr> {
        self.takes("->")?;
        self.field().map(Expr::Field)
    }

    fn field(&mut self) -> Option<usize> {
        let (Token::Name(name), rest) = self.tokens.split_first()? else { return None };
        self.tokens = rest;
        self.fields.iter().position(|field| field.name == *name)
    }

    fn call(&mut self, name: &str) -> Option<Expr> {
        self.takes("(")?;
        let made = match name {
            "sizeof" => Expr::Number(self.ctype()?.size_of()),
            "__get_str" | "__get_rel_str" | "__get_dynamic_array" | "__get_rel_dynamic_array" => {
                Expr::Field(self.field()?)
            }
            "__get_dynamic_array_len" | "__get_rel_dynamic_array_len" => Expr::Length(self.field()?),
            "__get_bitmask" | "__get_cpumask" | "__get_rel_bitmask" | "__get_rel_cpumask" => {
                Expr::Bitmask(self.field()?)
            }
            "__builtin_expect" => {
                let value = self.expression()?;
                self.takes(",")?;
                self.expression()?;
                value
            }
            "__print_symbolic" | "__print_symbolic_u64" => {
                let value = Box::new(self.expression()?);
                Expr::Symbolic(value, self.table()?)
            }
            "__print_flags" | "__print_flags_u64" => {
                let value = Box::new(self.expression()?);
                self.takes(",")?;
                let between = self.strings()?;
                Expr::Flags(value, between, self.table()?)
            }
            "__print_hex" | "__print_hex_str" => {
                let bytes = Box::new(self.expression()?);
                self.takes(",")?;
                let length = Box::new(self.expression()?);
                Expr::Hex { bytes, length, blanks: name == "__print_hex" }
            }
            "__print_array" => {
                let elements = self.expression()?;
                self.takes(",")?;
                let count = self.expression()?;
                self.takes(",")?;
                Expr::Array(Box::new([elements, count, self.expression()?]))
            }
            _ => return None,
        };
        self.takes(")")?;
        Some(made)
    }

    /// `, {value, "name"}` as often as it comes. The values are constants; `{ }` is the kernel's mark of an
    /// empty one.
    fn table(&mut self) -> Option<Table> {
        let mut table = Table::new();
        while self.takes(",").is_some() {
            self.takes("{")?;
            if self.takes("}").is_some() {
                continue;
            }
            let value = self.expression()?;
            self.takes(",")?;
            let name = self.strings()?;
            self.takes("}")?;
            table.push((eval::constant(&value)?.as_long(), name));
        }
        Some(table)
    }
}
