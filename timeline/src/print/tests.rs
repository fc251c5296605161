//! Whole `print fmt` lines, against what C makes of them.

use super::*;

/// An event of an `int i` = -1 at 8, a `u8 b` = 0xfe at 12, a `u64 q` at 16, `char s[8]` at 24, and a far
/// string at 32.
const FORMAT: &str = "name: made\nID: 7\nformat:\n\
    \tfield:int common_pid;\toffset:4;\tsize:4;\tsigned:1;\n\n\
    \tfield:int i;\toffset:8;\tsize:4;\tsigned:1;\n\
    \tfield:u8 b;\toffset:12;\tsize:1;\tsigned:0;\n\
    \tfield:u64 q;\toffset:16;\tsize:8;\tsigned:0;\n\
    \tfield:char s[8];\toffset:24;\tsize:8;\tsigned:0;\n\
    \tfield:__data_loc char[] far;\toffset:32;\tsize:4;\tsigned:0;\n\
    \tfield:unsigned int u;\toffset:36;\tsize:4;\tsigned:0;\n\
    \tfield:void * p;\toffset:16;\tsize:8;\tsigned:0;\n\nprint fmt: ";

fn event() -> Vec<u8> {
    let mut event = vec![0; 40];
    event[4..8].copy_from_slice(&42u32.to_le_bytes());
    event[8..12].copy_from_slice(&(-1i32).to_le_bytes());
    event[12] = 0xfe;
    event[16..24].copy_from_slice(&0x1_0000_0002u64.to_le_bytes());
    event[24..29].copy_from_slice(b"qemu\0");
    event[32..36].copy_from_slice(&(40u32 + (6 << 16)).to_le_bytes());
    event[36..40].copy_from_slice(&0x8000_0000u32.to_le_bytes());
    event.extend_from_slice(b"de\nep\0");
    event
}

fn printed(print: &str) -> (String, bool) {
    let format = Format::parse(&format!("{FORMAT}{print}")).unwrap();
    let print = Print::new("made", &format);
    (print.text(&format, &event()), print.is_fields())
}

#[test]
fn what_c_makes_of_it() {
    let table = [
        (r#""plain""#, "plain"),
        (r#""a" "b" "%%""#, "ab%"),
        (r#""%d %u %x", REC->i, REC->i, REC->b"#, "-1 4294967295 fe"),
        (r#""%lld %llx", (long long)REC->i, (u64)REC->u"#, "-1 80000000"),
        (r#""%d", (s8)REC->b"#, "-2"),
        (r#""%d", (int)(u8)REC->i"#, "255"),
        (r#""%d", (bool)REC->b"#, "1"),
        (r#""%s|%s", REC->s, __get_str(far)"#, r"qemu|de\nep"),
        (r#""%s", REC->i < 0 ? (REC->i == -4 ? "restart" : "error") : "none""#, "error"),
        // the usual arithmetic conversions: -1 becomes unsigned beside an unsigned int
        (r#""%d %d", REC->i < REC->u, REC->i < 0"#, "0 1"),
        (r#""%d", REC->i < (long)REC->u"#, "1"),
        (r#""%d", 2 + 3 * 4 - 6 / 2 % 2"#, "13"),
        (r#""%d", 10 - 3 - 2"#, "5"),
        (r#""%d", 1 << 2 | 1 << 0 & ~0 ^ 8"#, "13"),
        (r#""%x", REC->u >> 31 << 3"#, "8"),
        (r#""%d", REC->i >> 31"#, "-1"),
        (r#""%d%d%d", !REC->i, !!REC->i, 1 && 0 || 1"#, "011"),
        (r#""%d", (((1))) ? 'a' : 0"#, "97"),
        (r#""%s", __print_symbolic(REC->q & 0xff, {0, "zero"}, { 1 + 1, "t" "wo" })"#, "two"),
        (r#""%s", __print_symbolic(REC->i, { -1, "minus" })"#, "minus"),
        (r#""%s", __print_symbolic(REC->u, { -1, "minus" })"#, "0x80000000"),
        (r#""%s", __print_symbolic(REC->u, { })"#, "0x80000000"),
        (r#""%s", __print_flags(REC->q, "|", {2, "two"}, {0x4, "four"})"#, "two|0x100000000"),
        (r#""%s", __print_flags(REC->q & 0, "|", {2, "two"})"#, ""),
        (r#""%s %s", __print_hex(REC->s, 3), __print_hex_str(REC->s, REC->q & 3)"#, "71 65 6d 7165"),
        (r#""%s", __print_array(REC->s, 2, sizeof(u16))"#, "{0x6571,0x756d}"),
        (r#""%d", __get_dynamic_array_len(far) / sizeof(unsigned short)"#, "3"),
        (r#""%c%s", REC->s[0], __get_str(far)[0] ? "y" : "n""#, "qy"),
        (r#""%px %pS", REC->p, (void *)REC->q"#, "0000000100000002 0x100000002"),
        (r#""%*d|%-*d|%.*s", 4, 7, 4, 7, 2, REC->s"#, "   7|7   |qe"),
        (r#""%d", __builtin_expect(!!(REC->q), 0) ? 0 : 1"#, "0"),
        (r#""%llx", ((u64)(REC)->u << 32) | (REC)->b"#, "80000000000000fe"),
    ];
    for (print, want) in table {
        assert_eq!(printed(print), (want.to_owned(), false), "{print}");
    }
}

#[test]
fn what_is_not_understood_is_told_by_fields() {
    let fields = r"i=-1 b=254 q=4294967298 s=qemu far=de\nep u=2147483648 p=0x100000002";
    let deep = format!("\"%d\", {}1{}", "(".repeat(500), ")".repeat(500));
    let endless = format!("\"%d\", {}1", "!".repeat(500));
    let table = [
        "",
        "oops",
        r#""%d""#,
        r#""%d", 1, 2"#,
        r#""%s", ({ int x = 1; x; })"#,
        r#""%d", REC->absent"#,
        r#""%d", jiffies_to_msecs(1)"#,
        r#""%s", __print_symbolic(REC->q, { ENUMERATOR, "name" })"#,
        r#""%s", __print_symbolic(REC->q, { REC->q, "not constant" })"#,
        r#""%d", (REC->q"#,
        r#""%d", REC->q)"#,
        r#""%z", REC->q"#,
        &deep,
        &endless,
    ];
    for print in table {
        assert_eq!(printed(print), (fields.to_owned(), true), "{print}");
    }
    // understood, but not of this event
    for print in [
        r#""%d", 1 / (REC->i + 1)"#,
        r#""%s", REC->q"#,
        r#""%d", REC->s[8]"#,
        r#""%s", __print_hex(REC->s, 9)"#,
    ] {
        assert_eq!(printed(print), (fields.to_owned(), false), "{print}");
    }
}

#[test]
fn a_long_sum_is_no_deep_one() {
    let sum = format!("\"%d\", {}", vec!["1"; 50_000].join("+"));
    assert_eq!(printed(&sum).0, "50000");
}
