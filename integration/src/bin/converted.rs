//! Hits probes of every conversion once, and says for each what a tracer should make of it: `NAME TEXT`. The declarations are
//! `integration/trace-events`, and `strings` for three strings of which one cannot be read.

use integration::conversions::{
    trace_conv_fixed, trace_conv_flags, trace_conv_hex, trace_conv_ints, trace_conv_mixed, trace_conv_none,
    trace_conv_octal, trace_conv_pointers, trace_conv_precision, trace_conv_sizes, trace_conv_small,
    trace_conv_stars, trace_conv_strings, trace_conv_ten, trace_conv_text, trace_conv_wrong_sign,
};
use std::io::{Write as _, stdout};
use std::ptr;

/// What is said of each, in the order of the hits.
const LINES: &str = r#"conv_none 
conv_text "quoted"	tab \ 100% é
conv_ints -1 4294967295 -9223372036854775808 18446744073709551615 -1 18446744073709551615
conv_small -128 255 -32768 65535 ffff 177777 -1 ff
conv_fixed -2147483648 4294967295 -9223372036854775808 18446744073709551615
conv_hex 0a 00FF 0xdeadbeef 0x0000000000000001 ffff888000001000
conv_octal 377 01777777777777777777777
conv_flags [-5    ] [+7] [ 7] [0xff] [-00042]
conv_precision -00000042 000000ff abc
conv_strings plain|            a "\ b\n|é                  |
conv_pointers 0x10               0x1000 0xffff888000001000  |
conv_sizes 1 -1 -2 1 a 98
conv_stars 000000ff abc 7   |
conv_mixed 1one2two
conv_ten 123456789ten
conv_wrong_sign -1 4294967295 -1 18446744073709551615
strings <fault>|<null>||text
"#;

fn main() -> std::io::Result<()> {
    trace_conv_none();
    trace_conv_text();
    trace_conv_ints(-1, u32::MAX, i64::MIN, u64::MAX, -1, u64::MAX);
    trace_conv_small(i8::MIN, u8::MAX, i16::MIN, u16::MAX, -1, u16::MAX, -1, u8::MAX);
    trace_conv_fixed(i32::MIN, u32::MAX, i64::MIN, u64::MAX);
    trace_conv_hex(10, 255, 0xdead_beef, 1, 0xffff_8880_0000_1000);
    trace_conv_octal(255, u64::MAX);
    trace_conv_flags(-5, 7, 7, 255, -42);
    trace_conv_precision(-42, 255, "abcdef");
    trace_conv_strings("plain", "a \"\\ b\\n", "é");
    trace_conv_pointers(
        ptr::without_provenance::<u8>(0x10),
        ptr::without_provenance::<u8>(0x1000),
        ptr::without_provenance::<u8>(0xffff_8880_0000_1000),
    );
    trace_conv_sizes(1, -1, -2, true, letter(b'a'), letter(b'b'));
    trace_conv_stars(8, 255, 3, "abcdef", -4, 7);
    trace_conv_mixed(1, "one", 2, "two");
    trace_conv_ten(1, 2, 3, 4, 5, 6, 7, 8, 9, "ten");
    trace_conv_wrong_sign(u32::MAX, -1, u64::MAX, -1);
    let text = usdt::Text::new(Some(b"text"));
    let empty = usdt::Text::new(Some(b""));
    usdt::probe!("qemu", "strings"; a: ptr = ptr::without_provenance::<u8>(8), b: ptr = ptr::null::<u8>(),
        c: ptr = empty.as_ptr(), d: ptr = text.as_ptr());
    stdout().write_all(LINES.as_bytes())
}

/// C's `char` has a sign on some machines.
fn letter(byte: u8) -> std::ffi::c_char {
    std::ffi::c_char::from_ne_bytes([byte])
}
