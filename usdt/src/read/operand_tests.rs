//! Operands of every form that compilers make, and some that none does.

use super::arguments;
use super::probe::{Argument, Extend, Index, Kind, Machine, Memory, Part, Place, Segment, Symbol};
use super::register::Register;
use std::format;
use std::string::String;
use std::vec::Vec;

/// A place in few words: what the tables below have.
fn told(place: &Place) -> String {
    let symbol = |symbol: &Symbol| format!("{}{}", if symbol.low12 { "low12 " } else { "" }, symbol.name);
    match place {
        Place::Constant(value) => format!("{value}"),
        Place::Address { symbol: of, displacement: 0 } => format!("&{}", symbol(of)),
        Place::Address { symbol: of, displacement } => format!("&{} + {displacement}", symbol(of)),
        Place::Register(Part { register, shift: 0, width }) => format!("{register:?}:{width}"),
        Place::Register(Part { register, shift, width }) => format!("{register:?}>>{shift}:{width}"),
        Place::Memory(Memory { base, index, displacement, symbol: name, segment }) => {
            let segment = segment.map(|segment| format!("{segment:?}:"));
            let base = base.map(|base| format!("{base:?}"));
            let index = index.map(|Index { register, scale, extend }| {
                let extend = match extend {
                    Extend::Whole => "",
                    Extend::Unsigned32 => "u32 ",
                    Extend::Signed32 => "i32 ",
                };
                format!("{extend}{register:?}*{scale}")
            });
            let displacement = Some(format!("{displacement}")).filter(|_| *displacement != 0);
            let sum: Vec<_> =
                [base, index, name.as_ref().map(symbol), displacement].into_iter().flatten().collect();
            format!("{}[{}]", segment.unwrap_or_default(), sum.join(" + "))
        }
        Place::Other => "?".into(),
    }
}

fn check(machine: Machine, operands: &[(&str, &str)]) {
    for (operand, expected) in operands {
        let spelling = format!("-8@{operand}");
        let arguments = arguments::parse(&spelling, machine).expect("few");
        assert_eq!(arguments.len(), 1, "{operand}");
        assert_eq!(told(&arguments[0].place), *expected, "{operand}");
        assert_eq!(arguments[0].spelling, spelling);
    }
}

fn check_others(machine: Machine, operands: &[&str]) {
    let others: Vec<_> = operands.iter().map(|operand| (*operand, "?")).collect();
    check(machine, &others);
}

const OF_X86: &[(&str, &str)] = &[
    ("$5", "5"),
    ("$-5", "-5"),
    ("$0x10", "16"),
    ("$-0x10", "-16"),
    ("$010", "8"),
    ("$0", "0"),
    ("$18446744073709551615", "-1"),
    ("$name", "&name"),
    ("$name+88", "&name + 88"),
    ("$name-8", "&name + -8"),
    ("$5+3", "8"),
    ("%rax", "Rax:8"),
    ("%eax", "Rax:4"),
    ("%ax", "Rax:2"),
    ("%al", "Rax:1"),
    ("%ah", "Rax>>8:1"),
    ("%bh", "Rbx>>8:1"),
    ("%ch", "Rcx>>8:1"),
    ("%dh", "Rdx>>8:1"),
    ("%bl", "Rbx:1"),
    ("%cl", "Rcx:1"),
    ("%dl", "Rdx:1"),
    ("%sil", "Rsi:1"),
    ("%dil", "Rdi:1"),
    ("%bpl", "Rbp:1"),
    ("%spl", "Rsp:1"),
    ("%si", "Rsi:2"),
    ("%edi", "Rdi:4"),
    ("%rbp", "Rbp:8"),
    ("%rsp", "Rsp:8"),
    ("%rbx", "Rbx:8"),
    ("%ecx", "Rcx:4"),
    ("%dx", "Rdx:2"),
    ("%r8", "R8:8"),
    ("%r9d", "R9:4"),
    ("%r10w", "R10:2"),
    ("%r11b", "R11:1"),
    ("%r12l", "R12:1"),
    ("%r13", "R13:8"),
    ("%r14", "R14:8"),
    ("%r15d", "R15:4"),
    ("%xmm0", "Xmm(0):16"),
    ("%xmm31", "Xmm(31):16"),
    ("%ymm15", "Xmm(15):32"),
    ("%zmm1", "Xmm(1):64"),
    ("-20(%rbp)", "[Rbp + -20]"),
    ("(%rax)", "[Rax]"),
    ("0x18(%rsp)", "[Rsp + 24]"),
    ("(%rax,%rbx,4)", "[Rax + Rbx*4]"),
    ("8(%rax,%rbx)", "[Rax + Rbx*1 + 8]"),
    ("(,%rax,8)", "[Rax*8]"),
    ("table(,%r8,4)", "[R8*4 + table]"),
    ("-112(%rsp,%rdx,8)", "[Rsp + Rdx*8 + -112]"),
    ("-20(%ebp)", "[Rbp + -20]"),
    ("name(%rip)", "[name]"),
    ("name+4(%rip)", "[name + 4]"),
    ("16+name(%rip)", "[name + 16]"),
    ("name-8(%rip)", "[name + -8]"),
    ("name+8-4(%rip)", "[name + 4]"),
    (".LC0(%rip)", "[.LC0]"),
    ("_ZN1a1bE(%rip)", "[_ZN1a1bE]"),
    ("name.llvm.123(%rip)", "[name.llvm.123]"),
    ("16(%rip)", "[Rip + 16]"),
    ("name", "[name]"),
    ("name+12", "[name + 12]"),
    ("1234", "[1234]"),
    ("%fs:name@tpoff", "Fs:[name@tpoff]"),
    ("%fs:40", "Fs:[40]"),
    ("%gs:name@ntpoff", "Gs:[name@ntpoff]"),
    ("%fs:(%rax)", "Fs:[Rax]"),
    ("%ds:4(%rax)", "[Rax + 4]"),
    ("f@GOTPCREL(%rip)", "[f@GOTPCREL]"),
];

