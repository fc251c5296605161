//! Every conversion against `snprintf`: edge values, every set of flags, widths and precisions, and random ones.

use printf::{Conversion, Length, Spec, Text, Value, escape_in_place};
use proptest::prelude::*;
use std::ffi::CString;
use std::mem::MaybeUninit;

fn ours(value: &Value<'_>, spec: &Spec) -> Vec<u8> {
    let mut room = [MaybeUninit::uninit(); 512];
    let mut text = Text::new(&mut room);
    text.value(value, spec);
    assert!(!text.is_cut());
    text.as_bytes().to_vec()
}

fn theirs(value: &Value<'_>, spec: &Spec) -> Vec<u8> {
    let format = CString::new(spelled(spec)).unwrap();
    let mut room = vec![0u8; 512];
    let string;
    let word = match *value {
        Value::Word(word) => word,
        Value::Str(None) => 0,
        Value::Str(Some(bytes)) => {
            string = CString::new(bytes).unwrap();
            string.as_ptr() as u64
        }
    };
    // SAFETY: the format names one argument of at most 64 bits, which is given; a string is NUL-terminated and lives.
    let len = unsafe { libc::snprintf(room.as_mut_ptr().cast(), room.len(), format.as_ptr(), word) };
    room.truncate(usize::try_from(len).unwrap());
    room
}

fn spelled(spec: &Spec) -> String {
    let flags: String =
        [(spec.left, '-'), (spec.plus, '+'), (spec.space, ' '), (spec.alternate, '#'), (spec.zero, '0')]
            .into_iter()
            .filter_map(|(on, flag)| on.then_some(flag))
            .collect();
    let width = if spec.width == 0 { String::new() } else { spec.width.to_string() };
    let precision = spec.precision.map_or(String::new(), |precision| format!(".{precision}"));
    let length = match spec.length {
        Length::Bits8 => "hh",
        Length::Bits16 => "h",
        Length::Bits32 => "",
        Length::Bits64 => "l",
    };
    let (length, letter) = match spec.conversion {
        Conversion::Signed => (length, 'd'),
        Conversion::Unsigned => (length, 'u'),
        Conversion::Octal => (length, 'o'),
        Conversion::Hex => (length, 'x'),
        Conversion::HexUpper => (length, 'X'),
        Conversion::Char => ("", 'c'),
        Conversion::Str => ("", 's'),
        Conversion::Pointer => ("", 'p'),
    };
    format!("%{flags}{width}{precision}{length}{letter}")
}

const INTEGERS: [Conversion; 5] =
    [Conversion::Signed, Conversion::Unsigned, Conversion::Octal, Conversion::Hex, Conversion::HexUpper];
const LENGTHS: [Length; 4] = [Length::Bits8, Length::Bits16, Length::Bits32, Length::Bits64];

fn specs(conversions: &[Conversion]) -> Vec<Spec> {
    let mut specs = Vec::new();
    for &conversion in conversions {
        for length in LENGTHS {
            for flags in 0..32u8 {
                for width in [0, 1, 2, 8, 20, 30] {
                    for precision in [None, Some(0), Some(1), Some(5), Some(25)] {
                        specs.push(Spec {
                            left: flags & 1 != 0,
                            plus: flags & 2 != 0,
                            space: flags & 4 != 0,
                            alternate: flags & 8 != 0,
                            zero: flags & 16 != 0,
                            width,
                            precision,
                            length,
                            conversion,
                        });
                    }
                }
            }
        }
    }
    specs
}

#[track_caller]
fn same(value: &Value<'_>, spec: &Spec) {
    let ours = ours(value, spec);
    if cfg!(miri) {
        // it has no snprintf, but looks at how ours writes
        return;
    }
    let theirs = theirs(value, spec);
    assert_eq!(
        String::from_utf8_lossy(&ours),
        String::from_utf8_lossy(&theirs),
        "{} of {value:?}",
        spelled(spec)
    );
    assert_eq!(ours, theirs);
}

#[test]
#[cfg_attr(miri, ignore)] // too many
fn integers_and_pointers_at_their_edges() {
    let edges =
        [0, 1, 7, 8, 9, 10, 99, 100, 127, 128, 255, 0x7fff, 0xffff, 0x7fff_ffff, 0x8000_0000, 0xffff_ffff];
    let wide = [0x1_0000_0000, i64::MAX as u64, i64::MIN.cast_unsigned(), u64::MAX - 9, u64::MAX];
    for spec in specs(&INTEGERS).iter().chain(&specs(&[Conversion::Pointer])) {
        for &word in edges.iter().chain(&wide) {
            same(&Value::Word(word), spec);
        }
    }
}

#[test]
#[cfg_attr(miri, ignore)] // too many
fn characters_and_strings() {
    for spec in specs(&[Conversion::Char, Conversion::Str]) {
        let values: &[Value<'_>] = match spec.conversion {
            Conversion::Char => &[Value::Word(0), Value::Word(65), Value::Word(0x1ff)],
            _ => &[
                Value::Str(None),
                Value::Str(Some(b"")),
                Value::Str(Some(b"disk")),
                Value::Str(Some(b"\xff\xfenot utf-8\x80")),
                Value::Str(Some(b"a longer string than any width here")),
            ],
        };
        // C leaves `+`, blank, `#` and `0` on these undefined; glibc pads a string with blanks all the same.
        if !(spec.plus || spec.space || spec.alternate || spec.zero) {
            for value in values {
                same(value, &spec);
            }
        }
    }
}

