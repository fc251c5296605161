//! What a QEMU with our library must do: what the one with its own does, but for the defects.

use anyhow::{Context, Result, bail, ensure};
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use xshell::Shell;

/// What was built, and where it may write.
pub(super) struct Built {
    pub(super) qemu: PathBuf,
    pub(super) source: PathBuf,
    pub(super) prefix: PathBuf,
    pub(super) folder: PathBuf,
}

/// Where Debian has SeaBIOS for this machine.
const FIRMWARE: &str = "/usr/share/seabios/bios-microvm.bin";

/// An option of `-trace` or `-d`, and what is said of it, after `qemu-system-x86_64:`.
const OPTIONS: [(&[&str], &str); 7] = [
    (&["-trace", "nosuch"], " -trace nosuch: warning: trace event 'nosuch' does not exist"),
    (&["-trace", "nosuch*"], " -trace nosuch*: warning: no trace event matches 'nosuch*'"),
    (&["-d", "trace:nosuch"], " warning: trace event 'nosuch' does not exist"),
    (&["-trace", "events=events"], "events:2: warning: trace event 'nosuch' does not exist"),
    (&["-trace", "events=missing"], "missing: No such file or directory"),
    (
        &["-trace", "breakpoint_insert,file=missing/x"],
        " trace file missing/x: No such file or directory (os error 2)",
    ),
    (
        &["-trace", "foo=bar"],
        " -trace foo=bar: `foo` is none of enable, events, file, sink, ring, wait, log, syslog and flight",
    ),
];

