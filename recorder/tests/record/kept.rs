//! What is in a recording.

use crate::recorder::{AS_RECORDER, Recorder, Scratch, eventually};
use nix::sys::signal::{Signal, kill};
use recording::{Exit, LogFile, LogForm, Recording};
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

pub(crate) fn a_command_that_does_nothing() {
    let scratch = Scratch::new();
    let ended = scratch.record(&[], &["true"]);
    assert_eq!(ended.status, Some(0), "{ended:?}");
    assert_eq!(ended.told, "");
    assert!(ended.instance.starts_with("/sys/kernel/tracing/instances"), "{ended:?}");
    assert!(!ended.instance.exists());

    let manifest = scratch.load();
    assert!(manifest.notices.is_empty(), "{:?}", manifest.notices);
    assert_eq!(manifest.command.argv, ["true"]);
    assert!(manifest.command.pid.is_some() && manifest.command.added.is_empty());
    assert_eq!(manifest.host.page_size, 4096);
    assert_eq!(manifest.end.unwrap().exit, Exit::Status(0));
    assert!(manifest.clocks.len() >= 2 && manifest.clocks.is_sorted_by_key(|pair| pair.mono_before));
    let kernel = manifest.kernel.unwrap();
    assert_eq!(kernel.clock, "mono");

    let recording = Recording::open(&scratch.dir()).unwrap();
    assert!(fs::read_to_string(recording.header_page_path()).unwrap().contains("commit"));
    for ring in &kernel.cpus {
        assert!(recording.cpu_path(ring.cpu).exists());
    }
    let on = kernel.events.iter().filter(|event| event.refused.is_none());
    let names = on.map(|event| (&*event.system, &*event.name)).chain([("ftrace", "print")]);
    for (system, name) in names {
        let format = recording.events_dir().join(system).join(name).join("format");
        assert!(fs::read_to_string(&format).unwrap().starts_with(&format!("name: {name}\n")));
    }
    for file in [recording.manifest_path(), recording.header_page_path(), recording.comms_path()] {
        use std::os::unix::fs::PermissionsExt as _;
        assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600, "{}", file.display());
    }
}

const QEMU: [&str; 11] = [
    "timeout",
    "2",
    "qemu-system-x86_64",
    "-accel",
    "kvm",
    "-display",
    "none",
    "-serial",
    "none",
    "-monitor",
    "none",
];

/// Why there is no QEMU on KVM here.
fn no_qemu(test: &str) -> bool {
    let lacking =
        ["/dev/kvm", "/usr/bin/qemu-system-x86_64"].into_iter().find(|path| !Path::new(path).exists());
    if let Some(lacking) = lacking {
        eprintln!("SKIP {test}: no {lacking}");
    }
    lacking.is_some()
}

pub(crate) fn a_firmware_boot_of_qemu() {
    if no_qemu("a_firmware_boot_of_qemu") {
        return;
    }
    let scratch = Scratch::new();
    let ended = scratch.record(&[], &QEMU);
    assert_eq!(ended.status, Some(124), "timeout's own status: {ended:?}");

    let recording = Recording::open(&scratch.dir()).unwrap();
    let comms = fs::read_to_string(recording.comms_path()).unwrap();
    let threads: BTreeSet<u32> = comms
        .lines()
        .filter_map(|line| line.split_once(' '))
        .filter(|(_, name)| name.starts_with("qemu-system"))
        .filter_map(|(thread, _)| thread.parse().ok())
        .collect();
    assert!(threads.len() >= 2, "{comms}");
    for name in ["kvm:kvm_pio", "kvm:kvm_userspace_exit", "syscalls:sys_enter_ioctl"] {
        let count = records(&scratch, name, |thread| threads.contains(&thread)).len();
        assert!(count > 100, "{name}: {count}");
    }
}