#[test]
fn the_short_roads_are_the_general_one() {
    for word in [0, 1, 9, 10, 99, 100, 12345, u64::from(u32::MAX), i64::MIN.cast_unsigned(), u64::MAX] {
        type Road = fn(&mut Text<'_>, u64);
        let roads: [(Road, Conversion); 4] = [
            (|text, word| text.signed(word.cast_signed()), Conversion::Signed),
            (|text, word| text.unsigned(word), Conversion::Unsigned),
            (|text, word| text.hex(word), Conversion::Hex),
            (|text, word| text.pointer(word), Conversion::Pointer),
        ];
        for (road, conversion) in roads {
            let mut room = [MaybeUninit::uninit(); 64];
            let mut text = Text::new(&mut room);
            road(&mut text, word);
            assert_eq!(
                text.as_bytes(),
                ours(&Value::Word(word), &Spec::long(conversion)),
                "{conversion:?} of {word}"
            );
        }
    }
}

#[test]
fn stars() {
    let spec = Spec::new(Conversion::Signed);
    assert_eq!(ours(&Value::Word(5), &spec.with_width(-4)), b"5   ");
    assert_eq!(ours(&Value::Word(5), &spec.with_width(4)), b"   5");
    assert_eq!(ours(&Value::Word(5), &spec.with_precision(-4)), b"5");
    assert_eq!(ours(&Value::Word(5), &spec.with_width(i32::MIN).with_width(0)), b"5");
}

#[test]
fn what_does_not_fit_is_left_out_and_told() {
    for room in 0..8 {
        let mut bytes = [MaybeUninit::uninit(); 8];
        let mut text = Text::new(&mut bytes[..room]);
        text.literal(b"ab");
        text.integer(7, &Spec { width: 3, ..Spec::new(Conversion::Unsigned) });
        text.str(Some(b"cd"));
        assert_eq!(text.as_bytes(), &b"ab  7cd"[..room.min(7)]);
        assert_eq!(text.is_cut(), room < 7);
    }
}

#[test]
fn a_cut_text_says_so_on_a_border() {
    for (string, expected) in
        [("abcdefgh", "abcdefgh"), ("abcdefghi", "abcde…"), ("abcdéfghi", "abcd…"), ("éééé€", "éé…")]
    {
        let mut room = [MaybeUninit::uninit(); 8];
        let mut text = Text::new(&mut room);
        text.str(Some(string.as_bytes()));
        text.mark_cut();
        assert_eq!(String::from_utf8_lossy(text.into_bytes()), expected, "{string}");
        let mut room = string.as_bytes().to_vec();
        let len = escape_in_place(&mut room, string.len(), 8);
        assert_eq!(String::from_utf8_lossy(&room[..len]), expected, "{string}");
    }
}

#[test]
fn a_guest_cannot_leave_its_line() {
    let mut room = [MaybeUninit::uninit(); 64];
    let mut text = Text::escaping(&mut room);
    text.str(Some(b"a\nb\r\x1b[2J\tc\x7f\x00\xc3\xa9"));
    text.integer(10, &Spec::new(Conversion::Char));
    assert_eq!(text.as_bytes(), b"a\\nb\\x0d\\x1b[2J\tc\\x7f\\x00\xc3\xa9\\n");
}

proptest! {
    #![proptest_config(ProptestConfig {
        failure_persistence: None,
        cases: if cfg!(miri) { 8 } else { 256 },
        ..ProptestConfig::default()
    })]

    /// Escaping, eight bytes at a time, against the rule said byte by byte.
    #[test]
    fn random_lines(bytes: Vec<u8>) {
        let mut room = vec![MaybeUninit::uninit(); 4 * bytes.len()];
        let mut text = Text::escaping(&mut room);
        text.str(Some(&bytes));
        let escaped: Vec<u8> = bytes.iter().flat_map(|&byte| match byte {
            b'\n' => b"\\n".to_vec(),
            0..=8 | 10..=31 | 127 => format!("\\x{byte:02x}").into_bytes(),
            _ => vec![byte],
        }).collect();
        prop_assert_eq!(text.as_bytes(), &escaped);

        // the same in its own place, whole and cut
        let mut room = vec![0; escaped.len().max(bytes.len())];
        room[..bytes.len()].copy_from_slice(&bytes);
        let len = escape_in_place(&mut room, bytes.len(), usize::MAX);
        prop_assert_eq!(&room[..len], &escaped);
        let most = escaped.len() / 2;
        room[..bytes.len()].copy_from_slice(&bytes);
        let len = escape_in_place(&mut room, bytes.len(), most);
        let kept = room[..len].strip_suffix("…".as_bytes()).unwrap_or(&room[..len]);
        prop_assert!(len <= most && most - kept.len() <= 10 && escaped.starts_with(kept), "{:?}", &room[..len]);
    }

    #[test]
    fn random_numbers(word: u64, which in 0usize..5, length in 0usize..4, flags in 0u8..32, width in 0u32..40,
                      precision in proptest::option::of(0u32..40)) {
        let spec = Spec {
            left: flags & 1 != 0, plus: flags & 2 != 0, space: flags & 4 != 0, alternate: flags & 8 != 0,
            zero: flags & 16 != 0, width, precision, length: LENGTHS[length], conversion: INTEGERS[which],
        };
        same(&Value::Word(word), &spec);
    }

    #[test]
    fn random_strings(bytes in proptest::collection::vec(1u8..=255, 0..100), left: bool, width in 0u32..120,
                      precision in proptest::option::of(0u32..120)) {
        let spec = Spec { left, width, precision, ..Spec::new(Conversion::Str) };
        same(&Value::Str(Some(&bytes)), &spec);
    }
}
