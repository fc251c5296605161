//! The text of kernel events, held against what the kernel itself prints of them in `trace`.

use crate::capture::{Capture, Scratch, boot_qemu};
use std::collections::BTreeMap;
use std::fs;
use std::time::Duration;
use timeline::{Source, Timeline};

/// A line of `trace`: `COMM-TID [CPU] FLAGS SECONDS.MICROS: event: text`; a system call's has no event.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Printed {
    thread: u32,
    cpu: u32,
    micros: u64,
    text: String,
}

fn printed(line: &str) -> Option<Printed> {
    let (task, rest) = line.split_once(" [")?;
    let thread = task.trim_end().rsplit_once('-')?.1.parse().ok()?;
    let (cpu, rest) = rest.split_once(']')?;
    let (head, text) = rest.split_once(": ")?;
    let stamp = head.split_whitespace().next_back()?;
    let micros = stamp.replace('.', "").parse().ok()?;
    Some(Printed { thread, cpu: cpu.parse().ok()?, micros, text: text.to_owned() })
}

#[test]
fn the_text_is_the_kernels() {
    let scratch = Scratch::new("text");
    let dir = scratch.0.join("run");
    let events = [
        // one in 256 of a flood that would overwrite all others, by the address that the guest is at
        "kvm:kvm_emulate_insn/!(rip & 0xff)",
        "kvm:*",
        "kvmmmu:*",
        "sched:*",
        "syscalls:sys_enter_ioctl",
        "syscalls:sys_exit_ioctl",
        "syscalls:sys_enter_openat",
        "syscalls:sys_exit_openat",
        "raw_syscalls:*",
        "irq:*",
        "irq_vectors:*",
        "signal:*",
        "task:*",
        "timer:*",
        "exceptions:*",
        "ipi:*",
        "writeback:*",
        "block:*",
        "workqueue:*",
        "filelock:*",
    ];
    let capture = match Capture::start(&events, 16_384) {
        Ok(capture) => capture,
        Err(reason) => return eprintln!("SKIP the_text_is_the_kernels: {reason}"),
    };
    let plain_pointers = capture.show_pointers().is_ok();
    let booted = boot_qemu(&dir, &["-smp", "2"], Duration::from_millis(700)).is_some();
    if !booted {
        eprintln!("SKIP the_text_is_the_kernels in part: no QEMU, no kvm events");
    }
    // last, since a flood may have overwritten what was first
    capture.mark("timeline_mark text of it: 1");
    let captured = capture.finish(&dir, None);
    let timeline = Timeline::open(&captured.recording).unwrap();

    // "CPU:1 [LOST 2 EVENTS]" is an item of its own
    let mut theirs =
        captured.trace.lines().filter(|line| !line.starts_with('#') && !line.starts_with("CPU:"));
    let mut items = timeline.items().unwrap();
    let mut same = BTreeMap::<String, u64>::new();
    while let Some(item) = items.next().unwrap() {
        if item.source == Source::Lost {
            continue;
        }
        let Some(line) = theirs.next() else { panic!("the kernel has no line for {item:?}") };
        let Some(theirs) = printed(line) else { panic!("{line}") };
        let name = format!("{}:{}", item.source.as_str(), item.event);
        let text = item.text();
        let ours = match item.source {
            Source::Kernel("syscalls") => text.into_owned(),
            Source::Vmm => format!("tracing_mark_write: {} {text}", item.event),
            _ => format!("{}: {text}", item.event),
        };
        let place = (item.thread, item.cpu, (item.placed + 500) / 1000);
        assert_eq!(place, (Some(theirs.thread), Some(theirs.cpu), theirs.micros), "{line} / {name}");
        if ours == theirs.text {
            *same.entry(name).or_default() += 1;
        } else {
            let format = captured.recording.events_dir().join(name.replace(':', "/")).join("format");
            let format = fs::read_to_string(format).unwrap();
            let lacks = lacks(&format, plain_pointers);
            assert!(lacks.is_some(), "{name}\nours   {ours}\ntheirs {}\n{format}", theirs.text);
        }
    }
    assert_eq!(theirs.next(), None, "the kernel has a line more");
    let mut wanted = vec!["vmm:timeline_mark", "sched:sched_switch", "raw_syscalls:sys_enter"];
    if booted {
        wanted.extend(["kvm:kvm_userspace_exit", "kvm:kvm_pio", "syscalls:sys_enter_ioctl"]);
    }
    for name in wanted {
        assert!(same.contains_key(name), "no {name} in {same:?}");
    }
}

/// What a reader of the recording alone cannot know of an event's text.
fn lacks(format: &str, plain_pointers: bool) -> Option<&'static str> {
    let print = format.split_once("print fmt:")?.1;
    if print.contains("({") {
        return Some("statements, which C runs");
    }
    if ["%ps", "%pS"].iter().any(|symbol| print.contains(symbol)) {
        return Some("the names of addresses");
    }
    if print.contains("%p") && !plain_pointers {
        return Some("how pointers are hashed");
    }
    let code: String = print.split('"').step_by(2).collect();
    let mut words = code.split(|c: char| !(c.is_ascii_alphanumeric() || c == '_'));
    let enumerator = words.any(|word| word != "REC" && word.starts_with(|c: char| c.is_ascii_uppercase()));
    enumerator.then_some("the values of enumerators")
}
