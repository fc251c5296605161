//! The library for C as it is installed: its headers in every language, linked in every way, and each of its functions. And
//! programs that are half C and half Rust.

use integration::{c_library, installed, pkg_config, succeeds, tied, wait_for};
use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

const HERE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/c_library");
const DEMO: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/c-demo");
const MIXED: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/mixed");

/// A folder that goes with this.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let folder = std::env::temp_dir().join(format!("vmtrace-{name}-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        Self(folder)
    }

    /// `trace-GROUP.h` and `trace-GROUP.c`, as the installed tracetool makes them.
    fn generate(&self, group: &str, events: &Path) {
        for format in ["h", "c"] {
            let mut tracetool = Command::new(installed().join("bin/tracetool"));
            tracetool.arg(format!("--format={format}")).args(["--backends=vmtrace", "--group", group]);
            succeeds(tracetool.arg(events).arg(self.0.join(format!("trace-{group}.{format}"))), b"");
        }
    }

    fn runs(&self, program: &str) -> Command {
        let mut command = tied(&self.0.join(program));
        command.current_dir(&self.0).env_remove(vmtrace::INSTANCE_VARIABLE);
        command
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        _ = fs::remove_dir_all(&self.0);
    }
}

/// Compilers and languages, as far as there are such compilers.
fn languages() -> Vec<Vec<&'static str>> {
    let all = [
        vec!["gcc", "-std=c11"],
        vec!["g++", "-std=c++17"],
        vec!["clang", "-std=c11"],
        vec!["clang++", "-std=c++17"],
    ];
    all.into_iter().filter(|all| Command::new(all[0]).arg("--version").output().is_ok()).collect()
}

#[test]
fn the_demo_in_every_language_linked_in_every_way() {
    let folder = Folder::new("c-demo");
    folder.generate("demo", &Path::new(DEMO).join("trace-events"));
    let archive = format!("{}/lib/libvmtrace.a", installed().display());
    let private = pkg_config(&["--static", "--libs-only-l"]);
    let private = private.iter().map(String::as_str).filter(|library| *library != "-lvmtrace");
    let with_archive: Vec<&str> = std::iter::once(archive.as_str()).chain(private).collect();
    let shared: Vec<&str> = c_library().iter().map(String::as_str).collect();
    let ways: [(&str, &[&str]); 3] = [
        ("shared", &shared),
        ("static", &with_archive),
        ("all-static", &[&["-static"], &*with_archive].concat()),
    ];
    let headers = pkg_config(&["--cflags"]);
    for language in languages() {
        // a C++ compiler takes what C is as C++; what tracetool makes is C
        let kind = if language[1].contains("++") { ["-x", "c++"] } else { ["-x", "c"] };
        for (way, libraries) in ways {
            let name = format!("demo-{}-{way}", language[0]);
            let mut compiler = Command::new(language[0]);
            compiler.args(["-D_GNU_SOURCE", "-O1", "-Wall", "-Wextra", "-Werror"]).args(&headers);
            compiler.current_dir(&folder.0).args(["-c", "-I.", language[1]]).args(kind);
            succeeds(compiler.arg(format!("{DEMO}/main.c")).args(["-o", "main.o"]), b"");
            let mut c = Command::new(if kind[1] == "c" { language[0] } else { "gcc" });
            c.current_dir(&folder.0).args(["-Wall", "-Wextra", "-Werror", "-std=c11", "-c", "trace-demo.c"]);
            succeeds(c.args(&headers), b"");
            let mut linker = Command::new(language[0]);
            linker.current_dir(&folder.0).args(["-o", &name, "main.o", "trace-demo.o"]).args(libraries);
            succeeds(&mut linker, b"");

            let (option, log) = (format!("{name}.log"), folder.0.join(format!("{name}.log")));
            let mut program =
                folder.runs(&name).args(["-trace", "migrate_*", "-D", &option]).spawn().unwrap();
            let lines = wait_for("two lines", || {
                let text = fs::read_to_string(&log).ok()?;
                (text.lines().count() >= 2).then_some(text)
            });
            program.kill().unwrap();
            program.wait().unwrap();
            for (line, state) in lines.lines().zip(["setup", "active"]) {
                let (_, text) = line.split_once(':').unwrap();
                assert_eq!(text, format!("migrate_set_state_user new state {state}"), "{name}");
            }
        }
    }
}

