//! Probes of C's `sys/sdt.h`, whose arguments are where the compiler happens to have them.

use crate::probed::Folder;
use std::ffi::CString;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use usdt::{Attachment, Listener, Probe, Target, Value};

const PROGRAM: &str = r#"
#include <stdio.h>
#include <sys/sdt.h>
static short numbers[] = { -1, 2, -3, 4 };
static volatile unsigned char small = 200;
static long wide = -5000000000;
static double fraction = 0.25;
static char word[] = "word";
__attribute__((noinline)) static void hit(int first, unsigned char second, const char *string, long index)
{
    int local = first * 2;
    DTRACE_PROBE4(c, locals, local, second, string, &local - &local);
    DTRACE_PROBE4(c, statics, numbers[index], small, wide, word);
    DTRACE_PROBE3(c, constants, -7, 4000000000u, 1ull << 40);
    DTRACE_PROBE2(c, fractions, fraction, 1.5f);
    DTRACE_PROBE12(c, twelve, first, -1, 2, -3, 4, -5, 6, -7, 8, -9, 10, -11);
}
int main(void)
{
    if (getchar() == EOF) return 1;
    hit(-21, 255, "literal", 0);
    hit(1000, 0, 0, 2);
    return 0;
}
"#;

/// Compiles C; `None` if there is no compiler or no `sys/sdt.h`, which it says.
fn compile(test: &str, folder: &Path, source: &str, name: &str, options: &[&str]) -> Option<PathBuf> {
    let (input, output) = (folder.join(format!("{name}.c")), folder.join(name));
    std::fs::write(&input, source).unwrap();
    if !Command::new("cc").arg("--version").stdout(Stdio::null()).status().is_ok_and(|done| done.success()) {
        eprintln!("SKIP {test}: there is no cc");
        return None;
    }
    let done = Command::new("cc").args(options).arg("-o").args([&output, &input]).output().unwrap();
    let said = String::from_utf8_lossy(&done.stderr);
    if said.contains("sys/sdt.h") {
        eprintln!("SKIP {test}: there is no sys/sdt.h (Debian: systemtap-sdt-dev)");
        return None;
    }
    assert!(done.status.success(), "{said}");
    Some(output)
}

pub(crate) fn what_c_has() {
    use Value::{Float, Null, Signed, Unknown, Unsigned};
    let text = |string: &str, value: &Value| match value {
        Value::Text(text) => assert_eq!(text.bytes, string.as_bytes()),
        other => panic!("{other:?} is not {string}"),
    };
    let folder = Folder::new("c");
    let options: [&[&str]; 5] = [
        &["-O0"],
        &["-O2"],
        &["-O3", "-fomit-frame-pointer"],
        &["-O1", "-no-pie"],
        &["-O2", "-no-pie", "-fno-pic"],
    ];
    for (number, options) in options.into_iter().enumerate() {
        let Some(file) = compile("what_c_has", folder.path(), PROGRAM, &format!("program{number}"), options)
        else {
            return;
        };
        let mut program = Command::new(&file).stdin(Stdio::piped()).spawn().unwrap();
        let mut listener = Listener::new(0).unwrap();
        let probes = usdt::probes(&file).unwrap();
        let mut attach = |name: &str, strings: &[usize]| {
            let probe = probes.iter().find(|probe| probe.name == name).unwrap();
            // nobody may have looked at a constant before the program does
            listener.attach_bringing_in(&file, probe, Target::Process(program.id()), strings).unwrap()
        };
        let attached = [
            attach("locals", &[2]),
            attach("statics", &[3]),
            attach("constants", &[]),
            attach("fractions", &[]),
            attach("twelve", &[]),
        ];
        program.stdin.take().unwrap().write_all(b"\n").unwrap();
        assert!(program.wait().unwrap().success());
        assert!(attached.iter().all(|attached| (attached.hits(), attached.lost()) == (2, 0)), "{attached:?}");
        for [first, number, second] in [[-21, -1, 255], [1000, -3, 0]] {
            let mut next = || listener.read().expect("it was hit").values;
            let locals = next();
            assert_eq!(locals[..2], [Signed(first * 2), Unsigned(second.cast_unsigned())], "{options:?}");
            if first < 0 {
                text("literal", &locals[2]);
            } else {
                assert_eq!(locals[2], Null);
            }
            assert_eq!(locals[3], Signed(0));
            let statics = next();
            assert_eq!(statics[..3], [Signed(number), Unsigned(200), Signed(-5_000_000_000)], "{options:?}");
            text("word", &statics[3]);
            assert_eq!(next(), [Signed(-7), Unsigned(4_000_000_000), Unsigned(1 << 40)], "{options:?}");
            // gcc may name a constant by a label of its own, which no symbol table has
            let of_label = arguments(&probes, "fractions").concat().contains(".LC");
            assert_eq!(
                next(),
                if of_label { [Unknown, Unknown] } else { [Float(0.25), Float(1.5)] },
                "{options:?}"
            );
            let expected: Vec<Value> =
                [first, -1, 2, -3, 4, -5, 6, -7, 8, -9, 10, -11].into_iter().map(Signed).collect();
            assert_eq!(next(), expected, "{options:?}");
        }
        assert_eq!(listener.read(), None);
    }
}

fn arguments<'a>(probes: &'a [Probe], name: &str) -> Vec<&'a str> {
    let probe = probes.iter().find(|probe| probe.name == name).unwrap();
    probe.arguments.iter().map(|argument| argument.spelling.as_str()).collect()
}

const LIBRARY: &str = r#"
#define _SDT_HAS_SEMAPHORES 1
__attribute__((section(".probes"))) unsigned short library_called_semaphore;
#include <sys/sdt.h>
unsigned called(unsigned number)
{
    unsigned semaphore = *(volatile unsigned short *)&library_called_semaphore;
    if (semaphore) DTRACE_PROBE1(library, called, number);
    return semaphore;
}
"#;

pub(crate) fn a_library_that_is_loaded_later() {
    let folder = Folder::new("library");
    let options = ["-O2", "-fPIC", "-shared"];
    let Some(file) =
        compile("a_library_that_is_loaded_later", folder.path(), LIBRARY, "liblater.so", &options)
    else {
        return;
    };
    let mut listener = Listener::new(0).unwrap();
    let probe = usdt::probes(&file).unwrap().remove(0);
    let attached = listener.attach(&file, &probe, crate::probed::own(), &[]).unwrap();
    assert!(probe.semaphore.is_some());

    let path = CString::new(file.as_os_str().as_encoded_bytes()).unwrap();
    // SAFETY: the library has no constructors.
    let library = unsafe { libc::dlopen(path.as_ptr(), libc::RTLD_NOW) };
    assert!(!library.is_null());
    // SAFETY: the library is there.
    let called = unsafe { libc::dlsym(library, c"called".as_ptr()) };
    assert!(!called.is_null());
    // SAFETY: it is that function.
    let called: extern "C" fn(u32) -> u32 = unsafe { std::mem::transmute(called) };
    assert_eq!(called(7), 1);
    assert_eq!(listener.read().unwrap().values, [Value::Unsigned(7)]);
    drop(attached);
    assert_eq!(called(8), 0);
    assert_eq!(Attachment::new(&file, &probe, crate::probed::own()).unwrap().hits(), 0);
}
