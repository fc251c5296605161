//! The command: what it refuses and how, where it writes, and what it prints. (QEMU's own calls are held by
//! `cargo xtask conformance`.)

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

fn scratch(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{name}-{}", std::process::id()));
    fs::create_dir_all(&folder).unwrap();
    folder
}

fn tracetool(folder: &Path, args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_tracetool")).current_dir(folder).args(args).output().unwrap()
}

const EVENT: &str = "a_b(int x) \"x %d\"\n";

/// The words of a call, split at blanks.
fn call(folder: &Path, words: &str) -> Output {
    tracetool(folder, &words.split(' ').filter(|word| !word.is_empty()).collect::<Vec<_>>())
}

/// What is wrong with a command line or with what it names, each with the first line of what is told. No output is left.
#[test]
#[allow(clippy::too_many_lines)] // it is a table
fn what_is_refused_and_how() {
    let folder = scratch("refused");
    let files: &[(&str, &[u8])] = &[
        ("e", EVENT.as_bytes()),
        ("twice", b"a_b(void) \"\"\n"),
        ("syntax", b"this is not an event\n"),
        ("vcpu", b"vcpu a(int x) \"%d\"\n"),
        ("tcgv", b"a(TCGv x) \"%d\"\n"),
        ("enabled", b"a(void) \"\"\na_enabled(void) \"\"\n"),
        ("capitals", b"a(void) \"\"\nA(void) \"\"\n"),
        ("function", b"event_get_state(void) \"\"\n"),
        ("registers", b"g_register_events(void) \"\"\n"),
        ("dashes", b"a__b(void) \"\"\na_b(void) \"\"\n"),
        ("macro", b"linux(void) \"\"\n"),
        ("notes", b"not made by tracetool\n"),
    ];
    for (name, content) in files {
        fs::write(folder.join(name), content).unwrap();
    }
    fs::create_dir_all(folder.join("folder")).unwrap();
    let usual = "--backends=log --format=h --group=g";
    let cases: &[(String, &str)] = &[
        (String::new(), "tracetool: --backends=BACKEND[,BACKEND...] is missing"),
        ("--nosuch".to_owned(), "tracetool: there is no option --nosuch"),
        ("-x".to_owned(), "tracetool: there is no option -x: options are written with two dashes"),
        ("--b=log".to_owned(), "tracetool: --b may be --backends or --binary: write more of it"),
        ("--group".to_owned(), "tracetool: the option --group needs a value"),
        ("--force=yes".to_owned(), "tracetool: the option --force takes no value"),
        ("--backends=log --format=h e out".to_owned(), "tracetool: --group=NAME is missing"),
        ("--backends=log --group=g e out".to_owned(), "tracetool: --format=FORMAT is missing"),
        (
            "--backends=log --format=hh --group=g e out".to_owned(),
            "tracetool: unknown format `hh`: --help lists those that are known",
        ),
        (
            "--backends=log,lag --format=h --group=g e out".to_owned(),
            "tracetool: unknown backend `lag`: nop, dtrace, ftrace, log, simple, syslog, ust and vmtrace are known",
        ),
        (
            "--backends=vmtrace,log --format=h --group=g e out".to_owned(),
            "tracetool: the backends `vmtrace` and `log` have no group in common: events of vmtrace go to its sink `log` when they are sent there at run time (-trace NAME,sink=log); leave `log` out",
        ),
        (
            "--backends=syslog,dtrace,vmtrace --format=c --group=g e out".to_owned(),
            "tracetool: the backends `vmtrace` and `syslog` have no group in common: events of vmtrace go to its sink `syslog` when they are sent there at run time (-trace NAME,sink=syslog); leave `syslog` out",
        ),
        (
            "--backends=vmtrace --format=h --group=g --bug-compatible e out".to_owned(),
            "tracetool: the backend `vmtrace` is not one of QEMU's: leave --bug-compatible out",
        ),
        (
            "--backends=dtrace --format=stap --group=g e out".to_owned(),
            "tracetool: the format stap needs --binary=PATH",
        ),
        (
            "--backends=dtrace --format=log-stap --group=g e out".to_owned(),
            "tracetool: the format log-stap needs --probe-prefix=NAME",
        ),
        (
            "--backends=dtrace --format=log-stap --group=g --probe-prefix=a-b e out".to_owned(),
            "tracetool: the probe prefix `a-b` cannot begin the name of a SystemTap probe: it takes names of letters, digits and `_` with dots between them, such as qemu.system.x86_64",
        ),
        (usual.to_owned(), "tracetool: name a trace-events file, and an output"),
        (format!("{usual} missing out"), "tracetool: read missing: No such file or directory (os error 2)"),
        (format!("{usual} folder out"), "tracetool: read folder: Is a directory (os error 21)"),
        (
            format!("{usual} e nowhere/out"),
            "tracetool: create nowhere/out: No such file or directory (os error 2)",
        ),
        (format!("{usual} e folder"), "tracetool: replace folder: Is a directory (os error 21)"),
        (
            format!("{usual} e ./e"),
            "tracetool: ./e is an input: name another output, or replace it with --force",
        ),
        (
            format!("{usual} e notes"),
            "tracetool: notes was not made by tracetool: name another output, or replace it with --force",
        ),
        (format!("{usual} e twice out"), "twice:1:1: error: `a_b` is declared at e:1 too [duplicate-event]"),
        (
            format!("{usual} syntax out"),
            "syntax:1:1: error: this is no event: NAME(TYPE ARGUMENT, ...) \"FORMAT\" [syntax]",
        ),
        (
            format!("{usual} vcpu out"),
            "vcpu:1:6: error: `a` has the property `vcpu`, of QEMU 5's TCG events: only the formats tcg-* take it, QEMU 7 dropped it [tcg]",
        ),
        (
            format!("{usual} tcgv out"),
            "tcgv:1:1: error: `a` has an argument of type TCGv, of QEMU 5's TCG events: only the formats tcg-* take it, QEMU 7 dropped it [tcg]",
        ),
        (
            format!("{usual} enabled out"),
            "tracetool: enabled:2: the event `a_enabled` has the name that tells whether `a` is on: rename it",
        ),
        (
            format!("{usual} capitals out"),
            "tracetool: capitals:2: the event `A` is `a` in capitals, as C's macros have them: rename it",
        ),
        (
            format!("{usual} function out"),
            "tracetool: function:1: the event `event_get_state` has a name that C or the tracing itself needs: rename it",
        ),
        (
            "--backends=dtrace --format=d --group=g dashes out".to_owned(),
            "tracetool: dashes:2: the event `a_b` has a name that C or the tracing itself needs: rename it",
        ),
        (
            "--backends=ust --format=h --group=g macro out".to_owned(),
            "tracetool: macro:1: the event `linux` has a name that C or the tracing itself needs: rename it",
        ),
        (
            format!("{usual} registers out"),
            "tracetool: registers:1: the event `g_register_events` has a name that C or the tracing itself needs: rename it",
        ),
        (
            "--backends=log --format=h --group=a\"b e out".to_owned(),
            "tracetool: `a\"b` cannot be the name of a group: it becomes part of file names; use letters, digits, `_` and `-`",
        ),
    ];
    for (words, expected) in cases {
        let came = call(&folder, words);
        let told = String::from_utf8_lossy(&came.stderr).into_owned();
        assert_eq!(told.lines().next(), Some(*expected), "{words}");
        assert_eq!((came.status.code(), came.stdout.len()), (Some(1), 0), "{words}");
        assert!(!folder.join("out").exists(), "{words}");
    }
    let left = fs::read_dir(&folder).unwrap().count();
    assert_eq!(left, files.len() + 1, "something temporary was left behind");
    for (name, content) in files {
        assert_eq!(fs::read(folder.join(name)).unwrap(), *content, "{name}");
    }
    fs::remove_dir_all(folder).unwrap();
}