#[test]
fn of_x86() {
    check(Machine::X86_64, OF_X86);
    check(Machine::X86, OF_X86);
    let others = [
        "",
        "$",
        "%",
        "$%eax",
        "%e",
        "%r",
        "%r7",
        "%r16",
        "%r08",
        "%r+8",
        "%r8q",
        "%xmm",
        "%xmm32",
        "%xmm-1",
        "%xmm00",
        "%eaxx",
        "%é",
        "é(",
        "(%rax",
        "(%al)",
        "(%xmm0)",
        "()",
        "4()",
        "(rax)",
        "(%rax,%rbx,3)",
        "(%rax,%rbx,4,5)",
        "%fs:",
        "4(%rax)b",
        "a+b(%rip)",
        "a-b(%rip)",
        "-a(%rip)",
        "4a(%rip)",
        "0x(%rip)",
        "0x-1(%rip)",
        "+4(%rax)",
        "4+(%rax)",
        "--4(%rax)",
        "99999999999999999999(%rax)",
        "(%rax)(%rbx)",
        "*%rax",
    ];
    check_others(Machine::X86_64, &others);
}

#[test]
fn of_aarch64() {
    check(
        Machine::Aarch64,
        &[
            ("5", "5"),
            ("-5", "-5"),
            ("#5", "5"),
            ("0x10", "16"),
            ("x0", "X(0):8"),
            ("x30", "X(30):8"),
            ("w7", "X(7):4"),
            ("sp", "Sp:8"),
            ("wsp", "Sp:4"),
            ("fp", "X(29):8"),
            ("lr", "X(30):8"),
            ("xzr", "0"),
            ("wzr", "0"),
            ("v3", "V(3):16"),
            ("q31", "V(31):16"),
            ("d8", "V(8):8"),
            ("s1", "V(1):4"),
            ("h2", "V(2):2"),
            ("b9", "V(9):1"),
            ("[x0]", "[X(0)]"),
            ("[sp]", "[Sp]"),
            ("[sp, 8]", "[Sp + 8]"),
            ("[sp,8]", "[Sp + 8]"),
            ("[x29, -16]", "[X(29) + -16]"),
            ("[x29, #-16]", "[X(29) + -16]"),
            ("[x1, x2]", "[X(1) + X(2)*1]"),
            ("[x1, x2, lsl 3]", "[X(1) + X(2)*8]"),
            ("[x1, x2, lsl #3]", "[X(1) + X(2)*8]"),
            ("[x1, w2, sxtw 2]", "[X(1) + i32 X(2)*4]"),
            ("[x1, w2, uxtw]", "[X(1) + u32 X(2)*1]"),
            ("[x1, x2, sxtx]", "[X(1) + X(2)*1]"),
            ("[x4, #:lo12:.LANCHOR0]", "[X(4) + low12 .LANCHOR0]"),
            ("[x4, :lo12:name]", "[X(4) + low12 name]"),
            ("[x4, #:lo12:name+8]", "[X(4) + low12 name + 8]"),
        ],
    );
    let others = [
        "",
        "#",
        "x31",
        "w31",
        "x00",
        "x",
        "[",
        "[]",
        "[x0",
        "x0]",
        "[w0]",
        "[d0]",
        "[x0], 8",
        "[x0, 8]!",
        "[x0, 8, 8]",
        "[x0, w1]",
        "[x0, x1, sxtw]",
        "[x0, x1, lsl 5]",
        "[x0, x1, lsl -1]",
        "[x0, x1, ror 1]",
        "[x0, x1, lsl 1, 2]",
        "[x0, #:lo12:4]",
        "[x0, #:hi12:name]",
        "name",
        "é",
        "[é]",
        "%eax",
        "$5",
    ];
    check_others(Machine::Aarch64, &others);
}

