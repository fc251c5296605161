//! The program as its operator sees it. What needs root, tracefs or KVM prints SKIP where that is missing.

mod binary_traces;
mod lined_up;
mod probes;
mod scratch;
mod stap;

use scratch::{Ran, Scratch, VMTRACE, lacks};
use std::fs;
use std::io::{BufRead as _, BufReader};
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::process::CommandExt as _;
use std::process::{Command, Stdio};

#[test]
fn help_for_everything() {
    let scratch = Scratch::new("help");
    for (arguments, expect) in [
        (&["--help"][..], "vmtrace doctor"),
        (&["record", "--help"], "Examples:"),
        (&["report", "--help"], "Examples:"),
        (&["simpletrace", "--help"], "trace-events-all"),
        (&["probes", "--help"], "jq"),
        (&["stap", "--help"], "qemu-trace-stap"),
        (&["demo", "--help"], "/dev/kvm"),
        (&["doctor", "--help"], "exact command"),
        (&["demo-vmm", "--help"], "usage: demo-vmm"),
    ] {
        let ran = scratch.run(arguments);
        assert!(ran.status == Some(0) && ran.out.contains(expect), "{arguments:?}: {ran:?}");
    }
    assert!(!scratch.run(&["--help"]).out.contains("demo-vmm"), "it is hidden");
}

#[test]
fn what_is_wrong_is_named() {
    let scratch = Scratch::new("wrong");
    for (arguments, status, told) in [
        (&["record", "--", "no-such-command"][..], 127, "vmtrace: no-such-command: command not found"),
        (&["record", "--", "/"], 126, "vmtrace: /: cannot be executed"),
        (&["record"], 2, "<COMMAND>"),
        (&["record", "-e", "kvm_exit", "--", "true"], 2, "there is no colon in it"),
        (&["record", "-b", "0", "--", "true"], 2, "0 is not in"),
        (&["report"], 1, "make one with `vmtrace record -o vmtrace-recording -- COMMAND`"),
        (&["report", "--only", "kvm:"], 2, "`kvm:` is no pattern"),
        (&["report", "--from", "yesterday"], 2, "`yesterday` is no time"),
        (&["report", "--json", "--fold"], 2, "cannot be used with"),
        (&["probes", "/dev/null"], 1, "vmtrace: /dev/null is no regular file"),
        (&["probes", "4294967295"], 1, "vmtrace: there is no process 4294967295"),
        (&["demo", "-o", "/proc/x"], 1, "vmtrace: make /proc/x: No such file or directory (os error 2)\n"),
        (&["demo", "--rounds", "0"], 2, "--rounds"),
        (&["nonsense"], 2, "nonsense"),
    ] {
        let ran = scratch.run(arguments);
        assert_eq!(ran.status, Some(status), "{arguments:?}: {ran:?}");
        assert!(ran.told.contains(told), "{arguments:?}: {ran:?}");
        assert_eq!(fs::read_dir(&scratch.0).unwrap().count(), 0, "{arguments:?}");
    }
}

#[test]
fn a_status_is_passed_on_with_or_without_root() {
    let scratch = Scratch::new("status");
    for (script, status) in [("exit 0", 0), ("exit 255", 255), ("kill -KILL $$", 137)] {
        let ran = scratch.run(&["record", "sh", "-c", script]);
        assert_eq!(ran.status, Some(status), "{script}: {ran:?}");
        assert!(ran.told.contains("see it with: vmtrace report"), "{ran:?}");
    }
}

#[test]
fn the_doctor_looks_at_everything() {
    let ran = Scratch::new("doctor").run(&["doctor"]);
    assert_eq!(ran.status, Some(0), "{ran:?}");
    for name in [
        "/dev/kvm",
        "tracefs",
        "kvm events",
        "KVM_RUN",
        "uprobes",
        "user_events",
        "QEMU",
        " log ",
        " ftrace ",
        "syslog",
    ] {
        assert_eq!(
            ran.out.lines().filter(|line| line.contains(name)).count().min(1),
            1,
            "{name}: {}",
            ran.out
        );
    }
}

#[test]
fn the_demo_on_the_real_kernel() {
    if lacks("the_demo_on_the_real_kernel", &["/dev/kvm", "/sys/kernel/tracing/events/kvm"]) {
        return;
    }
    let scratch = Scratch::new("demo");
    let ran = scratch.run(&["demo", "--rounds", "2"]);
    assert_eq!(ran.status, Some(0), "{ran:?}");
    assert!(ran.out.starts_with("Hello from sector 0\n"), "{}", ran.out);
    for part in ["kvm_userspace_exit", "kvm_run_exit", "serial_line", "sys_enter_ioctl", "machine_round"] {
        assert!(ran.out.contains(part), "{part}: {}", ran.out);
    }

    // What it recorded is told again, in other ways.
    let json = scratch.run(&["report", "--json", "--only", "serial_*"]);
    assert_eq!(json.status, Some(0), "{json:?}");
    let lines: Vec<serde_json::Value> =
        json.out.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let items: Vec<_> = lines.iter().filter(|line| line["kind"] == "item").collect();
    assert!(items.len() > 80 && items.iter().all(|item| item["source"] == "vmm"), "{}", json.out);
    assert!(lines.iter().any(|line| line["kind"] == "summary"));

    let coloured = scratch.run(&["report", "--color", "always", "--limit", "3"]);
    assert!(coloured.out.contains('\x1b') && !ran.out.contains('\x1b'));
    let limited = scratch.run(&["report", "--summary"]);
    assert!(
        !limited.out.contains("sys_enter_ioctl") && limited.out.contains("KVM_EXIT_IO"),
        "{}",
        limited.out
    );
}

#[test]
fn the_demo_without_any_right() {
    if lacks("the_demo_without_any_right", &[]) {
        return;
    }
    let scratch = Scratch::new("nobody");
    // Where the build folder is, not everyone may look.
    let vmtrace = scratch.0.join("vmtrace");
    fs::copy(VMTRACE, &vmtrace).unwrap();
    let home = scratch.0.join("home");
    fs::create_dir(&home).unwrap();
    fs::set_permissions(&home, fs::Permissions::from_mode(0o777)).unwrap();
    let ran = Ran::of(Command::new(&vmtrace).arg("demo").current_dir(&home).uid(65534).gid(65534));
    assert_eq!(ran.status, Some(0), "{ran:?}");
    let stands_in = ran.told.lines().filter(|line| line.contains("script")).collect::<Vec<_>>();
    assert!(matches!(stands_in[..], [told] if told.contains("no KVM: a script stood in")), "{ran:?}");
    let helps = ran.told.lines().filter(|line| line.contains("/dev/kvm: what would help")).count();
    assert_eq!(helps, 1, "{ran:?}");
    assert!(ran.told.contains("the kernel's side is not recorded"), "{ran:?}");
    assert!(ran.out.starts_with("Hello from sector 0\n"), "{}", ran.out);
    for part in ["serial_line", "script_exit", "there is no kernel side"] {
        assert!(ran.out.contains(part), "{part}: {}", ran.out);
    }
}

#[test]
fn a_reader_that_has_seen_enough_is_no_error() {
    let scratch = Scratch::new("pipe");
    assert_eq!(scratch.run(&["demo", "--rounds", "200"]).status, Some(0));
    let mut report = Command::new(VMTRACE)
        .args(["report", "vmtrace-recording"])
        .current_dir(&scratch.0)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::new(report.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let ended = report.wait_with_output().unwrap();
    assert!(ended.status.success() && ended.stderr.is_empty(), "{ended:?}");
}
