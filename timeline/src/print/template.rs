//! A whole `print fmt`: a format and its arguments, made ready once and written for each event.

use super::conversion::{self, Asked};
use super::eval::eval;
use super::expr::{Expr, Parser};
use super::token::tokens;
use crate::kernel::format::Field;
use printf::Text;

/// The longest `print fmt` that is looked at, in bytes: the kernel's longest, `kvm_exit`'s, has 6 KiB.
const LONGEST: usize = 1 << 20;

/// A `print fmt` that is understood.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Template {
    pieces: Vec<Piece>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Piece {
    Literal(Vec<u8>),
    Conversion { asked: Asked, width: Option<Expr>, precision: Option<Expr>, value: Expr },
}

impl Template {
    /// Reads what follows `print fmt:`; `None` if some of it is not understood.
    pub(super) fn parse(print: &str, fields: &[Field]) -> Option<Self> {
        if print.len() > LONGEST {
            return None;
        }
        let tokens = tokens(print)?;
        let mut parser = Parser::new(&tokens, fields);
        let format = parser.strings()?;
        let mut arguments = Vec::new();
        while parser.takes(",").is_some() {
            arguments.push(parser.expression()?);
        }
        if !parser.at_end() {
            return None;
        }
        Some(Self { pieces: pieces(&format, arguments)? })
    }

    /// Writes the text of an event; `None` if the event is not what its format says, with some of it written.
    pub(super) fn write(&self, text: &mut Text<'_>, fields: &[Field], event: &[u8]) -> Option<()> {
        for piece in &self.pieces {
            match piece {
                Piece::Literal(bytes) => text.literal(bytes),
                Piece::Conversion { asked, width, precision, value } => {
                    #[allow(clippy::cast_possible_truncation)] // an `int`, as printf(3) takes it
                    let int = |expr: &Expr| Some(eval(expr, fields, event)?.number()?.bits() as i32);
                    let given = |expr: &Option<Expr>| match expr {
                        Some(expr) => int(expr).map(Some),
                        None => Some(None),
                    };
                    asked.write(text, eval(value, fields, event)?, given(width)?, given(precision)?)?;
                }
            }
        }
        Some(())
    }
}

fn pieces(format: &[u8], arguments: Vec<Expr>) -> Option<Vec<Piece>> {
    let mut arguments = arguments.into_iter();
    let mut found = Vec::new();
    let mut literal = Vec::new();
    let mut rest = format;
    while let Some((&byte, after)) = rest.split_first() {
        rest = after;
        if byte != b'%' {
            literal.push(byte);
        } else if let Some(after) = rest.strip_prefix(b"%") {
            literal.push(b'%');
            rest = after;
        } else {
            let (asked, after) = conversion::take(rest)?;
            rest = after;
            if !literal.is_empty() {
                found.push(Piece::Literal(std::mem::take(&mut literal)));
            }
            let mut next = |wanted: bool| if wanted { arguments.next().map(Some) } else { Some(None) };
            let (width, precision) = (next(asked.width_given)?, next(asked.precision_given)?);
            found.push(Piece::Conversion { asked, width, precision, value: next(true)?? });
        }
    }
    if !literal.is_empty() {
        found.push(Piece::Literal(literal));
    }
    arguments.next().is_none().then_some(found)
}
