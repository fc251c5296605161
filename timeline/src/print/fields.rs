//! An event field by field, where its `print fmt` does not serve: `name=value name=value`.

use crate::kernel::bytes::word_at;
use crate::kernel::format::{Field, Kind};
use printf::Text;

/// The most elements of an array that are shown.
const MOST_ELEMENTS: usize = 32;

/// Writes every field. One that does not lie in the event is `?`.
pub(super) fn write(text: &mut Text<'_>, fields: &[Field], event: &[u8]) {
    for (index, field) in fields.iter().enumerate() {
        if index != 0 {
            text.literal(b" ");
        }
        text.literal(field.name.as_bytes());
        text.literal(b"=");
        if value(text, field, event).is_none() {
            text.literal(b"?");
        }
    }
}

fn value(text: &mut Text<'_>, field: &Field, event: &[u8]) -> Option<()> {
    if field.kind == Kind::Scalar {
        let word = field.word(event)?;
        if field.pointer {
            text.literal(b"0x");
            text.hex(word);
        } else if field.signed {
            text.signed(word.cast_signed());
        } else {
            text.unsigned(word);
        }
        return Some(());
    }
    if field.string {
        text.literal(field.string(event)?);
        return Some(());
    }
    let bytes = field.bytes(event)?;
    text.literal(b"{");
    for index in 0..bytes.len() / field.element.max(1) {
        if index != 0 {
            text.literal(b",");
        }
        if index == MOST_ELEMENTS {
            text.literal("…".as_bytes());
            break;
        }
        text.literal(b"0x");
        text.hex(word_at(bytes, index * field.element, field.element)?);
    }
    text.literal(b"}");
    Some(())
}