#[test]
fn a_failing_run_leaves_the_old_output() {
    let folder = scratch("old");
    fs::write(folder.join("e"), EVENT).unwrap();
    assert!(call(&folder, "--backends=log --format=h --group=g e out").status.success());
    let old = fs::read(folder.join("out")).unwrap();
    fs::write(folder.join("e"), "a_b(int x) \"x %s\"\n").unwrap();
    assert_eq!(call(&folder, "--backends=log --format=h --group=g e out").status.code(), Some(1));
    assert_eq!(fs::read(folder.join("out")).unwrap(), old);
    fs::remove_dir_all(folder).unwrap();
}

#[test]
fn an_output_is_where_and_what_it_was() {
    use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
    let folder = scratch("where");
    fs::write(folder.join("e"), EVENT).unwrap();
    let make = |output: &str| call(&folder, &format!("--backends=log --format=h --group=g e {output}"));

    // an empty file is nobody's, and keeps who may read it
    fs::write(folder.join("private"), "").unwrap();
    fs::set_permissions(folder.join("private"), fs::Permissions::from_mode(0o600)).unwrap();
    symlink("private", folder.join("link")).unwrap();
    assert!(make("link").status.success());
    assert!(fs::symlink_metadata(folder.join("link")).unwrap().is_symlink());
    assert_eq!(fs::metadata(folder.join("private")).unwrap().mode() & 0o777, 0o600);

    // links to what is not there yet are followed too, one to the next
    fs::create_dir_all(folder.join("sub")).unwrap();
    symlink("sub/second", folder.join("first")).unwrap();
    symlink("../made", folder.join("sub/second")).unwrap();
    assert!(make("first").status.success());
    assert!(fs::symlink_metadata(folder.join("first")).unwrap().is_symlink());
    assert!(fs::symlink_metadata(folder.join("sub/second")).unwrap().is_symlink());
    assert!(fs::symlink_metadata(folder.join("made")).unwrap().is_file());
    symlink("round", folder.join("round")).unwrap();
    let round = make("round");
    assert!(String::from_utf8_lossy(&round.stderr).starts_with("tracetool: resolve round: "), "{round:?}");

    // what stands there and is not ours goes only by force
    fs::write(folder.join("theirs"), "theirs").unwrap();
    assert_eq!(make("theirs").status.code(), Some(1));
    assert!(call(&folder, "--force --backends=log --format=h --group=g e theirs").status.success());

    // devices stay devices, `-` is standard output, and so is no output at all, as QEMU 5 has it
    for output in ["/dev/stdout", "-", ""] {
        let came = make(output);
        assert!(came.status.success(), "{output}: {}", String::from_utf8_lossy(&came.stderr));
        assert!(came.stdout.starts_with(b"/* This file is autogenerated"), "{output}");
    }
    assert!(!folder.join("-").exists());
    let full = make("/dev/full");
    assert_eq!(
        String::from_utf8_lossy(&full.stderr),
        "tracetool: write /dev/full: No space left on device (os error 28)\n"
    );
    fs::remove_dir_all(folder).unwrap();
}

