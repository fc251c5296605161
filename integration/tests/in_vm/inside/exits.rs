//! The VMM's events between the kernel's, on a guest that KVM runs.

use crate::machine::Machine;
use crate::{Test, TestResult};
use ftrace::{Instance, Tracefs};
use std::process::{Command, Stdio};

pub(crate) const TESTS: &[Test] = &[
    Test::new("the_vmms_events_stand_in_their_exit", the_vmms_events_stand_in_their_exit),
    Test::new("the_same_while_processors_take_turns", the_vmms_events_stand_in_their_exit)
        .on(Machine::DEBIAN_SMP),
];

/// Where a vcpu's thread is, as its events so far tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    /// Before its first entry.
    Outside,
    Guest,
    /// In the kernel, which may well enter again.
    Kernel,
    /// On the way to the VMM, with a reason.
    Leaving(u32),
    /// In the VMM, which has told of the exit.
    Vmm,
}

/// Every exit to user space, of some 10,000: kvm_exit, kvm_userspace_exit, the VMM's events of it, kvm_entry.
fn the_vmms_events_stand_in_their_exit() -> TestResult {
    let instance = Instance::create(&Tracefs::find()?)?;
    instance.set_clock("mono")?;
    instance.set_buffer_kb(16 * 1024)?;
    for event in ["kvm_entry", "kvm_exit", "kvm_userspace_exit"] {
        instance.enable("kvm", event, None)?;
    }
    let vmm = Command::new("demo-vmm")
        .args(["--rounds", "200", "-trace", "*"])
        .env(vmtrace::INSTANCE_VARIABLE, instance.path())
        .stdout(Stdio::null())
        .output()?;
    let told = String::from_utf8_lossy(&vmm.stderr);
    assert!(vmm.status.success() && !told.contains("demo-vmm: "), "{told}");
    for ring in instance.rings()? {
        assert_eq!(ring.stats()?.overrun, 0, "the ring was too small");
    }
    let trace = instance.read("trace")?;

    let (mut place, mut exits, mut events) = (Place::Outside, 0_u64, 0_u64);
    for (number, line) in trace.lines().enumerate() {
        let Some((name, text)) = of_the_vcpu(line) else { continue };
        let next = match (place, name) {
            (Place::Outside | Place::Kernel | Place::Vmm, "kvm_entry") => Some(Place::Guest),
            (Place::Guest, "kvm_exit") => Some(Place::Kernel),
            // a signal for the VMM: its ioctl(2) fails, and it has no exit to tell of
            (Place::Kernel, "kvm_userspace_exit") if text.starts_with("reason restart ") => Some(Place::Vmm),
            (Place::Kernel, "kvm_userspace_exit") => reason(text).map(Place::Leaving),
            (Place::Leaving(reason), "tracing_mark_write") => {
                let expected = format!("kvm_run_exit cpu_index 0, reason {reason}, seq {exits}");
                exits += 1;
                (text == expected).then_some(Place::Vmm)
            }
            (Place::Vmm, "tracing_mark_write") => {
                events += 1;
                (!text.starts_with("kvm_run_exit ")).then_some(Place::Vmm)
            }
            _ => None,
        };
        let before = || trace.lines().skip(number.saturating_sub(10)).take(11).collect::<Vec<_>>().join("\n");
        place = next.unwrap_or_else(|| panic!("line {number}, {place:?}, exit {exits}:\n{}", before()));
    }
    println!("{exits} exits, {events} more events of the VMM in them");
    assert_eq!(place, Place::Vmm);
    assert!(exits >= 10_000 && events >= exits, "{exits} exits, {events} events");
    Ok(())
}

/// Name and text of an event of the vcpu's thread.
fn of_the_vcpu(line: &str) -> Option<(&str, &str)> {
    // vcpu0-136     [000] d..1.    10.811398: kvm_entry: vcpu 0, rip 0x7c00
    line.trim_start().strip_prefix("vcpu0-")?.split_once(": ")?.1.split_once(": ")
}

/// 6 of `reason KVM_EXIT_MMIO (6)`.
fn reason(text: &str) -> Option<u32> {
    text.split_once('(')?.1.strip_suffix(')')?.parse().ok()
}
