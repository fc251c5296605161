//! What is refused: command lines, lists, places, and trees that would have it wait.

use crate::place::Place;
use std::fs::{self, File};
use std::os::unix::fs::symlink;
use std::process::Command;

const LOG: [&str; 6] = ["--tree", "src", "--output", "out", "--backends", "log"];

#[test]
fn a_command_line_that_says_too_little_or_too_much() {
    let place = Place::with_meson_tree("usage");
    let cases: &[(&[&str], &str)] = &[
        (&[], "name a source tree with --tree, or a list of jobs with --jobs"),
        (&["--tree", "src", "--jobs", "x"], "name a source tree with --tree, or a list"),
        (&["--tree", "src"], "--output=FOLDER is missing"),
        (&["--tree", "src", "--output", "out"], "--backends=BACKEND[,BACKEND...] is missing"),
        (&["--jobs", "x", "--backends", "log"], "belong to --tree"),
        (&["src", "out"], "src belongs to no option"),
        (&["--nosuch"], "there is no option --nosuch"),
        (&["--unlisted", "perhaps"], "--unlisted is warn, deny, take or ignore, not perhaps"),
        (&["--layout", "flat"], "--layout is together or in-place, not flat"),
        (&["--set", "have_user"], "--set takes NAME=VALUE"),
        (&["--backends", "log,lgo"], "unknown backend `lgo`"),
        (&["--formats", "hh"], "unknown format `hh`"),
        (&["--tree", "none", "--output", "out", "--backends", "log"], "read none: No such file"),
        (
            &["--tree", "src/meson.build", "--output", "out", "--backends", "log"],
            "src/meson.build is not a folder",
        ),
        (
            &["--tree", "src/crypto", "--output", "out", "--backends", "log", "--except", "."],
            "src/crypto has no events",
        ),
        (
            &["--tree", "src", "--output", "out", "--backends", "log", "--list", "src/trace-events"],
            "no list of folders: it sets no variable trace-events-subdirs",
        ),
        (
            &["--tree", "src", "--output", "out", "--backends", "vmtrace,simple"],
            "the backends `vmtrace` and `simple` have no group in common",
        ),
        (
            &["--tree", "src", "--output", "out", "--backends", "vmtrace", "--bug-compatible"],
            "the backend `vmtrace` is not one of QEMU's",
        ),
        (
            &["--tree", "src", "--output", "out", "--backends", "log", "--formats", "stap"],
            "the format stap needs --binary=PATH",
        ),
    ];
    for (args, message) in cases {
        let came = place.batch(args);
        assert!(!came.success && came.out.is_empty() && came.err.contains(message), "{args:?}: {came:?}");
    }
    assert!(place.files("out").is_empty());
    let help = place.makes(&["--help"]);
    assert!(help.starts_with("usage: tracetool batch --tree TREE"), "{help}");
    let page = include_str!("../../../docs/man/tracetool.1");
    let page = &page[page.find(".Sh BATCH").unwrap()..page.find(".Sh EXIT STATUS").unwrap()];
    let options = help.split([' ', '\n', ',', '`', '=']).filter_map(|word| word.strip_prefix("--"));
    // those of a job are told elsewhere
    for option in options.filter(|option| !matches!(*option, "format" | "group")) {
        let is_there = [' ', '\n'].iter().any(|end| page.contains(&format!("Fl -{option}{end}")));
        assert!(is_there, "the manual page lacks --{option} of batch");
    }
}

#[test]
fn a_list_that_is_wrong_is_told_with_its_place() {
    let place = Place::with_meson_tree("lists");
    let cases = [
        (
            "trace_events_subdirs = ['crypto',\n 'none', 'gone']\n",
            "src/meson.build:2: `none` is listed, but holds no file trace-events\nsrc/meson.build:2: `gone` is listed",
        ),
        ("trace_events_subdirs = ['../src']\n", "src/meson.build:1: `../src` is not a folder of the tree"),
        ("if a\ntrace_events_subdirs = []\n", "src/meson.build:1: this `if` has no `endif`"),
        ("x = '''\n", "src/meson.build:1: the string that begins here does not end"),
    ];
    for (list, message) in cases {
        place.write("src/meson.build", list);
        let came = place.batch(&LOG);
        assert!(!came.success && came.err.starts_with(message), "{list}: {came:?}");
    }
    place.write("src/meson.build", "trace_events_subdirs = ['hw-usb', 'hw/usb']\n");
    place.write("src/hw-usb/trace-events", "other(void) \"\"\n");
    let came = place.batch(&LOG);
    assert!(
        !came.success
            && came.err.contains("out/trace/trace-hw_usb.h would be written twice: name another output"),
        "{came:?}"
    );
    assert!(place.files("out").is_empty());
}

