//! C's `snprintf` on a parsed format: the judge of our own text.

use printf::{Length, Spec, Value};
use std::ffi::CString;
use trace_events::{Amount, Conversion, Format, Part};

/// What glibc makes of a format and at most ten arguments.
///
/// # Panics
/// If there are more arguments, or a NUL inside a string: the C side cannot have either.
#[must_use]
pub fn snprintf(format: &Format, values: &[Value<'_>]) -> Vec<u8> {
    let mut spelled = Vec::new();
    for part in &format.parts {
        match part {
            Part::Literal(bytes) => spelled.extend(bytes.iter().flat_map(|&byte| match byte {
                b'%' => b"%%".to_vec(),
                byte => vec![byte],
            })),
            Part::Conversion(conversion) => spelled.extend(spell(conversion).into_bytes()),
        }
    }
    let spelled = CString::new(spelled).expect("a format holds no NUL");
    let strings: Vec<Option<CString>> = values
        .iter()
        .map(|value| value.str().map(|bytes| CString::new(bytes).expect("a C string holds no NUL")))
        .collect();
    let mut words = [0u64; 10];
    assert!(values.len() <= words.len(), "ten arguments at most");
    for ((word, value), string) in words.iter_mut().zip(values).zip(&strings) {
        *word = match (value, string) {
            (Value::Word(word), _) => *word,
            (Value::Str(_), Some(string)) => string.as_ptr().addr() as u64,
            (Value::Str(_), None) => 0,
        };
    }
    let w = words;
    let mut room = vec![0u8; 8192];
    // SAFETY: `spelled` names at most ten arguments, each passed in 64 bits as the ABIs of 64-bit Linux pass any
    // integer or pointer; a pointer that it reads through is NULL or one of `strings`, which live.
    let len = unsafe {
        let (room, size, format) = (room.as_mut_ptr().cast(), room.len(), spelled.as_ptr());
        libc::snprintf(room, size, format, w[0], w[1], w[2], w[3], w[4], w[5], w[6], w[7], w[8], w[9])
    };
    room.truncate(usize::try_from(len).expect("snprintf fails on no format of ours"));
    room
}

fn spell(Conversion { spec, width, precision, .. }: &Conversion) -> String {
    let Spec { left, plus, space, alternate, zero, length, conversion, .. } = *spec;
    let flags: String = [(left, '-'), (plus, '+'), (space, ' '), (alternate, '#'), (zero, '0')]
        .into_iter()
        .filter_map(|(on, flag)| on.then_some(flag))
        .collect();
    let amount = |amount| match amount {
        Amount::None => String::new(),
        Amount::Fixed(fixed) => format!("{fixed}"),
        Amount::Argument => "*".to_owned(),
    };
    let precision =
        if precision == &Amount::None { String::new() } else { format!(".{}", amount(*precision)) };
    let length = match length {
        Length::Bits8 => "hh",
        Length::Bits16 => "h",
        Length::Bits32 => "",
        Length::Bits64 => "l",
    };
    let letter = match conversion {
        printf::Conversion::Signed => "d",
        printf::Conversion::Unsigned => "u",
        printf::Conversion::Octal => "o",
        printf::Conversion::Hex => "x",
        printf::Conversion::HexUpper => "X",
        printf::Conversion::Char => "c",
        printf::Conversion::Str => "s",
        printf::Conversion::Pointer => "p",
    };
    format!("%{flags}{}{precision}{length}{letter}", amount(*width))
}
