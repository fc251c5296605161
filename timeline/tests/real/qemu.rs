//! Debian's QEMU booting its firmware: its log lined up with the exits that it tells of.

use crate::capture::{Capture, Scratch, boot_qemu};
use recording::LogForm;
use std::collections::BTreeMap;
use std::time::Duration;
use timeline::{Source, Timeline};

/// What a thread did, in the order of the timeline.
#[derive(Default)]
struct Thread {
    /// Exits that are QEMU's to handle: stamp and number.
    exits: Vec<(u64, String)>,
    /// Lines of QEMU's: the exit that each was matched to, its number, and the stamp of the thread's last kvm
    /// event.
    lines: Vec<(Option<u64>, String, u64)>,
    last: u64,
}

#[test]
fn each_line_is_matched_to_its_own_exit() {
    let scratch = Scratch::new("qemu");
    let dir = scratch.0.join("run");
    let events =
        ["kvm_entry", "kvm_exit", "kvm_userspace_exit", "kvm_pio", "kvm_mmio", "kvm_msr", "kvm_set_irq"];
    let events = events.map(|event| format!("kvm:{event}"));
    let capture = match Capture::start(&events.each_ref().map(String::as_str), 16_384) {
        Ok(capture) => capture,
        Err(reason) => return eprintln!("SKIP each_line_is_matched_to_its_own_exit: {reason}"),
    };
    let arguments = ["-smp", "2", "-trace", "kvm_run_exit"];
    if boot_qemu(&dir, &arguments, Duration::from_millis(1500)).is_none() {
        return eprintln!("SKIP each_line_is_matched_to_its_own_exit: no QEMU with KVM here");
    }
    let captured = capture.finish(&dir, Some(("qemu.log", LogForm::Qemu)));
    let timeline = Timeline::open(&captured.recording).unwrap();

    let mut threads = BTreeMap::<u32, Thread>::new();
    let mut items = timeline.items().unwrap();
    let mut before = 0;
    while let Some(item) = items.next().unwrap() {
        assert!(item.placed >= before, "in order of time: {item:?}");
        before = item.placed;
        assert_ne!(item.source, Source::Lost, "{}", item.text());
        let Some(number) = item.thread else { continue };
        let thread = threads.entry(number).or_default();
        let text = item.text();
        match (item.source, &*item.event) {
            (Source::Kernel("kvm"), "kvm_userspace_exit") => {
                thread.last = item.placed;
                if !text.contains("restart") && !text.contains("error") {
                    let reason = text.rsplit_once('(').unwrap().1.trim_end_matches(')');
                    thread.exits.push((item.placed, reason.to_owned()));
                }
            }
            (Source::Kernel("kvm"), _) => thread.last = item.placed,
            (Source::Vmm, "kvm_run_exit") => {
                let reason = text.rsplit_once("reason ").unwrap().1;
                thread.lines.push((item.exit, reason.to_owned(), thread.last));
            }
            _ => {}
        }
    }

    // The recording covers QEMU's whole life and nothing was lost, so a thread's n-th line is its n-th
    // exit's.
    let (mut lines, mut matched) = (0, 0);
    for (number, thread) in &threads {
        if thread.lines.is_empty() {
            continue;
        }
        assert_eq!(thread.lines.len(), thread.exits.len(), "thread {number}");
        for (line, exit) in thread.lines.iter().zip(&thread.exits) {
            lines += 1;
            let (found, reason, last) = line;
            if let Some(found) = found {
                matched += 1;
                assert_eq!((found, reason), (&exit.0, &exit.1), "thread {number}: another's exit");
                assert_eq!(*last, exit.0, "thread {number}: the line stands right after its exit");
            }
        }
    }
    println!("{matched} of {lines} lines matched, {} threads", threads.len());
    assert!(lines > 50, "QEMU hardly ran: {lines} lines");
    assert!(matched * 1000 >= lines * 995, "{matched} of {lines}");
}
