//! The command `tracetool` under `--bug-compatible` against what QEMU's prints (`../shared/conformance`): each output to
//! the byte, each call with its status and streams. `cargo xtask conformance` runs this, and QEMU's own test behind it.

use serde_json::Value;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

fn material(test: &str) -> Option<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/conformance");
    if folder.is_dir() {
        return Some(folder);
    }
    eprintln!("SKIP {test}: no ../shared/conformance");
    None
}

/// A private folder, removed when dropped.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{name}-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        Self(folder)
    }

    fn tracetool(&self, args: &[&str]) -> Output {
        let test = std::env::current_exe().unwrap();
        let program = test.ancestors().nth(2).unwrap().join("tracetool");
        let mut command = Command::new(&program);
        command.current_dir(&self.0).arg("--bug-compatible").args(args);
        command.output().unwrap_or_else(|error| panic!("{}: {error}", program.display()))
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

#[test]
fn outputs_are_qemus() {
    let Some(material) = material("outputs_are_qemus") else { return };
    let mut folders: Vec<PathBuf> =
        fs::read_dir(material.join("qemu-10.2")).unwrap().map(|entry| entry.unwrap().path()).collect();
    folders.push(material.join("qemu-5.2-tcg/demo"));
    folders.sort();
    let (mut compared, mut differing) = (0, Vec::new());
    for folder in &folders {
        let group = folder.file_name().unwrap().to_str().unwrap();
        let scratch = Folder::new(&format!("conformance-{group}"));
        fs::copy(folder.join("trace-events"), scratch.0.join("trace-events")).unwrap();
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let output = path.file_name().unwrap().to_str().unwrap();
            let Some((backends, format)) = output.split_once('.') else { continue };
            let (format_is, backends_are) = (format!("--format={format}"), format!("--backends={backends}"));
            let group_is = format!("--group={group}");
            // QEMU 5.2's outputs came on standard output
            let on_stdout = format.starts_with("tcg-");
            let options: [&str; 7] = [
                &format_is,
                &backends_are,
                &group_is,
                "--binary=/usr/bin/qemu-system-x86_64",
                "--probe-prefix=qemu.system.x86_64",
                "trace-events",
                if on_stdout { "-" } else { output },
            ];
            let came = scratch.tracetool(&options);
            let made =
                if on_stdout { came.stdout } else { fs::read(scratch.0.join(output)).unwrap_or_default() };
            compared += 1;
            if made != fs::read(&path).unwrap() || !came.status.success() || !came.stderr.is_empty() {
                let told = String::from_utf8_lossy(&came.stderr).into_owned();
                differing.push(format!("{group}/{output}{}", first_difference(&made, &path, &told)));
            }
        }
    }
    report("outputs", compared, &differing);
    assert!(compared > 1500, "only {compared} outputs are there");
}

fn first_difference(made: &[u8], expected: &Path, told: &str) -> String {
    let expected = fs::read_to_string(expected).unwrap();
    let made = String::from_utf8_lossy(made);
    let (mut ours, mut qemus) = (made.lines(), expected.lines());
    let mut number = 0;
    loop {
        number += 1;
        match (ours.next(), qemus.next()) {
            (None, None) => return format!(": {told}"),
            (ours, qemus) if ours != qemus => {
                return format!(":{number}: {told}\n  ours   {ours:?}\n  QEMU's {qemus:?}");
            }
            _ => {}
        }
    }
}

/// Where QEMU left an empty output behind, we leave none; the words on standard error are our own.
#[test]
fn calls_come_to_the_same() {
    let Some(material) = material("calls_come_to_the_same") else { return };
    let calls: Value = serde_json::from_slice(&fs::read(material.join("cli.json")).unwrap()).unwrap();
    let mut differing = Vec::new();
    let cases = calls["cases"].as_array().unwrap();
    for (index, case) in cases.iter().enumerate() {
        let scratch = Folder::new(&format!("call-{index}"));
        for (name, content) in calls["files"].as_object().unwrap() {
            fs::write(scratch.0.join(name), content.as_str().unwrap()).unwrap();
        }
        let argv: Vec<&str> =
            case["argv"].as_array().unwrap().iter().map(|arg| arg.as_str().unwrap()).collect();
        let came = scratch.tracetool(&argv);
        let output = fs::read_to_string(scratch.0.join("out")).ok();
        let ours = (
            came.status.code().map(i64::from),
            String::from_utf8_lossy(&came.stdout).into_owned(),
            if came.stderr.is_empty() { "empty" } else { "message" },
            output.as_deref(),
        );
        let qemus = (
            case["status"].as_i64(),
            case["stdout"].as_str().unwrap().to_owned(),
            case["stderr"].as_str().unwrap(),
            case["output"].as_str().filter(|_| came.status.success()),
        );
        if ours != qemus {
            differing.push(format!("tracetool {}\n  ours   {ours:?}\n  QEMU's {qemus:?}", argv.join(" ")));
        }
    }
    report("calls", cases.len(), &differing);
    assert!(cases.len() >= 57);
}

/// Prints the sum, and fails with the first of what differs.
fn report(what: &str, compared: usize, differing: &[String]) {
    println!("conformance: {compared} {what} compared, {} differ", differing.len());
    let told = differing.iter().take(20).map(String::as_str).collect::<Vec<_>>().join("\n");
    assert!(differing.is_empty(), "{} of {compared} {what} differ, such as\n{told}", differing.len());
}
