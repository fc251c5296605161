//! The program as its user sees it.

use std::collections::BTreeSet;
use std::process::{Command, Output};

fn demo(args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_demo-vmm"))
        .args(args)
        .env_remove("VMTRACE_INSTANCE")
        .output()
        .expect("the program can be started")
}

fn text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).expect("all that it prints is UTF-8")
}

/// The event lines of a log on standard error, `TID@SECONDS:NAME TEXT`: thread, name, text.
fn events(stderr: &[u8]) -> Vec<(&str, &str, &str)> {
    text(stderr)
        .lines()
        .filter_map(|line| {
            let (thread, rest) = line.split_once('@')?;
            let (name, text) = rest.split_once(':')?.1.split_once(' ')?;
            Some((thread, name, text))
        })
        .collect()
}

/// Whether KVM ran the guest, by what the program told.
fn had_kvm(test: &str, output: &Output) -> bool {
    let told = text(&output.stderr).contains("demo-vmm: no KVM");
    if told {
        eprintln!("SKIP {test}: there is no /dev/kvm");
    }
    !told
}

#[test]
fn prints_what_the_guest_prints() {
    for args in [&["--rounds", "3"][..], &["--rounds=3", "--no-kvm"]] {
        let output = demo(args);
        assert!(output.status.success(), "{args:?}: {output:?}");
        assert_eq!(text(&output.stdout), "Hello from sector 0\n".repeat(3), "{args:?}");
    }
}

#[test]
fn tells_that_there_was_no_kvm() {
    let output = demo(&["--no-kvm"]);
    assert_eq!(
        text(&output.stderr),
        "demo-vmm: no KVM: a script stood in for the guest (KVM was not asked for)\n"
    );
}

/// Every exit is one event, numbered without a gap, and what its handler emits follows on the same thread.
#[test]
fn every_exit_is_told_in_order() {
    for (exit, args) in [
        ("kvm_run_exit", &["--rounds", "2", "-trace", "*"][..]),
        ("script_exit", &["--rounds", "2", "-trace", "*", "--no-kvm"]),
    ] {
        let output = demo(args);
        if exit == "kvm_run_exit" && !had_kvm("every_exit_is_told_in_order", &output) {
            continue;
        }
        let events = events(&output.stderr);
        let vcpu = events.iter().find(|(_, name, _)| *name == exit).expect("an exit").0;
        let mut exits = 0;
        let mut handled = true;
        for (_, name, text) in events.iter().filter(|(thread, ..)| *thread == vcpu) {
            if *name == exit {
                assert!(text.ends_with(&format!(", seq {exits}")), "{text} is not exit {exits}");
                assert!(handled, "the handler of exit {} told nothing", exits - 1);
                (exits, handled) = (exits + 1, false);
            } else {
                handled = true;
            }
        }
        assert_eq!(exits, 104, "{exit}");
        let stop = events.iter().find(|(_, name, _)| *name == "machine_stop").expect("machine_stop");
        assert_eq!(stop.2, "104 exits");
        let tick = events.iter().find(|(_, name, _)| *name == "toy_timer_tick").expect("a tick");
        assert_ne!(tick.0, vcpu, "the timer ticks on a thread of its own");
    }
}

/// The declarations and the calls agree: a round emits every event but those of errors, and of the script.
#[test]
fn guests_run_at_once_and_each_on_its_own_thread() {
    let output = demo(&["--no-kvm", "--guests", "3", "--rounds", "5", "-trace", "script_exit"]);
    assert_eq!(text(&output.stdout), "Hello from sector 0\n".repeat(15));
    let mut exits: Vec<(&str, Vec<&str>)> = Vec::new();
    for (thread, _, text) in events(&output.stderr) {
        let (_, seq) = text.split_once("seq ").unwrap();
        match exits.iter_mut().find(|(known, _)| *known == thread) {
            Some((_, seqs)) => seqs.push(seq),
            None => exits.push((thread, vec![seq])),
        }
    }
    assert_eq!(exits.len(), 3);
    for (_, seqs) in exits {
        assert!(
            seqs.len() > 5 && seqs.iter().enumerate().all(|(index, seq)| index.to_string() == *seq),
            "{seqs:?}"
        );
    }
}

