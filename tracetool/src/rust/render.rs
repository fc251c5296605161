//! The body of an event's `render`: straight-line code, one call of `printf::Text` for each part of the format.

use printf::{Conversion as Kind, Length, Spec};
use std::fmt::Write as _;
use trace_events::{Amount, Conversion, Event, Part};

/// The literal that every text of the event begins with, if a line can hold it as it is; it is printed with the name.
pub(crate) fn head(event: &Event) -> &str {
    match event.format.parts.first() {
        Some(Part::Literal(bytes)) if is_plain(bytes) => std::str::from_utf8(bytes).unwrap_or_default(),
        _ => "",
    }
}

fn is_plain(bytes: &[u8]) -> bool {
    bytes.iter().all(|byte| !byte.is_ascii_control())
}

/// Writes the body: all behind the head.
pub(crate) fn body(out: &mut String, event: &Event) {
    let mut next = 0usize;
    let mut value = || {
        let index = next;
        next += 1;
        format!("v{index}")
    };
    let parts = &event.format.parts[usize::from(!head(event).is_empty())..];
    if !event.args.is_empty() {
        let values: Vec<String> = (0..event.args.len()).map(|index| format!("v{index}")).collect();
        let _ = writeln!(out, "    let [{}] = values else {{ return }};", values.join(", "));
    }
    for part in parts {
        let call = match part {
            Part::Literal(bytes) => {
                format!(
                    "{}(b\"{}\")",
                    if is_plain(bytes) { "plain" } else { "literal" },
                    bytes.escape_ascii()
                )
            }
            Part::Conversion(conversion) => call(conversion, &mut value),
        };
        let _ = writeln!(out, "    text.{call};");
    }
}

/// One conversion: a short call where there is nothing but the kind, and the general one where there is more.
fn call(conversion: &Conversion, value: &mut impl FnMut() -> String) -> String {
    let Conversion { spec, width, precision, .. } = conversion;
    let bare = Spec { length: spec.length, ..Spec::new(spec.conversion) } == *spec;
    let wide = spec.length == Length::Bits64;
    let stars = [(*width, "with_width"), (*precision, "with_precision")];
    if bare && stars.iter().all(|(amount, _)| *amount == Amount::None) {
        match (spec.conversion, spec.length) {
            (Kind::Str, _) => return format!("str({}.str())", value()),
            (Kind::Pointer, _) => return format!("pointer({}.word())", value()),
            (Kind::Signed, Length::Bits64) => return format!("signed({}.word() as i64)", value()),
            (Kind::Signed, Length::Bits32) => return format!("signed({}.word() as i32 as i64)", value()),
            (Kind::Unsigned, Length::Bits32 | Length::Bits64) => {
                return format!("unsigned({}.word(){})", value(), narrowed(wide));
            }
            (Kind::Hex, Length::Bits32 | Length::Bits64) => {
                return format!("hex({}.word(){})", value(), narrowed(wide));
            }
            _ => {}
        }
    }
    let mut code = format!("const {{ &{} }}", literal(spec));
    for (amount, method) in stars {
        if amount == Amount::Argument {
            code = format!("&({code}).{method}({}.word() as i32)", value());
        }
    }
    let argument = value();
    if spec.conversion == Kind::Str {
        format!("string({argument}.str(), {code})")
    } else {
        format!("integer({argument}.word(), {code})")
    }
}

fn narrowed(wide: bool) -> &'static str {
    if wide { "" } else { " as u32 as u64" }
}

/// The specification as a constant.
fn literal(spec: &Spec) -> String {
    let mut fields = String::new();
    for (on, name) in [
        (spec.left, "left"),
        (spec.plus, "plus"),
        (spec.space, "space"),
        (spec.alternate, "alternate"),
        (spec.zero, "zero"),
    ] {
        if on {
            let _ = write!(fields, "{name}: true, ");
        }
    }
    if spec.width != 0 {
        let _ = write!(fields, "width: {}, ", spec.width);
    }
    if let Some(precision) = spec.precision {
        let _ = write!(fields, "precision: ::core::option::Option::Some({precision}), ");
    }
    if spec.length != Length::Bits32 {
        let _ = write!(fields, "length: vmtrace_::Length::{:?}, ", spec.length);
    }
    let base = format!("vmtrace_::Spec::new(vmtrace_::Conversion::{:?})", spec.conversion);
    if fields.is_empty() { base } else { format!("vmtrace_::Spec {{ {fields}..{base} }}") }
}