pub(crate) fn qemu_is_given_what_its_log_needs() {
    if no_qemu("qemu_is_given_what_its_log_needs") {
        return;
    }
    let qemu = |options: &[&'static str]| [&QEMU[..], &["-trace", "kvm_run_exit"], options].concat();
    let lines = |scratch: &Scratch| {
        let log = fs::read_to_string(scratch.dir().join("log/qemu.log")).unwrap();
        log.lines().filter(|line| line.contains('@') && line.contains(":kvm_run_exit cpu_index 0")).count()
    };
    let expect = [LogFile { path: PathBuf::from("log/qemu.log"), form: LogForm::Qemu }];

    for (options, added) in [(vec![], 4), (vec!["-msg", "timestamp=on", "-D", "my.log"], 0)] {
        let scratch = Scratch::new();
        let ended = scratch.record(&[], &qemu(&options));
        assert_eq!(ended.status, Some(124), "{ended:?}");
        let manifest = scratch.load();
        assert_eq!(manifest.command.added.len(), added, "{:?}", manifest.command);
        assert!(manifest.command.argv.ends_with(&manifest.command.added));
        assert_eq!(ended.told.contains("added to QEMU's arguments"), added > 0, "{ended:?}");
        assert_eq!(manifest.logs, expect);
        assert!(lines(&scratch) > 100);
    }
}

pub(crate) fn markers_of_the_command_and_of_nobody_else() {
    let scratch = Scratch::new();
    let script =
        "echo mine > $VMTRACE_INSTANCE/trace_marker; echo ready; while [ ! -e go ]; do sleep 0.05; done";
    let mut recorder = scratch.start(&[], &["sh", "-c", script]);
    assert_eq!(recorder.line(), "ready\n");
    let tracefs = ftrace::Tracefs::find().unwrap();
    let other = ftrace::Instance::create(&tracefs).unwrap();
    fs::write(other.path().join("trace_marker"), "not mine").unwrap();
    fs::write(scratch.path().join("go"), "").unwrap();
    assert_eq!(recorder.wait().status, Some(0));
    assert!(scratch.has("mine\n") && !scratch.has("not mine"));
}

pub(crate) fn events_of_the_command_and_of_nobody_else() {
    let scratch = Scratch::new();
    // The shell, and a process that it forks; this test writes as well, and is not recorded.
    let script = "echo $$; sh -c 'echo $$; exec dd if=/dev/zero of=/dev/null bs=1 count=1000 2> /dev/null'
                  while [ ! -e go ]; do sleep 0.05; done";
    let mut recorder = scratch.start(&["-e", "syscalls:sys_enter_write"], &["sh", "-c", script]);
    let threads = [recorder.line(), recorder.line()].map(|line| line.trim_end().parse::<u32>().unwrap());
    for _ in 0..1000 {
        fs::write("/dev/null", "x").unwrap();
    }
    fs::write(scratch.path().join("go"), "").unwrap();
    assert_eq!(recorder.wait().status, Some(0));
    let written = records(&scratch, "syscalls:sys_enter_write", |_| true);
    for (thread, least) in [(threads[0], 1), (threads[1], 1000)] {
        assert!(written.iter().filter(|other| **other == thread).count() >= least, "{thread} in {written:?}");
    }
    assert!(!written.contains(&std::process::id()));
    assert!(written.iter().all(|thread| threads.contains(thread)), "{written:?}");
}

pub(crate) fn two_recorders_at_once() {
    let scratches = [Scratch::new(), Scratch::new()];
    let script =
        "echo mark $$ > $VMTRACE_INSTANCE/trace_marker; echo $$; while [ ! -e go ]; do sleep 0.05; done";
    let mut recorders = scratches.each_ref().map(|scratch| scratch.start(&[], &["sh", "-c", script]));
    assert_ne!(recorders[0].instance, recorders[1].instance);
    let marks = recorders.each_mut().map(|recorder| format!("mark {}", recorder.line()));
    for scratch in &scratches {
        fs::write(scratch.path().join("go"), "").unwrap();
    }
    for recorder in recorders {
        let ended = recorder.wait();
        assert_eq!(ended.status, Some(0), "{ended:?}");
        assert!(!ended.instance.exists());
    }
    for (index, mark) in marks.iter().enumerate() {
        assert!(scratches[index].has(mark) && !scratches[1 - index].has(mark), "{marks:?}");
    }
}

pub(crate) fn losses_are_counted_and_told() {
    let scratch = Scratch::new();
    let script = "echo ready; while [ ! -e go ]; do sleep 0.05; done
                  dd if=/dev/zero of=/dev/null bs=1 count=30000 2> /dev/null; echo done";
    let options = ["-b", "16", "-e", "syscalls:sys_enter_write"];
    let mut recorder = scratch.start(&options, &["sh", "-c", script]);
    assert_eq!(recorder.line(), "ready\n");
    // A keeper that does not get to run.
    kill(recorder.keeper(), Signal::SIGSTOP).unwrap();
    fs::write(scratch.path().join("go"), "").unwrap();
    assert_eq!(recorder.line(), "done\n");
    kill(recorder.keeper(), Signal::SIGCONT).unwrap();
    let ended = recorder.wait();
    let kernel = scratch.load().kernel.unwrap();
    let lost: u64 = kernel.cpus.iter().map(|cpu| cpu.overrun).sum();
    let kept = records(&scratch, "syscalls:sys_enter_write", |_| true).len() as u64;
    assert!(lost > 10_000, "{kernel:?}");
    assert!((30_000..30_100).contains(&(lost + kept)), "{lost} lost, {kept} kept");
    assert!(ended.told.contains(&format!("{lost} of the kernel's events were lost")), "{ended:?}");
    eventually("the instance goes", || !ended.instance.exists());
}

pub(crate) fn a_full_disk_leaves_what_fitted() {
    // In a mount namespace of its own, so that this machine has no mount more; what is kept is copied out of it.
    let scratch = Scratch::new();
    let full = scratch.path().join("full");
    fs::create_dir(&full).unwrap();
    let script = "mount -t tmpfs -o size=1m none full; program=$1; shift; \"$program\" \"$@\"; status=$?
                  cp -r full/recording recording; exit $status";
    let flood = "exec dd if=/dev/zero of=/dev/null bs=1 count=200000 2> /dev/null";
    let mut command = Command::new("unshare");
    command
        .current_dir(scratch.path())
        .args(["-m", "sh", "-c", script, "sh"])
        .arg(std::env::current_exe().unwrap())
        .arg(AS_RECORDER);
    command.arg(full.join("recording")).args(["-e", "syscalls:sys_enter_write", "--", "sh", "-c", flood]);
    let ended = Recorder::start(command).wait();
    assert_eq!(ended.status, Some(0), "{ended:?}");
    assert!(ended.told.contains("stopped before the command did: No space left"), "{ended:?}");
    assert!(!ended.instance.exists());

    let manifest = scratch.load();
    assert_eq!(manifest.end.unwrap().exit, Exit::Status(0));
    assert!(records(&scratch, "syscalls:sys_enter_write", |_| true).len() > 1000);
}

/// The threads of an event's records in the pages, found without decoding them: a record begins with the event's number,
/// three bytes of flags, and the thread (`common_type` to `common_pid`), and has more than 12 bytes.
fn records(scratch: &Scratch, event: &str, wanted: impl Fn(u32) -> bool) -> Vec<u32> {
    let (system, name) = event.split_once(':').unwrap();
    let recording = Recording::open(&scratch.dir()).unwrap();
    let format = fs::read_to_string(recording.events_dir().join(system).join(name).join("format")).unwrap();
    let id: u16 = format.lines().find_map(|line| line.strip_prefix("ID: ")).unwrap().parse().unwrap();
    let mut threads = Vec::new();
    for page in scratch.pages().chunks(4096) {
        let commit = usize::from(u16::from_le_bytes([page[8], page[9]])) & 0xfff;
        let mut at = 16;
        while at + 4 <= 16 + commit {
            let header = u32::from_le_bytes(page[at..at + 4].try_into().unwrap());
            // include/linux/ring_buffer.h: type_len in the low 5 bits.
            let kind = header & 31;
            let length = match kind {
                0 | 29 => u32::from_le_bytes(page[at + 4..at + 8].try_into().unwrap()) as usize + 4,
                30 | 31 => 8,
                words => 4 + 4 * words as usize,
            };
            let body = at + if kind == 0 { 8 } else { 4 };
            if kind <= 28 && u16::from_le_bytes([page[body], page[body + 1]]) == id {
                let thread = u32::from_le_bytes(page[body + 4..body + 8].try_into().unwrap());
                if wanted(thread) {
                    threads.push(thread);
                }
            }
            at += length;
        }
    }
    threads
}
