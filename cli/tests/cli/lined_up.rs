//! What `record` and `report` make of real guests: each of the VMM's events at its own exit.

use crate::scratch::{Scratch, VMTRACE, lacks};
use serde_json::Value;
use std::collections::{HashMap, HashSet};
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

const KVM: [&str; 2] = ["/dev/kvm", "/sys/kernel/tracing/events/kvm"];

/// The items of a report, in its order, by thread.
fn items(scratch: &Scratch) -> HashMap<u64, Vec<Value>> {
    let ran = scratch.run(&["report", "--json"]);
    assert_eq!(ran.status, Some(0), "{}", ran.told);
    let mut threads: HashMap<u64, Vec<Value>> = HashMap::new();
    for line in ran.out.lines() {
        let item: Value = serde_json::from_str(line).unwrap();
        if item["kind"] == "item" {
            threads.entry(item["thread"].as_u64().unwrap_or_default()).or_default().push(item);
        }
    }
    threads
}

/// The number behind a word of an event's text.
fn number(text: &str, word: &str) -> u64 {
    let digits = text.split_once(word).unwrap_or_else(|| panic!("no `{word}` in `{text}`")).1;
    digits.trim_start().split(|c: char| !c.is_ascii_digit()).next().unwrap().parse().unwrap()
}

/// The reason of a `kvm_userspace_exit`, `reason KVM_EXIT_IO (2)`; `None` of one that has no event of the VMM's.
fn reason(text: &str) -> Option<u64> {
    (!text.contains("restart") && !text.contains("error")).then(|| number(text, "("))
}

#[test]
fn every_event_of_the_demo_stands_in_its_own_exit() {
    if lacks("every_event_of_the_demo_stands_in_its_own_exit", &KVM) {
        return;
    }
    let scratch = Scratch::new("order");
    let demo = ["--", VMTRACE, "demo-vmm", "-trace", "*", "--rounds", "30"];
    let ran = scratch.run(&[&["record"][..], &demo].concat());
    assert_eq!(ran.status, Some(0), "{ran:?}");

    let threads = items(&scratch);
    let vcpu =
        threads.values().find(|items| items.iter().any(|item| item["event"] == "kvm_run_exit")).unwrap();
    let mut exit: Option<u64> = None; // the exit whose handler the thread is in
    let (mut exits, mut events, mut next) = (0u64, 0u64, 0u64);
    for item in vcpu {
        let (event, text) = (item["event"].as_str().unwrap(), item["text"].as_str().unwrap());
        match item["source"].as_str().unwrap() {
            "kvm" if event == "kvm_userspace_exit" => {
                exit = reason(text);
                exits += u64::from(exit.is_some());
            }
            // any other event of the kernel's ends the handler, KVM_RUN's as well as the guest's
            "kvm" | "syscalls" => exit = None,
            "vmm" if event == "kvm_run_exit" => {
                assert_eq!(number(text, "seq"), next, "in order, none missing");
                assert_eq!(Some(number(text, "reason")), exit, "{text}");
                next += 1;
            }
            "vmm" => {
                let belongs = match event.split('_').next().unwrap() {
                    "serial" => exit == Some(2),
                    "toy" if event.starts_with("toy_disk") => exit == Some(6),
                    "toy" => matches!(exit, Some(2 | 5)),
                    _ => exit.is_some(),
                };
                assert!(belongs, "{event} {text} after {exit:?}");
                events += 1;
            }
            source => panic!("{source}"),
        }
    }
    assert_eq!((exits, next), (30 * 52, 30 * 52));
    assert!(events > 30 * 50, "{events}");
}

#[test]
fn each_line_of_a_qemu_that_no_one_here_wrote_is_matched_to_its_own_exit() {
    let qemu = "/usr/bin/qemu-system-x86_64";
    if lacks("each_line_of_a_qemu_that_no_one_here_wrote", &[KVM[0], KVM[1], qemu]) {
        return;
    }
    let scratch = Scratch::new("qemu");
    let command = ["-accel", "kvm", "-display", "none", "-trace", "kvm_run_exit"];
    let mut record = Command::new(VMTRACE);
    record.arg("record").arg("--").arg(qemu).args(command).current_dir(&scratch.0);
    let mut record =
        record.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    // the firmware has booted as far as this needs when the log has some 4,000 lines
    let log = scratch.0.join("vmtrace-recording/log/qemu.log");
    let deadline = Instant::now() + Duration::from_secs(60);
    while std::fs::metadata(&log).map_or(0, |log| log.len()) < 4000 * 58 {
        assert!(Instant::now() < deadline && record.try_wait().unwrap().is_none(), "no log after a minute");
        thread::sleep(Duration::from_millis(100));
    }
    let killed = Command::new("kill").arg(record.id().to_string()).status().unwrap();
    assert!(killed.success());
    let told = String::from_utf8(record.wait_with_output().unwrap().stderr).unwrap();
    assert!(told.contains("added to QEMU's arguments") && told.contains("-msg timestamp=on"), "{told}");

    let (mut lines, mut matched) = (0u64, 0u64);
    for (thread, items) in items(&scratch) {
        let exits: HashMap<u64, u64> = items
            .iter()
            .filter(|item| item["event"] == "kvm_userspace_exit")
            .filter_map(|item| {
                Some((item["time_ns"].as_u64().unwrap(), reason(item["text"].as_str().unwrap())?))
            })
            .collect();
        let mut taken = HashSet::new();
        for line in items.iter().filter(|item| item["event"] == "kvm_run_exit") {
            lines += 1;
            let Some(exit) = line["exit_ns"].as_u64() else { continue };
            let own = exits.get(&exit).unwrap_or_else(|| panic!("{line} is at no exit of thread {thread}"));
            assert_eq!(number(line["text"].as_str().unwrap(), "reason"), *own, "{line}");
            assert!(taken.insert(exit), "two lines at the exit of {line}");
            matched += 1;
        }
    }
    assert!(lines >= 3000 && matched * 1000 >= lines * 995, "{matched} of {lines}");
}