#[test]
fn of_another_machine() {
    check(Machine::Other(21), &[("9", "?"), ("12(31)", "?")]);
}

#[test]
fn sizes_and_kinds() {
    let cases = [
        ("4@%eax", 4, Kind::Unsigned),
        ("-4@%eax", 4, Kind::Signed),
        ("8f@%rax", 8, Kind::Float),
        ("-8f@%rax", 8, Kind::Float),
        ("16f@(%rax)", 16, Kind::Float),
        ("%eax", 8, Kind::Unsigned),
        ("name@tpoff", 8, Kind::Unsigned),
        ("0@%eax", 8, Kind::Unsigned),
        ("+4@%eax", 8, Kind::Unsigned),
        ("256@%eax", 8, Kind::Unsigned),
    ];
    for (spelling, size, kind) in cases {
        let arguments = arguments::parse(spelling, Machine::X86_64).expect("few");
        let [Argument { size: is, kind: of, .. }] = arguments[..] else {
            panic!("{spelling}: {arguments:?}")
        };
        assert_eq!((is, of), (size, kind), "{spelling}");
    }
    let word = arguments::parse("%eax", Machine::X86).expect("few");
    assert_eq!(word[0].size, 4);
}

#[test]
fn constants_are_cut_to_their_size() {
    let value = |spelling| match arguments::parse(spelling, Machine::X86_64).expect("few")[0].place {
        Place::Constant(value) => value,
        ref other => panic!("{other:?}"),
    };
    assert_eq!(value("1@$-56"), 200);
    assert_eq!(value("-1@$200"), -56);
    assert_eq!(value("4@$-1"), 0xffff_ffff);
    assert_eq!(value("-4@$4294967295"), -1);
    assert_eq!(value("8@$-1"), -1);
    assert_eq!(value("-8@$18446744073709551615"), -1);
}

#[test]
fn apart_at_blanks_that_are_not_in_brackets() {
    let spelled = |text| {
        let arguments = arguments::parse(text, Machine::Aarch64).expect("few");
        arguments.into_iter().map(|argument| argument.spelling).collect::<Vec<_>>()
    };
    assert_eq!(
        spelled("-4@[sp, 44] 1@x0  8@[x1, x2, lsl 3]\t2@5 "),
        ["-4@[sp, 44]", "1@x0", "8@[x1, x2, lsl 3]", "2@5"]
    );
    assert_eq!(spelled(""), [""; 0]);
    assert_eq!(spelled("  "), [""; 0]);
    assert_eq!(spelled("-4@DWORD PTR [rbp-8] 4@5"), ["-4@DWORD PTR [rbp-8]", "4@5"]);
    assert_eq!(spelled("x0 x1 4@5 x2"), ["x0", "x1", "4@5", "x2"]);
    assert_eq!(spelled("4@[sp, 8"), ["4@[sp, 8"]);
    assert_eq!(spelled("4@sp] 4@)x0"), ["4@sp]", "4@)x0"]);
}

#[test]
fn as_many_as_there_may_be() {
    let many = |count| "4@5 ".repeat(count);
    assert_eq!(
        arguments::parse(&many(arguments::MOST), Machine::X86_64).map(|all| all.len()),
        Some(arguments::MOST)
    );
    assert_eq!(arguments::parse(&many(arguments::MOST + 1), Machine::X86_64), None);
    // What is spelled at length is no place.
    let long = arguments::parse(&format!("4@{}%eax", "0+".repeat(1 << 20)), Machine::X86_64).expect("few");
    assert_eq!(long[0].place, Place::Other);
}

#[test]
fn where_a_thread_has_its_own() {
    let arguments = arguments::parse("-4@%fs:counter@tpoff", Machine::X86_64).expect("few");
    let Place::Memory(Memory { segment, base: None::<Register>, .. }) = arguments[0].place else { panic!() };
    assert_eq!(segment, Some(Segment::Fs));
}
