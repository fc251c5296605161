//! A binary trace that a real QEMU writes, beside QEMU's own script that reads it; and a trace of ours in that script.

use simpletrace::{Blocks, encode};
use std::env;
use std::ffi::OsString;
use std::fs::{self, File};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use timeline::simple::{Declarations, Form, render, stats};

/// A folder of the test's own, gone when it ends.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let path = env::temp_dir().join(format!("vmtrace-simpletrace-{name}-{}", std::process::id()));
        fs::create_dir(&path).unwrap();
        Self(path)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        fs::remove_dir_all(&self.0).unwrap();
    }
}

/// QEMU's tree and its script; `None`, having said so, if either or Python is missing.
fn script(test: &str) -> Option<(PathBuf, PathBuf)> {
    let Some(source) = env::var_os("QEMU_SRC").map(PathBuf::from) else {
        eprintln!("SKIP {test}: QEMU_SRC names no tree of QEMU's");
        return None;
    };
    let script = source.join("scripts/simpletrace.py");
    let python = Command::new("python3").arg("--version").stdout(Stdio::null()).status();
    if !script.exists() || !python.is_ok_and(|status| status.success()) {
        eprintln!("SKIP {test}: no {}, or no python3", script.display());
        return None;
    }
    Some((source, script))
}

fn printed(script: &Path, options: &[&str], events: &Path, trace: &Path) -> Vec<u8> {
    let mut command = Command::new("python3");
    // no folder __pycache__ in somebody's tree
    command.env("PYTHONDONTWRITEBYTECODE", "1").arg(script).args(options).arg(events).arg(trace);
    let output = command.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    output.stdout
}

fn rendered(declarations: &Declarations, form: Form, trace: &Path) -> Vec<u8> {
    let mut text = Vec::new();
    let blocks = Blocks::new(File::open(trace).unwrap()).unwrap();
    render(blocks, declarations, form, &|notice| panic!("{notice}"), &mut text).unwrap();
    text
}

fn lines_of(text: &[u8]) -> usize {
    String::from_utf8_lossy(text).lines().count()
}

/// All that the tree declares, as QEMU's build puts it together.
fn all_events(folder: &Path, events: &mut Vec<u8>) {
    for entry in fs::read_dir(folder).unwrap() {
        let entry = entry.unwrap();
        if entry.file_type().unwrap().is_dir() {
            all_events(&entry.path(), events);
        } else if entry.file_name() == "trace-events" {
            events.extend(fs::read(entry.path()).unwrap());
        }
    }
}

#[test]
fn a_qemu_that_runs() {
    let name = "a_qemu_that_runs";
    let Some((source, script)) = script(name) else { return };
    let qemu = env::var_os("QEMU_BIN").unwrap_or_else(|| "qemu-system-x86_64".into());
    let folder = Folder::new("qemu");
    let (trace, events) = (folder.0.join("trace"), folder.0.join("events"));
    let mut file = OsString::from("file=");
    file.push(&trace);
    let mut command = integration::tied(qemu.as_ref());
    command.args(["-S", "-machine", "none", "-nodefaults", "-display", "none", "-qmp", "stdio", "-trace"]);
    command.arg(&file).current_dir(&folder.0);
    // what a build of QEMU generates is not among the tree's declarations
    for pattern in ["qemu_mutex_*", "lockcnt_*", "monitor_*", "handle_qmp_command", "visit_*"] {
        command.args(["-trace", pattern]);
    }
    command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
    let mut child = match command.spawn() {
        Ok(child) => child,
        Err(error) => return eprintln!("SKIP {name}: {}: {error}", qemu.display()),
    };
    let talk = b"{'execute': 'qmp_capabilities'} {'execute': 'query-commands'} {'execute': 'quit'}\n";
    child.stdin.take().unwrap().write_all(talk).unwrap();
    assert!(child.wait().unwrap().success());
    let written = fs::read(&trace).unwrap_or_default();
    if !written.starts_with(&u64::MAX.to_le_bytes()) {
        return eprintln!("SKIP {name}: {} has no simple backend (QEMU_BIN may name one)", qemu.display());
    }

    let mut declared = Vec::new();
    all_events(&source, &mut declared);
    fs::write(&events, &declared).unwrap();
    let mut declarations = Declarations::default();
    declarations.read("events", &declared);
    let expected = printed(&script, &[], &events, &trace);
    assert!(expected.len() > 10_000);
    assert!(rendered(&declarations, Form::Qemu, &trace) == expected);

    let lines = lines_of(&expected);
    let text = rendered(&declarations, Form::Text { absolute: false }, &trace);
    assert_eq!(lines_of(&text), lines);
    let blocks = Blocks::new(File::open(&trace).unwrap()).unwrap();
    let (counted, read) = stats(blocks, &declarations, &[], &|_| {}).unwrap();
    read.unwrap();
    assert_eq!(counted.total() + counted.dropped_records, lines as u64);
}

/// What we encode, QEMU's script reads: every oddity of strings, numbers and times.
#[test]
fn a_trace_of_ours() {
    let Some((_, script)) = script("a_trace_of_ours") else { return };
    let folder = Folder::new("ours");
    let (trace, headless, events) =
        (folder.0.join("trace"), folder.0.join("headless"), folder.0.join("events"));
    let source = b"a(int x, const char *s) \"x %d s %s\"\nb(void) \"b\"\n";
    fs::write(&events, source).unwrap();
    let mut file = Vec::new();
    encode::header(&mut file);
    encode::mapping(&mut file, 3, "a").unwrap();
    encode::mapping(&mut file, 1 << 40, "b").unwrap();
    let mut random = 1_u64;
    for byte in 0..=255_u8 {
        // Knuth's MMIX: any numbers will do
        random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let mut arguments = Vec::new();
        encode::word(&mut arguments, random >> (byte % 64));
        encode::string(
            &mut arguments,
            &[b"it's "[..].repeat(usize::from(byte % 2)), vec![byte, b'"', byte]].concat(),
        );
        encode::event(&mut file, 3, random >> (byte % 60), u32::from(byte), &arguments).unwrap();
        encode::event(&mut file, 1 << 40, random >> (byte % 50), u32::MAX, &[]).unwrap();
        if byte % 16 == 0 {
            encode::dropped(&mut file, random, 5, random);
        }
    }
    fs::write(&trace, &file).unwrap();
    fs::write(&headless, &file[simpletrace::HEADER_SIZE..]).unwrap();
    let mut declarations = Declarations::default();
    assert!(declarations.read("events", source).is_empty());
    let text = rendered(&declarations, Form::Qemu, &trace);
    let expected = printed(&script, &[], &events, &trace);
    for (ours, theirs) in text.split(|byte| *byte == b'\n').zip(expected.split(|byte| *byte == b'\n')) {
        assert_eq!(String::from_utf8_lossy(ours), String::from_utf8_lossy(theirs));
    }
    assert!(text == expected);
    assert!(printed(&script, &["--no-header"], &events, &headless) == expected);
}
