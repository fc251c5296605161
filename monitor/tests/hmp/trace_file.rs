//! The binary trace's file: one test, since a process has one. The texts are those of a QEMU that is built with it, but
//! that a file that cannot be had is told of, and the trace stays where it was.

use crate::vmm::{check, scratch};
use std::fs;

#[test]
fn the_trace_file() {
    let (one, two) = (scratch("one.trace"), scratch("two.trace"));
    let told = |path: &std::path::Path, state| format!("Trace file \"{}\" {state}.\n", path.display());
    let set = |path: &std::path::Path| format!("trace-file set {}", path.display());
    let usage =
        "trace-file on|off|flush|set [arg] -- open, close, or flush trace file, or set a new file name\n";
    check(&[
        ("trace-file", &format!("Trace file \"trace-{}\" off.\n", std::process::id())),
        ("trace-file off", ""),
        (&set(&one), ""),
        ("trace-file", &told(&one, "off")),
        ("trace-file on", ""),
        ("trace-file on", ""),
        ("trace-file", &told(&one, "on")),
        ("trace-file set", ""),
        (&set(&two), ""),
        ("trace-file", &told(&two, "on")),
        ("trace-file set /nowhere/x", "trace file /nowhere/x: No such file or directory (os error 2)\n"),
        ("trace-file", &told(&two, "on")),
        ("trace-file flush", ""),
        ("trace-file flush x", ""),
        (
            "trace-file flush x y",
            "trace-file: extraneous characters at the end of line\nTry \"help trace-file\" for more information\n",
        ),
        ("trace-file bogus", &format!("unexpected argument \"bogus\"\n{usage}")),
        ("help trace-file", usage),
        ("trace-file off", ""),
        ("trace-file", &told(&two, "off")),
    ]);
    for path in [one, two] {
        assert_eq!(fs::metadata(&path).unwrap().len(), 24, "the header alone");
        fs::remove_file(path).unwrap();
    }
}
