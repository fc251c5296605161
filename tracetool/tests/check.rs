//! `tracetool check`: small trees with what is told of them, each lint on and off, and trees that wish it ill.

use serde_json::Value;
use std::fmt::Write as _;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use trace_events::Rule;
use tracetool::check::is_lint;

fn check<Arg: AsRef<std::ffi::OsStr>>(folder: &Path, args: &[Arg]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_tracetool"))
        .current_dir(folder)
        .arg("check")
        .args(args)
        .output()
        .unwrap()
}

fn cases() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/check")
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// `CASE/args` in `CASE/tree` gives `CASE/expected`. `UPDATE_EXPECT=1 cargo test` writes the latter anew.
#[test]
fn trees_are_told_of_as_expected() {
    for folder in fs::read_dir(cases()).unwrap() {
        let folder = folder.unwrap().path();
        let args = fs::read_to_string(folder.join("args")).unwrap();
        let args: Vec<&str> = args.lines().collect();
        let came = check(&folder.join("tree"), &args);
        let mut told = text(&came.stdout);
        let _ = writeln!(told, "{}status {}", text(&came.stderr), came.status.code().unwrap());
        let expected = folder.join("expected");
        if std::env::var_os("UPDATE_EXPECT").is_some() {
            fs::write(&expected, &told).unwrap();
        }
        assert_eq!(told, fs::read_to_string(&expected).unwrap(), "{}", folder.display());
    }
}

/// The rules of the JSON that comes of the tree with every lint, and the exit status.
fn rules(args: &[&str]) -> (Vec<(String, String)>, Option<i32>) {
    let args: Vec<&str> = args.iter().copied().chain(["--json", "."]).collect();
    let came = check(&cases().join("lints/tree"), &args);
    let mut found = Vec::new();
    for line in text(&came.stdout).lines() {
        let object: Value = serde_json::from_str(line).unwrap();
        let number = |key: &str| object[key].as_u64().unwrap();
        assert!(number("line") >= 1 && number("column") >= 1 && number("end_column") >= number("column"));
        let word = |key: &str| object[key].as_str().unwrap().to_owned();
        assert!(Path::new(&word("file")).starts_with("hw") && !word("message").is_empty());
        found.push((word("rule"), word("severity")));
    }
    (found, came.status.code())
}

#[test]
fn every_lint_can_be_switched() {
    let all = rules(&["--warn", "all"]).0;
    for rule in Rule::ALL.iter().copied().filter(|&rule| is_lint(rule)) {
        let name = rule.name();
        let warning = (name.to_owned(), "warning".to_owned());
        assert!(all.contains(&warning), "no case for {name}");
        assert!(rules(&["--allow", name]).0.iter().all(|(rule, _)| rule != name), "{name}");
        let (alone, status) = rules(&["--allow=all", "--warn", name]);
        assert!(!alone.is_empty() && alone.iter().all(|found| *found == warning), "{name}: {alone:?}");
        assert_eq!(status, Some(0), "{name}");
        let (denied, status) = rules(&["--allow=all", &format!("--deny={name}")]);
        assert!(
            denied.iter().all(|(rule, severity)| rule == name && severity == "error"),
            "{name}: {denied:?}"
        );
        assert_eq!((denied.len(), status), (alone.len(), Some(1)), "{name}");
    }
    assert_eq!(rules(&["--allow", "all"]), (vec![], Some(0)));
    let (denied, status) = rules(&["--warn=all", "--deny=warnings"]);
    assert!(denied.len() == all.len() && denied.iter().all(|(_, severity)| severity == "error"));
    assert_eq!(status, Some(1));
    assert_eq!(
        rules(&["--deny=signed-hex", "--allow", "tcg,all", "--warn=hex-prefix, name-prefix"]).0.len(),
        2
    );
}

#[test]
fn help_and_list_are_on_standard_output() {
    for option in ["--help", "-h", "--list"] {
        let came = check(&cases(), &[option, "nowhere"]);
        assert_eq!((came.status.code(), came.stderr.len()), (Some(0), 0), "{option}");
        assert!(text(&came.stdout).lines().all(|line| line.len() <= 140), "{option}");
        assert!(!came.stdout.is_empty());
    }
    let list = text(&check(&cases(), &["--list"]).stdout);
    for rule in Rule::ALL {
        let line = list.lines().find(|line| line.split_whitespace().next() == Some(rule.name())).unwrap();
        assert_eq!(line.contains(" error "), !is_lint(*rule), "{line}");
    }
}

#[test]
fn a_wrong_command_line_is_2() {
    let cases_of: &[(&[&str], &str)] = &[
        (&[], "name a trace-events file, or a folder"),
        (&["--nosuch", "."], "there is no option --nosuch"),
        (&["-x", "."], "there is no option -x"),
        (&["--json=x", "."], "the option --json takes no value"),
        (&["--allow"], "the option --allow needs a value"),
        (&["--allow", "nosuch", "."], "there is no rule `nosuch`"),
        (&["--allow=warnings", "."], "there is no rule `warnings`"),
        (&["--warn", "syntax", "."], "`syntax` is no lint"),
        (&["--", "--help"], "cannot read --help"),
        (&["nowhere"], "cannot read nowhere"),
        (&["--sources=nowhere", "sound/tree"], "cannot read nowhere"),
        (&["/dev/null"], "cannot read /dev/null: it is neither a file nor a folder"),
    ];
    for (args, expected) in cases_of {
        let came = check(&cases(), args);
        assert_eq!(came.status.code(), Some(2), "{args:?}");
        assert!(text(&came.stderr).contains(expected), "{args:?}: {}", text(&came.stderr));
    }
}