#[test]
fn a_group_that_is_wrong_keeps_all_from_being_written() {
    let place = Place::with_meson_tree("wrong");
    place.write("src/crypto/trace-events", "hash(int a) \"%s\"\n");
    place.write("src/hw/usb/trace-events", "usb(\n");
    let came = place.batch(&LOG);
    assert!(!came.success && came.out.is_empty(), "{came:?}");
    assert!(came.err.contains("src/crypto/trace-events:1:14: error: "), "{came:?}");
    assert!(came.err.contains("src/hw/usb/trace-events:1:"), "{came:?}");
    assert!(place.files("out").is_empty());
    // what QEMU takes is taken
    place.write("src/hw/usb/trace-events", "usb(void) \"\"\n");
    place.makes(&[&LOG[..], &["--bug-compatible"]].concat());
}

#[test]
fn places_that_are_not_ours_are_kept() {
    let place = Place::with_meson_tree("places");
    for output in ["src", "src/hw/usb", "src/hw/usb/out"] {
        fs::create_dir_all(place.0.join(output)).unwrap();
        let came = place.batch(&["--tree", "src", "--output", output, "--backends", "log"]);
        let message = format!("{output} is a folder of the source tree");
        assert!(!came.success && came.err.contains(&message), "{output}: {came:?}");
    }
    place.write("out/trace/trace-crypto.c", "int mine;\n");
    place.write("out/crypto/trace.h/file", "");
    let came = place.batch(&LOG);
    assert!(!came.success, "{came:?}");
    assert!(came.err.contains("out/trace/trace-crypto.c was not made by tracetool"), "{came:?}");
    assert!(came.err.contains("out/crypto/trace.h is not a regular file"), "{came:?}");
    assert_eq!(place.files("out"), ["crypto/trace.h/file", "trace/trace-crypto.c"], "nothing was written");
    fs::remove_dir_all(place.0.join("out/crypto/trace.h")).unwrap();
    place.makes(&[&LOG[..], &["--force"]].concat());
    assert!(place.read("out/trace/trace-crypto.c").starts_with("/* This file is autogenerated"));
    // as QEMU's own builds lie
    place.makes(&["--tree", "src", "--output", "src/build", "--backends", "log"]);

    // an output that leads to an input
    symlink("../../src/trace-events", place.0.join("out/trace/link")).unwrap();
    fs::rename(place.0.join("out/trace/link"), place.0.join("out/trace/trace-events-all")).unwrap();
    let came = place.batch(&LOG);
    assert!(!came.success && came.err.contains("out/trace/trace-events-all is an input"), "{came:?}");
}

/// What is left for the build system goes over nothing else.
#[test]
fn a_stamp_and_a_depfile_are_kept_to_their_places() {
    let place = Place::with_meson_tree("stamps");
    place.write("empty", "");
    place.write("notes", "notes: mine\nand more\n");
    let cases: [(&[&str], &str); 8] = [
        (&["--stamp", "notes"], "notes was not made by tracetool"),
        (&["--depfile", "notes"], "notes was not made by tracetool"),
        (&["--stamp", "src/meson.build"], "src/meson.build is an input"),
        (&["--depfile", "src/trace-events"], "src/trace-events is an input"),
        (
            &["--stamp", "out/trace/trace-root.h"],
            "out/trace/trace-root.h would be written twice: name another output",
        ),
        (
            &["--depfile", "out/../out/trace/trace-root.c"],
            "trace-root.c would be written twice: name another output",
        ),
        (&["--depfile", "a", "--stamp", "./a"], "a would be written twice: name another output"),
        (&["--depfile", "a", "--stamp", "a", "--force"], "a would be written twice: name another output"),
    ];
    for (args, message) in cases {
        let came = place.batch(&[&LOG[..], args].concat());
        assert!(!came.success && came.err.contains(message), "{args:?}: {came:?}");
    }
    assert!(place.files("out").is_empty());
    for _ in 0..2 {
        place.makes(&[&LOG[..], &["--stamp", "empty", "--depfile", "dep"]].concat());
    }
    assert!(place.read("dep").starts_with("empty: \\\n "), "{}", place.read("dep"));
    place.makes(&[&LOG[..], &["--depfile", "dep"]].concat());
    place.makes(&[&LOG[..], &["--depfile", "dep"]].concat());
    place.makes(&[&LOG[..], &["--force", "--stamp", "notes"]].concat());
    assert_eq!(place.read("notes"), "");
}