#[test]
fn every_function_takes_what_is_right_and_tells_what_is_not() {
    let folder = Folder::new("c-face");
    folder.generate("face", &Path::new(HERE).join("face.trace-events"));
    let mut gcc = Command::new("gcc");
    gcc.current_dir(&folder.0).args([
        "-D_GNU_SOURCE",
        "-std=c11",
        "-Wall",
        "-Wextra",
        "-Werror",
        "-I.",
        "-o",
        "face",
    ]);
    succeeds(gcc.arg(format!("{HERE}/face.c")).arg("trace-face.c").args(c_library()), b"");

    fs::write(folder.0.join("late"), "late_event(int a) \"a %d\"\n").unwrap();
    folder.generate("late", &folder.0.join("late"));
    let code = "#include \"trace-late.h\"\nvoid call(void);\nvoid call(void) { trace_late_event(5); }\n";
    fs::write(folder.0.join("late.c"), code).unwrap();
    let mut gcc = Command::new("gcc");
    gcc.current_dir(&folder.0).args(["-shared", "-fPIC", "-o", "late.so", "late.c", "trace-late.c"]);
    succeeds(gcc.args(c_library()), b"");

    let mut face = folder.runs("face");
    face.args("-m 512 -qmp unix:qmp,server=on,wait=off -monitor=unix:hmp,server=on,wait=off disk".split(' '));
    face.args(["-trace=-face_text", "--", "-trace", "x"]).stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut face = face.spawn().unwrap();
    let mut told = String::new();
    let mut output = BufReader::new(face.stdout.take().unwrap());
    while !told.ends_with("ready\n") && output.read_line(&mut told).unwrap() > 0 {}
    assert_eq!(told, "ready\n");

    let log = fs::read_to_string(folder.0.join("face.log")).unwrap();
    let lines: Vec<&str> = log.lines().map(|line| line.split_once(':').unwrap().1).collect();
    let expected = [
        "face_number a -1 b 18446744073709551615",
        "face_text a setup b di c disk",
        "face_text a (null) b whole c four",
        r"face_text a a\nb b  c ",
        "face_number a 2 b 2",
        "late_event a 5",
        "face_number a 7 b 7",
    ];
    assert_eq!(lines, expected);

    let mut client = UnixStream::connect(folder.0.join("qmp")).unwrap();
    let mut answers = BufReader::new(client.try_clone().unwrap()).lines();
    assert!(answers.next().unwrap().unwrap().contains(r#""major": 1"#));
    for (command, answer) in [
        ("{'execute': 'qmp_capabilities'}", r#"{"return": {}}"#),
        ("{'execute': 'greet', 'arguments': {'n': 1}}", r#"{"return": {"hello": {"n": 1}}}"#),
        ("{'execute': 'greet'}", r#"{"return": {"hello": {}}}"#),
        ("{'execute': 'refuse'}", r#"{"error": {"class": "GenericError", "desc": "it failed"}}"#),
        (
            "{'execute': 'refuse', 'arguments': {'why': true}}",
            r#"{"error": {"class": "GenericError", "desc": "not today"}}"#,
        ),
        (
            "{'execute': 'human-monitor-command', 'arguments': {'command-line': 'say a word'}}",
            r#"{"return": "a word"}"#,
        ),
        ("{'execute': 'human-monitor-command', 'arguments': {'command-line': 'say'}}", r#"{"return": ""}"#),
    ] {
        client.write_all(command.as_bytes()).unwrap();
        assert_eq!(answers.next().unwrap().unwrap(), answer, "{command}");
    }
    client.write_all(b"{'execute': 'confuse'}").unwrap();
    assert!(answers.next().unwrap().unwrap().contains("the VMM's answer is not JSON"));

    drop(face.stdin.take());
    assert!(face.wait().unwrap().success());
    let mut rest = String::new();
    output.read_to_string(&mut rest).unwrap();
    assert_eq!(rest, "");
    assert!(!folder.0.join("qmp").exists() && !folder.0.join("hmp").exists(), "a socket is left");
}

#[test]
fn what_is_exported_is_what_the_headers_declare() {
    let headers = concat!(env!("CARGO_MANIFEST_DIR"), "/../capi/include");
    let mut declared = String::new();
    for header in ["vmtrace.h", "vmtrace", "trace", "qemu"] {
        let path = Path::new(headers).join(header);
        let files = if path.is_dir() {
            fs::read_dir(path).unwrap().map(|entry| entry.unwrap().path()).collect()
        } else {
            vec![path]
        };
        for file in files {
            declared += &fs::read_to_string(file).unwrap();
        }
    }
    let words: Vec<&str> = declared.split(|c: char| !c.is_ascii_alphanumeric() && c != '_').collect();
    let library = installed().join("lib/libvmtrace.so.0");
    let told = succeeds(
        Command::new("nm").args(["--dynamic", "--defined-only", "--format=just-symbols"]).arg(library),
        b"",
    );
    let exported: Vec<&str> = told.lines().collect();
    for name in &exported {
        assert!(words.contains(name), "{name} is exported, and no header has it");
    }
    let face = fs::read_to_string(Path::new(headers).join("vmtrace.h")).unwrap();
    let declarations = face.lines().filter(|line| !line.starts_with(' ') && !line.starts_with("/*"));
    let functions: Vec<&str> = declarations
        .filter_map(|line| line.split_once('(')?.0.rsplit([' ', '*']).next())
        .filter(|name| name.starts_with("vmtrace_"))
        .collect();
    assert!(functions.len() > 25, "{functions:?}");
    for name in functions {
        assert!(exported.contains(&name), "{name} is declared, and not exported");
    }
    // two of Rust's libraries may be in one program
    let archive = installed().join("lib/libvmtrace.a");
    let told =
        succeeds(Command::new("nm").args(["--extern-only", "--defined-only", "--quiet"]).arg(archive), b"");
    let names = told.lines().filter_map(|line| line.split_whitespace().nth(2));
    let seen: Vec<&str> = names
        .filter(|name| name.starts_with("_R") || name.starts_with("_ZN") || name.starts_with("rust_"))
        .collect();
    assert_eq!(seen, [""; 0]);
}

#[test]
fn one_tracing_has_the_events_of_both_languages() {
    let folder = Folder::new("mixed");
    let test = std::env::current_exe().unwrap();
    let built = test.ancestors().nth(2).unwrap();
    let mut cargo = Command::new(env!("CARGO"));
    cargo.args(["build", "--quiet", "--package", "vmtrace-mixed"]).current_dir(MIXED);
    succeeds(cargo.env("CARGO_TARGET_DIR", built.parent().unwrap()), b"");
    let mut gcc = Command::new("gcc");
    gcc.args(["-Wall", "-Wextra", "-Werror", "-D_GNU_SOURCE", "-Wl,--gc-sections"]);
    gcc.args(pkg_config(&["--cflags"])).arg(format!("{MIXED}/main.c")).arg("-o");
    gcc.arg(folder.0.join("c-main")).arg(built.join("libmixed.a")).args(["-lpthread", "-ldl", "-lm"]);
    succeeds(&mut gcc, b"");
    for program in [built.join("mixed"), folder.0.join("c-main")] {
        let runs = |args: &[&str], input: &[u8]| {
            let mut command = tied(&program);
            command.args(args).current_dir(&folder.0).env_remove(vmtrace::INSTANCE_VARIABLE);
            succeeds(&mut command, input)
        };
        let mut listed: Vec<String> = runs(&["-trace", "help"], b"").lines().map(str::to_owned).collect();
        listed.sort();
        assert_eq!(listed, ["machine_reset", "vcpu_run"], "{}", program.display());
        runs(&["-trace", "*", "-D", "log"], b"3\n");
        let log = fs::read_to_string(folder.0.join("log")).unwrap();
        let lines: Vec<&str> = log.lines().map(|line| line.split_once(':').unwrap().1).collect();
        assert_eq!(lines, ["vcpu_run cpu 3 pc 0xfff0", "machine_reset device virtio-blk count 3"]);
    }
}

#[test]
fn the_page_shows_the_demo_as_it_is() {
    let page = include_str!("../../../docs/c.md");
    for file in ["trace-events", "Makefile", "main.c"] {
        let text = fs::read_to_string(Path::new(DEMO).join(file)).unwrap();
        assert!(page.contains(&format!("\n{text}```\n")), "{file}");
    }
}