/// Paths that overlap are read once, however they are spelled.
#[test]
fn a_file_is_checked_once() {
    let tree = cases().join("lints/tree");
    let once = check(&tree, &["."]);
    let whole = tree.to_str().unwrap();
    let twice =
        check(&tree, &[".", "hw/disk/trace-events", "./hw", "hw/../hw/net", whole, "--sources", "hw/disk"]);
    assert_eq!(text(&once.stdout), text(&twice.stdout));
    assert_eq!(text(&once.stderr), text(&twice.stderr));
}

/// A whole tree of QEMU, where `QEMU_SRC` names one: QEMU's own tracetool takes it, so nothing there is an error, and it
/// builds, so no event is undeclared.
#[test]
fn qemus_tree_has_no_error() {
    let Some(tree) = std::env::var_os("QEMU_SRC") else {
        return eprintln!("SKIP qemus_tree_has_no_error: QEMU_SRC names no tree");
    };
    let came = check(Path::new(&tree), &["--json", "--allow=tcg", "--deny", "undeclared-event", "."]);
    let errors: Vec<String> =
        text(&came.stdout).lines().filter(|line| line.contains("\"error\"")).map(str::to_owned).collect();
    assert_eq!((came.status.code(), errors), (Some(0), vec![]), "{}", text(&came.stderr));
}

struct Scratch(PathBuf);

