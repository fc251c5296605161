//! A program that is traced prints what C would.

use super::{Scratch, TEXTS, generate, group};
use std::fmt::Write as _;
use std::process::Command;

/// What the program below traces.
const TRACED: &str = r#"
numbers(int8_t a, uint64_t b, bool c, unsigned long d, signed char e, uint16_t f, ssize_t g) "%d %" PRIu64 " %d %lu %d %u %zd"
words(const char *s, char *t, const char* u, void *p, const void * const *q) "%s %.3s %s %p %p"
hex(int8_t Lower, uint8_t simple_trace_hex, int64_t TRACE_HEX_DSTATE) "0x%x %02" PRIx8 " %#" PRIX64
escapes(void) "bell\a \033[0m \x4" "1 100%% \"q\" \?\\ \v\f\r\b\'\x0041\1772"
ends(int x) "cut %d\0, never printed"
quiet(int x) "%d"
disable off(int x) "%d"
"#;

/// QEMU's side, which prints who was told what.
const RECORDER: &str = r#"
#include <inttypes.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/types.h>
int trace_events_enabled_count = 1;
unsigned qemu_loglevel = 1 << 15;
uint16_t _TRACE_NUMBERS_DSTATE = 1, _TRACE_WORDS_DSTATE = 1, _TRACE_HEX_DSTATE = 256, _TRACE_ESCAPES_DSTATE = 1,
         _TRACE_ENDS_DSTATE = 65535, _TRACE_QUIET_DSTATE = 0, _TRACE_OFF_DSTATE = 1;
static void tell(const char *who, const char *fmt, va_list args)
{
    printf("%s<", who);
    vprintf(fmt, args);
    printf(">");
}
#define TELLS(who) { va_list args; va_start(args, fmt); tell(who, fmt, args); va_end(args); }
void qemu_log(const char *fmt, ...) TELLS("log")
void ftrace_write(const char *fmt, ...) TELLS("ftrace")
void syslog(int priority, const char *fmt, ...) TELLS(priority == 6 ? "syslog" : "wrong priority")
void _simple_trace_numbers(int8_t a, uint64_t b, bool c, unsigned long d, signed char e, uint16_t f, ssize_t g)
{ printf("simple<%d %" PRIu64 " %d %lu %d %u %zd>", a, b, c, d, e, f, g); }
void _simple_trace_words(const char *s, char *t, const char *u, void *p, const void *const *q)
{ printf("simple<%s %s %s %p %p>", s, t, u, p, (void *)q); }
void _simple_trace_hex(int8_t a, uint8_t b, int64_t c) { printf("simple<%d %u %" PRId64 ">", a, b, c); }
void _simple_trace_escapes(void) { printf("simple<>"); }
void _simple_trace_ends(int x) { printf("simple<%d>", x); }
void _simple_trace_quiet(int x) { printf("simple<%d>", x); }
"#;

const PROGRAM: &str = r#"
#![deny(warnings)]
mod trace { include!("traced.rs"); }
unsafe extern "C" {
    static mut qemu_loglevel: u32;
    static mut trace_events_enabled_count: i32;
}
fn main() {
    let mut bytes = *b"four\0";
    let text = bytes.as_mut_ptr().cast();
    trace::trace_numbers(-5, u64::MAX, true, std::ffi::c_ulong::MAX, -128, u16::MAX, isize::MIN);
    trace::trace_words(c"caf\xc3\xa9", text, c"raw".as_ptr(), 0x1234 as *mut (), std::ptr::dangling());
    trace::trace_hex(-1, 0xab, -1);
    trace::trace_escapes();
    trace::trace_ends(7);
    trace::trace_quiet(8);
    trace::trace_off(9);
    unsafe { qemu_loglevel = 1 };
    trace::trace_ends(10);
    unsafe { trace_events_enabled_count = 0 };
    trace::trace_ends(11);
}
"#;

#[test]
fn a_program_prints_what_c_would() {
    let numbers = "-5 18446744073709551615 1 18446744073709551615 -128 65535 -9223372036854775808";
    let (words, hex) = ("café fou raw 0x1234 0x1", "0xffffffff ab 0XFFFFFFFFFFFFFFFF");
    let escapes = "bell\x07 \x1b[0m \x041 100% \"q\" ?\\ \x0b\x0c\r\x08'A\x7f2";
    let mut expected = String::new();
    for (name, text, simple) in [
        ("numbers", numbers, numbers),
        ("words", words, "café four raw 0x1234 0x1"),
        ("hex", hex, "-1 171 -1"),
        ("escapes", escapes, ""),
        ("ends", "cut 7", "7"),
        ("ends", "cut 10", "10"),
    ] {
        if text != "cut 10" {
            let _ = write!(expected, "log<{name} {text}\n>");
        }
        let _ = write!(expected, "simple<{simple}>ftrace<{name} {text}\n>syslog<{name} {text}>");
    }
    for edition in ["2021", "2024"] {
        let scratch = Scratch::new("program", edition);
        scratch.write("traced.rs", &generate(&group(TRACED), &TEXTS, false));
        scratch.write("recorder.c", RECORDER);
        scratch.write("program.rs", PROGRAM);
        scratch.run(Command::new("cc").args(["-c", "-w", "recorder.c"]));
        let externs = ["--extern=util", "--extern=trace", "-Clink-arg=recorder.o"];
        scratch.rustc(edition, &[externs.as_slice(), &["program.rs"]].concat());
        assert_eq!(scratch.run(&mut Command::new("./program")), expected);
    }
}
