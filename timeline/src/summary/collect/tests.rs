//! Summaries of made timelines, also of machines that this one is not.

use super::*;
use crate::clock::Interval;
use crate::item::Body;
use crate::kernel::catalog::Event;
use std::borrow::Cow;

#[test]
fn reasons() {
    for (text, want) in [
        ("reason KVM_EXIT_IO (2)", "KVM_EXIT_IO"),
        ("reason restart (4)", "restart"),
        ("vcpu 0 reason EPT_VIOLATION rip 0xfff0 info1 0x0", "EPT_VIOLATION"),
        ("vcpu 0 reason EXCEPTION_NMI FAILED_VMENTRY rip 0x1", "EXCEPTION_NMI FAILED_VMENTRY"),
        ("TRAP: HSR_EC: 0x0024 (DABT_LOW), PC: 0x1", "TRAP: HSR_EC: 0x0024 (DABT_LOW)"),
    ] {
        assert_eq!(reason(text), want);
    }
}

/// What happens in a made timeline.
#[derive(Clone, Copy)]
enum Happens {
    /// `kvm_exit`, for HLT or IO.
    Exit(u32),
    Entry,
    /// `kvm_userspace_exit`
    User(u32),
    /// A call of KVM_RUN, and of another ioctl.
    Run,
    Ioctl,
    Pio,
    Vmm(&'static str),
    Lost,
}

use Happens::{Entry, Exit, Ioctl, Lost, Pio, Run, User, Vmm};

const FIELD: &str = "\tfield:int common_pid;\toffset:4;\tsize:4;\tsigned:1;\n\n\
    \tfield:unsigned int what;\toffset:8;\tsize:4;\tsigned:0;\n\
    \tfield:int errno;\toffset:12;\tsize:4;\tsigned:1;\n\nprint fmt: ";

fn event(system: &str, name: &str, field: &str, print: &str) -> Event {
    let fields = FIELD.replace(" what;", &format!(" {field};"));
    Event::parse(system, &format!("name: {name}\nID: 1\nformat:\n{fields}{print}\n")).unwrap()
}

/// The summary of what happens on thread 7.
fn summary(happens: &[(u64, Happens)]) -> Summary {
    let events = [
        event(
            "kvm",
            "kvm_exit",
            "exit_reason",
            r#""vcpu 0 reason %s rip 0x0", REC->exit_reason ? "IO" : "HLT""#,
        ),
        event("kvm", "kvm_entry", "vcpu", r#""vcpu %u", REC->vcpu"#),
        event("kvm", "kvm_userspace_exit", "reason", r#""reason KVM_EXIT_%u (2)", REC->reason"#),
        event("syscalls", "sys_enter_ioctl", "cmd", r#""""#),
        event("kvm", "kvm_pio", "port", r#""""#),
    ];
    let mut facts = Facts::default();
    let mut bytes = [[0; 16]; 2];
    let mut steps = Vec::new();
    for &(at, what) in happens {
        let (index, word) = match what {
            Exit(reason) => (0, reason),
            Entry => (1, 0),
            User(reason) => (2, reason),
            Run => (3, 0xae80),
            Ioctl => (3, 0xae60),
            Pio => (4, 0),
            Vmm(_) | Lost => {
                steps.push((at, what, None, bytes[0]));
                continue;
            }
        };
        bytes[1][8..12].copy_from_slice(&u32::to_le_bytes(word));
        let step = events[index].step(&bytes[1]);
        facts.event(Some(&events[index]), &bytes[1], step, Some(7), None);
        steps.push((at, what, Some(&events[index]), bytes[1]));
    }
    let mut collector = Collector::of(&facts, 0);
    for (at, what, event, bytes) in &steps {
        let (source, name, body) = match (what, event) {
            (Vmm(name), _) => (Source::Vmm, *name, Body::Text(String::new())),
            (_, Some(event)) => {
                (Source::Kernel(&event.system), event.format.name.as_str(), Body::Kernel { event, bytes })
            }
            _ => (Source::Lost, "lost", Body::Text(String::new())),
        };
        collector.item(&Item {
            placed: *at,
            when: Interval::at(*at),
            cpu: Some(0),
            thread: Some(7),
            comm: Some("vcpu"),
            source,
            event: Cow::Borrowed(name),
            exit: None,
            body,
        });
    }
    collector.finish()
}

/// Of each reason: name, count, those that went to the VMM, total time.
fn totals(summary: &Summary) -> Vec<(&str, u64, u64, u64)> {
    let one = |reason: &Reason| (reason.count, reason.to_vmm, reason.time.total_ns);
    summary
        .reasons
        .iter()
        .map(|reason| {
            let (count, to_vmm, total) = one(reason);
            (reason.name.as_str(), count, to_vmm, total)
        })
        .collect()
}

#[test]
fn what_begins_and_ends_an_exit() {
    type Case<'a> = (&'a str, &'a [(u64, Happens)], (Began, Ended), &'a [(&'a str, u64, u64, u64)], u64);
    let table: &[Case<'_>] = &[
        ("nothing", &[(5, Vmm("a"))], (Began::Nothing, Ended::NextKvmEvent), &[], 0),
        (
            "in the kernel and in the VMM, by kvm_exit",
            &[
                (10, Exit(0)),
                (13, Entry),
                (20, Exit(1)),
                (22, User(2)),
                (30, Run),
                (35, Entry),
                (40, Exit(0)),
            ],
            (Began::KvmExit, Ended::EntryOrRun),
            &[("IO", 1, 1, 10), ("HLT", 1, 0, 3)],
            1,
        ),
        (
            "by kvm_exit, KVM_RUN not recorded",
            &[(20, Exit(1)), (22, User(2)), (35, Entry)],
            (Began::KvmExit, Ended::EntryOrRun),
            &[("IO", 1, 1, 15)],
            0,
        ),
        (
            "by kvm_userspace_exit; another ioctl ends nothing",
            &[(10, User(2)), (12, Ioctl), (20, Run), (30, User(6)), (31, Run)],
            (Began::KvmUserspaceExit, Ended::EntryOrRun),
            &[("KVM_EXIT_2", 1, 1, 10), ("KVM_EXIT_6", 1, 1, 1)],
            0,
        ),
        (
            "to the next kvm event",
            &[(10, User(2)), (15, Pio), (20, User(2)), (26, User(2))],
            (Began::KvmUserspaceExit, Ended::NextKvmEvent),
            &[("KVM_EXIT_2", 2, 2, 11)],
            1,
        ),
        (
            "events were lost in it",
            &[(10, User(2)), (15, Lost), (20, Run), (30, User(2)), (33, Run)],
            (Began::KvmUserspaceExit, Ended::EntryOrRun),
            &[("KVM_EXIT_2", 1, 1, 3)],
            1,
        ),
    ];
    for (name, happens, kinds, want, unfinished) in table {
        let summary = summary(happens);
        assert_eq!((summary.from, summary.until), *kinds, "{name}");
        assert_eq!(totals(&summary), *want, "{name}");
        assert_eq!(summary.unfinished, *unfinished, "{name}");
    }
}

#[test]
fn what_fills_an_exit_adds_up() {
    let summary = summary(&[
        (5, Vmm("before")),
        (10, User(2)),
        (12, Vmm("run_exit")),
        (15, Vmm("write")),
        (16, Vmm("write")),
        (20, Run),
        (25, Vmm("outside")),
        (30, User(2)),
        (34, Run),
        (40, User(2)),
        (43, Vmm("run_exit")),
        (50, Run),
    ]);
    let reason = &summary.reasons[0];
    assert_eq!((reason.count, reason.silent, reason.time.total_ns), (3, 1, 24));
    assert_eq!((reason.first.total_ns, reason.silent_time.total_ns), (5, 4));
    let filled: Vec<_> = reason
        .events
        .iter()
        .map(|event| (event.name.as_str(), event.count, event.held.total_ns, event.after.max_ns))
        .collect();
    assert_eq!(filled, [("run_exit", 2, 10, 3), ("write", 2, 5, 6)]);
    let parts: u64 = filled.iter().map(|(_, _, held, _)| held).sum();
    assert_eq!(parts + 5 + 4, reason.time.total_ns);

    let slow = &summary.slowest[0];
    assert_eq!((slow.since_ns, slow.took_ns, slow.thread, slow.comm.as_deref()), (10, 10, 7, Some("vcpu")));
    let named = |name: &str, count| Named { name: name.to_owned(), count };
    assert_eq!(slow.events, [named("run_exit", 1), named("write", 2)]);
    // one was before any exit, one between
    assert_eq!(summary.outside, [named("before", 1), named("outside", 1)]);
}
