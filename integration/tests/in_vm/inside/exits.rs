//! The VMM's events between the kernel's, on a guest that KVM runs.

use super::vcpu::{Step, Vcpu};
use crate::machine::Machine;
use crate::{Test, TestResult};
use ftrace::{Instance, Tracefs};
use std::process::{Command, Stdio};

pub(crate) const TESTS: &[Test] = &[
    Test::new("the_vmms_events_stand_in_their_exit", the_vmms_events_stand_in_their_exit),
    Test::new("the_same_while_processors_take_turns", the_vmms_events_stand_in_their_exit)
        .on(Machine::DEBIAN_SMP),
];

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

    let mut vcpu = Vcpu::new();
    for (number, line) in trace.lines().enumerate() {
        let Some((name, text)) = of_the_vcpu(line) else { continue };
        let before = || trace.lines().skip(number.saturating_sub(10)).take(11).collect::<Vec<_>>().join("\n");
        let step = match name {
            "kvm_entry" => Step::Entry,
            "kvm_exit" => Step::Exit,
            "kvm_userspace_exit" => Step::UserExit(text),
            "tracing_mark_write" => text.strip_prefix("kvm_run_exit ").map_or(Step::Event, Step::Told),
            _ => panic!("{}", before()),
        };
        let run = (name == "kvm_entry" && vcpu.is_out()).then_some(Step::Run); // not recorded
        for step in run.into_iter().chain([step]) {
            vcpu.step(step).unwrap_or_else(|why| panic!("line {number}: {why}:\n{}", before()));
        }
    }
    let Vcpu { exits, events, .. } = vcpu;
    println!("{exits} exits, {events} more events of the VMM in them");
    assert!(vcpu.is_out());
    assert!(exits >= 10_000 && events >= exits, "{exits} exits, {events} events");
    Ok(())
}

/// Name and text of an event of the vcpu's thread.
fn of_the_vcpu(line: &str) -> Option<(&str, &str)> {
    // vcpu0-136     [000] d..1.    10.811398: kvm_entry: vcpu 0, rip 0x7c00
    line.trim_start().strip_prefix("vcpu0-")?.split_once(": ")?.1.split_once(": ")
}