#[test]
fn every_event_is_emitted() {
    let output = demo(&["-trace", "*"]);
    if !had_kvm("every_event_is_emitted", &output) {
        return;
    }
    let emitted: BTreeSet<&str> = events(&output.stderr).iter().map(|(_, name, _)| *name).collect();
    let declared: BTreeSet<&str> = [
        include_str!("../trace-events"),
        include_str!("../accel/trace-events"),
        include_str!("../hw/block/trace-events"),
        include_str!("../hw/char/trace-events"),
        include_str!("../hw/timer/trace-events"),
    ]
    .iter()
    .flat_map(|file| file.lines())
    .filter(|line| !line.starts_with('#') && !line.starts_with("disable "))
    .filter_map(|line| Some(line.split_once('(')?.0))
    .collect();
    let silent: Vec<_> = declared.difference(&emitted).copied().collect();
    assert_eq!(silent, ["machine_unassigned", "script_exit", "toy_disk_error"]);
}

#[test]
fn refuses_what_it_does_not_understand() {
    for (args, part) in [
        (&["disk.img"][..], "unknown option disk.img (see --help)"),
        (&["--rounds", "0"], "--rounds 0: wants a number from 1 to 4294967295 (see --help)"),
        (&["-trace", "nothing_*"], "no trace event matches `nothing_*`"),
        (&["-trace", "kvm_run"], "`kvm_run` matches only events that are declared `disable`"),
        (&["-trace", "*,colour=red"], "`colour`"),
        (&["-trace"], "-trace: needs a value"),
        (&["-d", "in_asm"], "-d in_asm: there is no log item `in_asm`"),
        (&["-msg", "colour=on"], "-msg colour=on: `colour` is neither timestamp nor guest-name"),
    ] {
        let output = demo(args);
        assert_eq!(output.status.code(), Some(1), "{args:?}");
        assert!(output.stdout.is_empty(), "{args:?}");
        let told = text(&output.stderr);
        assert!(told.starts_with("demo-vmm: ") && told.contains(part), "{args:?}: {told}");
    }
}

#[test]
fn helps() {
    let output = demo(&["--help"]);
    assert!(output.status.success());
    for option in
        ["\n  -trace", "\n  -D FILE", "\n  -d ITEM", "\n  -msg", "\n  --rounds N", "--no-kvm", "--help"]
    {
        assert!(text(&output.stdout).contains(option), "{option}");
    }
}

#[test]
fn lists_its_events() {
    let output = demo(&["-trace", "help"]);
    assert!(output.status.success() && output.stderr.is_empty(), "{output:?}");
    let names: BTreeSet<&str> = text(&output.stdout).lines().collect();
    for name in ["machine_start", "kvm_run_exit", "toy_disk_read", "serial_write", "toy_timer_tick"] {
        assert!(names.contains(name), "{name}: {names:?}");
    }
}

#[test]
fn a_sink_that_is_missing_or_loses_is_told() {
    let lost = demo(&["--no-kvm", "-trace", "*,file=/dev/full"]);
    let missing = demo(&["--no-kvm", "-trace", "*,file=/nonexistent/log"]);
    for (output, part) in [(lost, "demo-vmm: trace sink `log` lost "), (missing, "`log` is not available: ")]
    {
        assert!(output.status.success(), "{output:?}");
        assert!(text(&output.stderr).contains(part), "{output:?}");
    }
}

/// A /dev/kvm that is none, in a mount namespace of the program's own.
#[test]
fn a_device_that_is_not_kvm_is_no_kvm() {
    let program = env!("CARGO_BIN_EXE_demo-vmm");
    let in_namespace = |script| {
        Command::new("unshare").args(["-m", "sh", "-c", script, program]).output().expect("unshare(1)")
    };
    if !in_namespace("mount --bind /dev/null /dev/kvm").status.success() {
        eprintln!("SKIP a_device_that_is_not_kvm_is_no_kvm: not root, or no /dev/kvm");
        return;
    }
    let output = in_namespace("mount --bind /dev/null /dev/kvm; exec \"$0\"");
    assert!(output.status.success(), "{output:?}");
    assert_eq!(text(&output.stdout), "Hello from sector 0\n");
    assert!(text(&output.stderr).contains("no KVM: a script stood in for the guest (/dev/kvm is not KVM's"));
}

#[test]
fn an_output_that_cannot_be_written_is_a_failure() {
    let full = std::fs::OpenOptions::new().write(true).open("/dev/full").expect("/dev/full");
    let output = Command::new(env!("CARGO_BIN_EXE_demo-vmm"))
        .arg("--no-kvm")
        .stdout(full)
        .output()
        .expect("the program can be started");
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output.stderr).contains("write what the guest prints: No space left"), "{output:?}");
}