impl Scratch {
    fn new(name: &str) -> Self {
        let folder =
            Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("check-{name}-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        Self(folder)
    }

    fn write(&self, path: &str, bytes: impl AsRef<[u8]>) {
        let path = self.0.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

#[test]
fn links_are_not_followed() {
    let outside = Scratch::new("outside");
    outside.write("trace-events", "wrong\n");
    outside.write("x.c", "trace_a();\n");
    let tree = Scratch::new("links");
    tree.write("trace-events", "a(void) \"\"\n");
    let link = |from: &str, to: &Path| std::os::unix::fs::symlink(to, tree.0.join(from)).unwrap();
    link("loop", &tree.0);
    link("dead", Path::new("nowhere"));
    link("self.c", Path::new("self.c"));
    link("outside", &outside.0);
    link("x.c", &outside.0.join("x.c"));
    fs::create_dir(tree.0.join("sub")).unwrap();
    link("sub/trace-events", &outside.0.join("trace-events"));
    let came = check(&tree.0, &["--json", "."]);
    assert_eq!(text(&came.stdout).lines().count(), 1, "{}", text(&came.stdout));
    assert!(text(&came.stdout).contains("unused-event"));
    assert_eq!(text(&came.stderr), "1 file, 1 event, 0 errors, 1 warning\n");
    // what is named is followed
    let named = check(&tree.0, &["--json", "sub/trace-events", "loop"]);
    assert_eq!(text(&named.stderr), "2 files, 1 event, 1 error, 1 warning\n");
}

#[test]
fn what_cannot_be_read_is_told() {
    let tree = Scratch::new("hostile");
    tree.write("good/trace-events", "a(void) \"\"\n");
    tree.write("good/a.c", "#include \"trace.h\"\ntrace_a(); trace_b();\n");
    for fifo in ["fifo/trace-events", "fifo.c"] {
        let path = tree.0.join(fifo);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        assert!(Command::new("mkfifo").arg(path).status().unwrap().success());
    }
    for (path, size) in [("huge/trace-events", (4 << 20) + 1), ("huge.c", (64 << 20) + 1)] {
        tree.write(path, "");
        fs::File::options().write(true).open(tree.0.join(path)).unwrap().set_len(size).unwrap();
    }
    let locked = tree.0.join("locked");
    fs::create_dir(&locked).unwrap();
    fs::set_permissions(&locked, std::os::unix::fs::PermissionsExt::from_mode(0o0)).unwrap();
    // root reads everything
    let is_locked = fs::read_dir(&locked).is_err();
    let came = check(&tree.0, &["--json", "."]);
    fs::set_permissions(&locked, std::os::unix::fs::PermissionsExt::from_mode(0o700)).unwrap();
    let told = text(&came.stderr);
    assert_eq!(came.status.code(), Some(2), "{told}");
    for expected in [
        "cannot read fifo/trace-events: it is neither a file nor a folder",
        "cannot read fifo.c: it is neither a file nor a folder",
        "cannot read huge/trace-events: it has more than 4 MiB",
        "cannot read huge.c: it has more than 64 MiB",
    ] {
        assert!(told.contains(expected), "{told}");
    }
    assert_eq!(told.contains("cannot read locked: "), is_locked, "{told}");
    assert!(text(&came.stdout).contains("undeclared-event"), "the rest is checked all the same");
}

/// A slip in a folder's name must not pass for a tree without fault.
#[test]
fn a_folder_that_declares_nothing_is_told() {
    let tree = Scratch::new("nothing");
    tree.write("hw/disk/trace-events", "a(void) \"\"\n");
    tree.write("hw/disk/a.c", "trace_a();\n");
    tree.write("docs/notes", "");
    let nothing = |folder: &str| {
        format!("tracetool check: cannot read {folder}: there is no file trace-events in it, nor below it\n")
    };
    let cases: [(&[&str], String, &str, i32); 6] = [
        (&["docs"], nothing("docs"), "0 files, 0 events, 0 errors", 2),
        (&["hw", "./docs"], nothing("docs"), "1 file, 1 event, 1 source, 0 errors", 2),
        (&["docs", "docs/../docs"], nothing("docs") + &nothing("docs/../docs"), "0 files", 2),
        (&["hw/disk", "./", "."], String::new(), "1 file, 1 event, 1 source, 0 errors", 0),
        (&["hw", "docs/../hw/disk"], String::new(), "1 file, 1 event, 1 source, 0 errors", 0),
        (&["hw", "--sources", "docs"], String::new(), "1 file, 1 event, 1 source, 0 errors", 0),
    ];
    let came = check(&tree.0.join("docs"), &["./"]);
    assert!(text(&came.stderr).starts_with(&nothing(".")), "{}", text(&came.stderr));
    for (args, told, sum, status) in cases {
        let came = check(&tree.0, args);
        let err = text(&came.stderr);
        assert!(err.strip_prefix(&*told).is_some_and(|rest| rest.starts_with(sum)), "{args:?}: {err}");
        assert_eq!(came.status.code(), Some(status), "{args:?}");
    }
}

#[test]
fn bytes_that_are_no_text() {
    let tree = Scratch::new("bytes");
    let folder = tree.0.join(std::ffi::OsStr::from_bytes(b"gr\xff\x1b[31mp"));
    fs::create_dir(&folder).unwrap();
    fs::write(
        folder.join("trace-events"),
        b"a(void) \"\xff\"\nb(void) \"\"\n\xfe\n# tracetool: allow \xff\n",
    )
    .unwrap();
    fs::write(
        folder.join("a.c"),
        b"#include \"trace.h\"\n#include \"\xff\"\n\xff\xfe '\xff' trace_c(\xff); trace_b\xff()\n",
    )
    .unwrap();
    let came = check(&tree.0, &["--json", "."]);
    assert_eq!(came.status.code(), Some(1), "{}", text(&came.stderr));
    let mut rules: Vec<String> = Vec::new();
    for line in text(&came.stdout).lines() {
        rules.push(serde_json::from_str::<Value>(line).unwrap()["rule"].as_str().unwrap().to_owned());
    }
    rules.sort();
    assert_eq!(rules, ["not-utf8", "not-utf8", "not-utf8", "undeclared-event", "unknown-lint"]);
    let told = check(&tree.0, &["."]);
    assert!(!told.stdout.contains(&0x1b) && !told.stderr.contains(&0x1b), "{}", text(&told.stdout));
}

/// Files that make what is not linear slow. There is no clock here: a quadratic loop would not end this year.
#[test]
fn long_lines_and_deep_folders_come_to_an_end() {
    let tree = Scratch::new("long");
    tree.write("trace-events", "a(void) \"\"\n");
    let names = |count: usize| {
        (0..count).fold(String::new(), |all, name| all + "trace_x" + &name.to_string() + "();")
    };
    tree.write("calls.c", format!("#include \"trace.h\"\n{}", names(100_000)));
    tree.write("lines.c", format!("#include \"trace.h\"\n{}", names(50_000).replace(';', ";\\\n")));
    tree.write("pasted.c", names(100_000).replace("()", "##y"));
    tree.write("blanks.c", format!("trace_a{}", " \\\n".repeat(500_000)));
    tree.write("hashes.rs", format!("trace_b r{}", "#\"".repeat(500_000)));
    tree.write(
        "more.rs",
        format!("trace_b r{}\"{}", "#".repeat(300_000), format!("\"{}", "#".repeat(999)).repeat(500)),
    );
    tree.write("open.c", format!("trace_b {}", "/*".repeat(1_000_000)));
    tree.write("quotes.c", format!("trace_b {}", "'".repeat(1_000_000)));
    tree.write("words/trace-events", format!("# tracetool: allow {}\n", "x ".repeat(300_000)));
    let mut deep = tree.0.join("deep");
    fs::create_dir(&deep).unwrap();
    while deep.as_os_str().len() < 3800 {
        deep.push("d".repeat(200));
        fs::create_dir(&deep).unwrap();
    }
    let came = check(&tree.0, &["--json", "."]);
    assert_eq!(came.status.code(), Some(0), "{}", text(&came.stderr));
    let count = |rule: &str| text(&came.stdout).lines().filter(|line| line.contains(rule)).count();
    assert_eq!((count("undeclared-event"), count("unknown-lint"), count("unused-event")), (200, 20, 0));
}
