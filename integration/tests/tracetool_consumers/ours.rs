//! The backend `vmtrace` by itself: what a call is in the machine's code, and that C's strings are read as far as `printf` reads them.

use crate::group::Group;
use crate::inputs::Input;
use crate::needs;
use std::process::Command;
use std::{env, fs};

/// An event at rest is a load, a test and a branch, and its arguments stay where they are. docs/tracetool.md shows it.
#[test]
fn an_event_at_rest_is_one_load_and_one_branch() {
    let test = "an_event_at_rest_is_one_load_and_one_branch";
    if !needs::are_there(test, &["cc", "objdump"], &[]) {
        return;
    }
    if !cfg!(target_arch = "x86_64") {
        return eprintln!("SKIP {test}: the code is x86's");
    }
    let input = Input::new(
        "rest",
        "blk_read(uint64_t sector, const char *why) \"sector %\"PRIu64\" for %s\"\n".into(),
    );
    let group = Group::generate(&input, &["vmtrace"], &[]).unwrap();
    group.write(
        "call.c",
        "#include \"qemu/osdep.h\"\n#include \"trace-rest.h\"\nvoid f(uint64_t, const char *);\n\
         void f(uint64_t sector, const char *why) { trace_blk_read(sector, why); }\n",
    );
    group.compile("cc", &["-std=gnu11", "-O2", "-c", "-o", "call.o"], "call.c").unwrap();
    let mut objdump = Command::new("objdump");
    objdump.args([
        "--disassemble=f",
        "--no-show-raw-insn",
        "--reloc",
        "--disassembler-options=intel",
        "call.o",
    ]);
    let output = group.run(&mut objdump).unwrap();
    let code = String::from_utf8_lossy(&output.stdout).into_owned();
    let lines = code.lines().map(str::trim);
    // both parts of the function: the way of an event that is off ends at its first `ret`
    let at_rest: Vec<&str> = lines
        .filter_map(|line| line.split_once(":\t"))
        .map(|(_, instruction)| instruction.split_whitespace().next().unwrap_or_default())
        .skip_while(|&operation| operation == "endbr64")
        .take_while(|&operation| operation != "ret")
        .collect();
    let at_rest: Vec<&str> =
        at_rest.into_iter().filter(|operation| !operation.starts_with("R_X86")).collect();
    assert_eq!(at_rest, ["mov", "test", "jne"], "{code}");
    assert!(code.contains("_TRACE_BLK_READ_STATE"), "{code}");
}

/// A page behind which nothing can be read ends with the string.
const PAGE: &str = r#"
#define _GNU_SOURCE
#include "runtime.h"
#include "trace-strings.h"
#include <sys/mman.h>

int main(void)
{
    char *page = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    char *end = page + 4096;

    if (page == MAP_FAILED || mprotect(end, 4096, PROT_NONE) != 0) {
        return 1;
    }
    memcpy(end - 5, "abcde", 5);
    runtime_start();
    runtime_set_events(true);
    trace_fixed(end - 5);
    trace_given(3, end - 3);
    trace_given(0, end);
    trace_address((char *)(uintptr_t)0x1234, end);
    memcpy(end - 5, "abcd", 5);
    trace_given(-1, end - 5);
    trace_both(8, 2, end - 2);
    return 0;
}
"#;

#[test]
fn strings_are_read_as_far_as_printf_reads_them() {
    if !needs::are_there("strings_are_read_as_far_as_printf_reads_them", &["cc"], &[]) {
        return;
    }
    let input = Input::new(
        "strings",
        "fixed(const char *s) \"%.5s|\"\ngiven(int n, const char *s) \"%.*s|\"\n\
         address(const char *s, char *t) \"%p %.0s|\"\nboth(int w, int n, const char *s) \"%*.*s|\"\n"
            .into(),
    );
    let group = Group::generate(&input, &["vmtrace"], &[]).unwrap();
    let program = group.link(PAGE).unwrap();
    group.run(&mut Command::new(program)).unwrap();
    let log = fs::read_to_string(group.folder.join("log")).unwrap();
    let expected = "fixed abcde|\ngiven cde|\ngiven |\naddress 0x1234 |\ngiven abcd|\nboth        d|\n";
    assert_eq!(log, expected);
}

/// An address that is no string's: 0x1234 would be read at the first glance.
const ADDRESSES: &str = r#"
#include "runtime.h"
#include "trace-addresses.h"
#include "vmtrace.h"

int main(void)
{
    VmtraceSetup *setup = vmtrace_setup_new();

    if (vmtrace_setup_option(setup, "trace", "*,sink=simple,sink=flight,file=trace,flight=flight") != 1
        || !vmtrace_init(setup) || vmtrace_unavailable(0)) {
        return 1;
    }
    trace_address((const char *)(uintptr_t)0x1234, 7);
    return 0;
}
"#;

/// What reads the binary trace expects a string by the declaration, and gets the digits; the flight recorder says what there is.
#[test]
fn an_addresss_record_can_be_read() {
    if !needs::are_there("an_addresss_record_can_be_read", &["cc"], &[]) {
        return;
    }
    let input = Input::new("addresses", "address(const char *at, int n) \"at %p, %d\"\n".into());
    let group = Group::generate(&input, &["vmtrace"], &[]).unwrap();
    let program = group.link(ADDRESSES).unwrap();
    group.run(&mut Command::new(program)).unwrap();
    let test = env::current_exe().unwrap();
    let vmtrace = test.ancestors().nth(2).unwrap().join("vmtrace");
    let read = |args: &[&str]| {
        let output = group.run(Command::new(&vmtrace).arg("simpletrace").args(args)).unwrap();
        String::from_utf8_lossy(&output.stdout).into_owned()
    };
    let json = read(&["--json", "trace-events", "trace"]);
    assert!(json.contains("\"0x1234\""), "{json}");
    let told = read(&["flight"]);
    assert!(told.trim().ends_with("address at 0x1234, 7"), "{told}");
}
