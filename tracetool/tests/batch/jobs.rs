//! Lists of jobs.

use crate::place::Place;
use std::fs::File;

const JOBS: &str = "\
# what the old Makefile called
--format=h --backends=log --group='odd name' ev/trace-events out/a.h
--format c --backend=simple,log --group=g ev/trace-events \"ev/more events\" out/sub\\ folder/a.c # both

--format=d --backends=dtrace --group=g -- ev/trace-events out/a.dtrace
";

fn place(test: &str) -> Place {
    let place = Place::new(test);
    place.write("ev/trace-events", "one(int a) \"%d\"\n");
    place.write("ev/more events", "two(int a) \"%d\"\n");
    place.write("jobs", JOBS);
    place
}

#[test]
fn each_line_is_a_call() {
    let place = place("jobs");
    let told = place.makes(&["--jobs", "jobs", "--depfile", "d"]);
    assert_eq!(told, "3 groups, 2 events, 3 outputs: 3 written, 0 unchanged\n");
    assert_eq!(place.files("out"), ["a.dtrace", "a.h", "sub folder/a.c"]);
    assert_eq!(
        place.read("d"),
        "out/a.h \\\n out/sub\\ folder/a.c \\\n out/a.dtrace: \\\n ev/trace-events \\\n ev/more\\ events \\\n jobs\n"
    );
    // what a call of its own makes
    let call =
        ["--format=c", "--backends=simple,log", "--group=g", "ev/trace-events", "ev/more events", "alone.c"];
    let status = std::process::Command::new(env!("CARGO_BIN_EXE_tracetool"))
        .current_dir(&place.0)
        .args(call)
        .status()
        .unwrap();
    assert!(status.success());
    assert_eq!(place.read("out/sub folder/a.c"), place.read("alone.c"));

    let input = File::open(place.0.join("jobs")).unwrap();
    let came = place.batch_with_input(&["--jobs", "-"], input);
    assert_eq!(came.out, "3 groups, 2 events, 3 outputs: 0 written, 3 unchanged\n", "{came:?}");
}

#[test]
fn what_is_wrong_is_told_with_its_line_and_nothing_is_made() {
    let place = place("bad-jobs");
    place.write("ev/bad", "one(int a) \"%s\"\nnonsense\n");
    let h = "--format=h --backends=log --group=g";
    let cases = [
        (
            format!("\n{h} ev/trace-events 'x\n{h} ev/trace-events -\n"),
            "jobs:2: the ' does not end on its line\njobs:3: a job's output is a file\n",
        ),
        (
            format!("--format=h --backends=log a b\n{h} --force a b\n"),
            "jobs:1: --group=NAME is missing\njobs:2: a job makes an output: leave --help and the like out of it\n",
        ),
        (
            format!("--fo=x --backends=log --group=g a b\n{h} --nosuch\n"),
            "jobs:1: tracetool: unknown format `x`",
        ),
        (
            format!("{h} ev/trace-events out/x\n{h} ev/trace-events ./out/../out/x\n"),
            "./out/../out/x would be written twice: name another output\n",
        ),
        (
            format!("{h} ev/trace-events out/x\n{h} ev/bad out/y\n{h} ev/none out/z\n"),
            "tracetool: read ev/none: No such file",
        ),
        (
            format!("{h} ev/trace-events out/x\n{h} ev/bad out/y\n{h} ev/bad out/z\n"),
            "ev/bad:1:13: error: %s takes a string, but `a` is int [conversion-kind]",
        ),
        (
            format!("{h} ev/trace-events ev/more\\ events\n"),
            "tracetool: ev/more events was not made by tracetool",
        ),
        (format!("{h} ev/trace-events ev/trace-events\n"), "tracetool: ev/trace-events is an input"),
    ];
    for (jobs, message) in cases {
        place.write("jobs", &jobs);
        let came = place.batch(&["--jobs", "jobs"]);
        assert!(!came.success && came.out.is_empty() && came.err.contains(message), "{jobs}: {came:?}");
        assert!(place.files("out").is_empty(), "{jobs}");
        if message.contains("conversion-kind") {
            assert_eq!(came.err.matches("conversion-kind").count(), 1, "told once: {came:?}");
            assert!(came.err.contains("ev/bad:2:"), "all of it: {came:?}");
        }
    }
    place.write("jobs", "\u{1}\n");
    assert!(!place.batch(&["--jobs", "jobs"]).success);
    place.write("jobs", [0xff, b'\n']);
    let came = place.batch(&["--jobs", "jobs"]);
    assert_eq!(came.err, "jobs:1: this line is not UTF-8\n");
}