/// However an output is spelled, and whatever links lead to it.
#[test]
fn one_file_is_the_output_of_one_job() {
    let place = Place::with_meson_tree("one");
    let links = [("b.h", "a.h"), ("c.h", "a.h"), ("d.h", "gone/e.h"), ("f.h", "g.h"), ("g.h", "f.h")];
    for (link, to) in links {
        symlink(to, place.0.join(link)).unwrap();
    }
    fs::create_dir_all(place.0.join("real")).unwrap();
    symlink("real", place.0.join("sub")).unwrap();
    let whole = place.0.join("a.h").to_str().unwrap().to_owned();
    let twice = "would be written twice";
    let cases = [
        ("x/../a.h", "./a.h", twice),
        ("a.h", &*whole, twice),
        ("x/y/../z.h", "x/z.h", twice),
        ("sub/j.h", "real/j.h", twice),
        ("a.h", "b.h", twice),
        ("c.h", "real/../b.h", twice),
        ("gone/e.h", "d.h", twice),
        ("a.h", "f.h", "tracetool: resolve f.h: "),
    ];
    let jobs = |outputs: &[&str]| {
        let line = |output: &&str| format!("--format=h --backends=log --group=g src/trace-events {output}\n");
        outputs.iter().map(line).collect::<String>()
    };
    let before = place.files(".").len() + 1;
    for (one, other, message) in cases {
        place.write("jobs", jobs(&[one, other]));
        let came = place.batch(&["--jobs", "jobs"]);
        assert!(!came.success && came.err.contains(message), "{one} {other}: {came:?}");
        assert_eq!(place.files(".").len(), before, "{one} {other}");
    }
    // a link alone is followed, and rests when all is as it was
    place.write("jobs", jobs(&["b.h", "h.h", "x/../i.h"]));
    for expected in ["3 written, 0 unchanged", "0 written, 3 unchanged"] {
        let told = place.makes(&["--jobs", "jobs"]);
        assert!(told.contains(expected), "{told}");
    }
    assert!(fs::symlink_metadata(place.0.join("a.h")).unwrap().is_file());
}

#[test]
fn hostile_trees_end() {
    let place = Place::with_meson_tree("hostile");
    symlink("..", place.0.join("src/hw/loop")).unwrap();
    symlink("self", place.0.join("src/self")).unwrap();
    symlink("/", place.0.join("src/hw/root")).unwrap();
    let fifo = |name: &str| Command::new("mkfifo").arg(place.0.join(name)).status().unwrap().success();
    fs::create_dir_all(place.0.join("src/pipe")).unwrap();
    assert!(fifo("src/pipe/trace-events"));
    place.makes(&LOG);

    assert!(fifo("out.pipe"));
    fs::rename(place.0.join("out.pipe"), place.0.join("out/trace/trace-root.c")).unwrap();
    let came = place.batch(&LOG);
    assert!(!came.success && came.err.contains("out/trace/trace-root.c is not a regular file"), "{came:?}");
    fs::remove_file(place.0.join("out/trace/trace-root.c")).unwrap();

    fs::remove_file(place.0.join("src/crypto/trace-events")).unwrap();
    assert!(fifo("src/crypto/trace-events"));
    let came = place.batch(&LOG);
    assert!(
        !came.success && came.err.contains("`crypto` is listed, but holds no file trace-events"),
        "{came:?}"
    );
    fs::remove_file(place.0.join("src/crypto/trace-events")).unwrap();
    File::create(place.0.join("src/crypto/trace-events")).unwrap().set_len(1 << 40).unwrap();
    let came = place.batch(&LOG);
    assert!(
        !came.success && came.err.contains("src/crypto/trace-events has more than 67108864 bytes"),
        "{came:?}"
    );

    place.write("jobs", "--format=h --backends=log --group=g src/pipe/trace-events x.h\n");
    let came = place.batch(&["--jobs", "jobs"]);
    assert!(!came.success && came.err.contains("src/pipe/trace-events is not a regular file"), "{came:?}");
}