#[test]
fn line_directives_name_files_as_seen_from_here() {
    let folder = scratch("lines");
    fs::create_dir_all(folder.join("sub")).unwrap();
    fs::write(folder.join("e"), EVENT).unwrap();
    let absolute = folder.join("e");
    let words = format!("--backends=log --format=h --group=g {} sub/../sub/./out", absolute.display());
    assert!(call(&folder, &words).status.success());
    let text = fs::read_to_string(folder.join("sub/out")).unwrap();
    let lines: Vec<&str> = text.lines().filter(|line| line.starts_with("#line")).collect();
    assert_eq!(lines, ["#line 1 \"e\"", "#line 26 \"sub/out\""]);
    fs::remove_dir_all(folder).unwrap();
}

#[test]
fn help_and_version() {
    let folder = scratch("help");
    let help = call(&folder, "--help");
    assert!(help.status.success() && help.stdout.is_empty());
    let text = String::from_utf8(help.stderr).unwrap();
    for word in ["simpletrace-stap", "tcg-helper-wrapper-h", "syslog", "--bug-compatible", "--target-type"] {
        assert!(text.contains(word), "{word}");
    }
    assert!(text.lines().all(|line| line.len() <= 120));
    let version = call(&folder, "--version");
    assert_eq!(version.stdout, format!("tracetool {}\n", env!("CARGO_PKG_VERSION")).as_bytes());
    fs::remove_dir_all(folder).unwrap();
}

#[test]
fn a_backend_named_twice_is_one() {
    let folder = scratch("twice");
    fs::write(folder.join("e"), EVENT).unwrap();
    for format in ["h", "c", "rs"] {
        let make = |backends: &str| {
            call(&folder, &format!("--backends={backends} --format={format} --group=g e -")).stdout
        };
        assert_eq!(make("simple,log,simple,simple"), make("simple,log"), "{format}");
    }
    fs::remove_dir_all(folder).unwrap();
}

/// Pipes are inputs too, as QEMU's tracetool has it; what does not end is told.
#[test]
fn backends_that_are_known() {
    let folder = scratch("backends");
    let qemus = "nop, dtrace, ftrace, log, simple, syslog, ust";
    let ours = format!("{qemus}, vmtrace\n");
    for (words, expected) in [
        ("--list-backends", ours.as_str()),
        ("--bug-compatible --list-backends", &format!("{qemus}\n")),
        ("--list-backends --bug-compatible", &format!("{qemus}\n")),
        ("--check-backends --backends=vmtrace,dtrace", ""),
    ] {
        let came = call(&folder, words);
        assert_eq!((text(&came.stdout).as_str(), came.status.code()), (expected, Some(0)), "{words}");
    }
    let came = call(&folder, "--check-backends --backends=vmtrace --bug-compatible");
    assert_eq!((text(&came.stderr).as_str(), came.status.code()), ("", Some(1)));
    fs::remove_dir_all(folder).unwrap();
}

#[test]
fn inputs_may_be_pipes() {
    let folder = scratch("pipes");
    fs::write(folder.join("e"), EVENT).unwrap();
    let usual = "--backends=log --format=d --group=g";
    let expected = call(&folder, &format!("{usual} e -")).stdout;
    let mut child = Command::new(env!("CARGO_BIN_EXE_tracetool"))
        .current_dir(&folder)
        .args(usual.split(' ').chain(["/dev/stdin", "-"]))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(EVENT.as_bytes()).unwrap();
    assert_eq!(child.wait_with_output().unwrap().stdout, expected);

    let endless = call(&folder, &format!("{usual} /dev/zero out"));
    assert_eq!(
        (text(&endless.stderr).as_str(), endless.status.code()),
        ("tracetool: /dev/zero has more than 67108864 bytes\n", Some(1))
    );
    let jobs = Command::new(env!("CARGO_BIN_EXE_tracetool"))
        .args(["batch", "--jobs", "-"])
        .stdin(fs::File::open("/dev/zero").unwrap())
        .output()
        .unwrap();
    assert_eq!(text(&jobs.stderr), "tracetool: standard input has more than 67108864 bytes\n");
    fs::remove_dir_all(folder).unwrap();
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}