/// Commands of QMP, those of the human monitor without braces, and the answers.
const COMMANDS: [(&str, &str); 17] = [
    (r#"{"execute": "qmp_capabilities"}"#, r#"{"return": {}}"#),
    (
        r#"{"execute": "trace-event-get-state", "arguments": {"name": "*vm_run_exit"}}"#,
        r#"{"return": [{"name": "kvm_run_exit", "state": "disabled"}]}"#,
    ),
    (
        r#"{"execute": "trace-event-set-state", "arguments": {"name": "nosuch", "enable": true}}"#,
        r#"{"error": {"class": "GenericError", "desc": "unknown event \"nosuch\""}}"#,
    ),
    (
        r#"{"execute": "trace-event-set-state", "arguments": {"name": "kvm_run_exit", "enable": true}}"#,
        r#"{"return": {}}"#,
    ),
    ("info trace-events *vm_run_exit", r"kvm_run_exit : state 1\r\n"),
    ("trace-event kvm_run_exit off", ""),
    ("info trace-events kvm_run_exit", r"kvm_run_exit : state 0\r\n"),
    ("trace-event nosuch on", r#"unknown event \"nosuch\"\r\n"#),
    ("log trace:nosuch", r"warning: trace event 'nosuch' does not exist\r\n"),
    ("trace-file set one", ""),
    ("trace-file on", ""),
    ("trace-file", r#"Trace file \"one\" on.\r\n"#),
    ("trace-file flush", ""),
    // QEMU's own says nothing, and is off
    ("trace-file set missing/x", r"trace file missing/x: No such file or directory (os error 2)\r\n"),
    ("trace-file off", ""),
    ("trace-file", r#"Trace file \"one\" off.\r\n"#),
    ("logfile lines", ""),
];

impl Built {
    /// Runs QEMU for so many seconds at most.
    fn run(&self, arguments: &[&str], seconds: &str, input: Stdio) -> Result<Output> {
        let mut command = Command::new("timeout");
        command.args(["--signal=KILL", seconds]).arg(&self.qemu).args(["-nodefaults", "-display", "none"]);
        command.args(arguments).current_dir(&self.folder).stdin(input);
        command.env_remove("VMTRACE_INSTANCE");
        command.output().with_context(|| self.qemu.display().to_string())
    }
}

/// Runs all; an error tells what is not as expected.
pub(super) fn run(shell: &Shell, built: &Built) -> Result<()> {
    shell.remove_path(&built.folder)?;
    shell.create_dir(&built.folder)?;
    fs::write(built.folder.join("events"), "breakpoint_insert\nnosuch\n# a comment\n\nbreakpoint_remove")?;
    options(built)?;
    commands(built)?;
    if !Path::new("/dev/kvm").exists() {
        println!("SKIP qemu boots: no /dev/kvm");
    } else if !Path::new(FIRMWARE).exists() {
        println!("SKIP qemu boots: no {FIRMWARE} (apt-get install seabios)");
    } else {
        boots(built)?;
    }
    println!("qemu with libvmtrace: as expected");
    Ok(())
}

fn options(built: &Built) -> Result<()> {
    let listed = built.run(&["-machine", "none", "-trace", "help"], "20", Stdio::null())?;
    let listed = String::from_utf8(listed.stdout)?;
    ensure!(listed.lines().any(|line| line == "kvm_run_exit"), "-trace help: {listed}");
    for (option, expected) in OPTIONS {
        let arguments = [&["-machine", "none", "-monitor", "stdio"], option].concat();
        let input = built.folder.join("input");
        fs::write(&input, "quit\n")?;
        let output = built.run(&arguments, "20", File::open(&input)?.into())?;
        let told = String::from_utf8_lossy(&output.stderr);
        let expected = format!("qemu-system-x86_64:{expected}");
        ensure!(told.lines().eq([expected.as_str()]), "{option:?}: wanted {expected}, told {told}");
    }
    Ok(())
}

fn commands(built: &Built) -> Result<()> {
    let (mut input, mut expected) = (Vec::new(), Vec::new());
    for (command, answer) in COMMANDS {
        if command.starts_with('{') {
            input.push(command.to_owned());
            expected.push(answer.to_owned());
        } else {
            let human = r#"{"execute": "human-monitor-command", "arguments": {"command-line": "COMMAND"}}"#;
            input.push(human.replace("COMMAND", command));
            expected.push(format!("{{\"return\": \"{answer}\"}}"));
        }
    }
    input.push(r#"{"execute": "quit"}"#.to_owned());
    let path = built.folder.join("input");
    fs::write(&path, input.join("\n"))?;
    let output = built.run(&["-machine", "none", "-qmp", "stdio"], "20", File::open(&path)?.into())?;
    let told = String::from_utf8(output.stdout)?;
    // the greeting comes first, the end last
    let answers = told.lines().skip(1);
    for ((answer, expected), (command, _)) in answers.zip(&expected).zip(COMMANDS) {
        ensure!(answer == expected, "{command}: wanted {expected}, came {answer}");
    }
    ensure!(told.lines().count() > expected.len(), "answers are missing: {told}");
    Ok(())
}

/// Firmware runs under KVM for a while: every event that QEMU's log has is in our binary trace.
fn boots(built: &Built) -> Result<()> {
    let input = built.folder.join("input");
    fs::write(&input, "{\"execute\": \"qmp_capabilities\"}\n")?;
    let arguments = "-M microvm,accel=kvm -m 64 -qmp stdio -D boot.log -trace kvm_*,file=boot.trace -trace memory_region_ops_*";
    let arguments: Vec<&str> = arguments.split(' ').chain(["-bios", FIRMWARE]).collect();
    let mut command = Command::new("timeout");
    command.arg("3").arg(&built.qemu).args(["-nodefaults", "-display", "none"]).args(arguments);
    let output = command.current_dir(&built.folder).stdin(File::open(&input)?).output()?;
    let log = fs::read_to_string(built.folder.join("boot.log"))
        .with_context(|| String::from_utf8_lossy(&output.stderr).into_owned())?;
    let lines = log.lines().count();
    ensure!(log.contains("kvm_run_exit cpu_index 0, reason "), "the machine has not run: {log}");
    let declared = declarations(built)?;
    let mut ours = Command::new(built.prefix.join("bin/vmtrace"));
    let ours =
        ours.arg("simpletrace").arg(&declared).arg("boot.trace").current_dir(&built.folder).output()?;
    let script = built.source.join("scripts/simpletrace.py");
    let mut qemus = Command::new("python3");
    let qemus = qemus.arg(script).arg(&declared).arg("boot.trace").current_dir(&built.folder).output()?;
    for (reader, read) in [("vmtrace simpletrace", &ours), ("simpletrace.py", &qemus)] {
        let events = read.stdout.split_inclusive(|&byte| byte == b'\n').count();
        if events != lines {
            let why = String::from_utf8_lossy(&read.stderr);
            bail!("{reader} finds {events} events, and the log has {lines} lines: {why}");
        }
    }
    println!("qemu boots: {lines} events in its log and in the binary trace");
    Ok(())
}

/// The declarations of what was traced.
fn declarations(built: &Built) -> Result<PathBuf> {
    let mut all = String::new();
    for folder in ["accel/kvm", "hw/i386/kvm", "hw/intc", "system", "target/i386", "target/i386/kvm"] {
        let text = fs::read_to_string(built.source.join(folder).join("trace-events"))?;
        // QEMU's reader takes no empty line
        all.extend(text.lines().filter(|line| !line.is_empty()).flat_map(|line| [line, "\n"]));
    }
    let path = built.folder.join("trace-events");
    fs::write(&path, all)?;
    Ok(path)
}
