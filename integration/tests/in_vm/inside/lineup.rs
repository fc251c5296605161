//! The demo VMM's events among the kernel's, as `vmtrace` lines them up.

use super::recorded::{Item, Note, Recorded, record};
use crate::machine::Machine;
use crate::{Test, TestResult};
use ftrace::{Instance, Tracefs};
use std::error::Error;
use std::path::Path;
use std::process::Command;

pub(crate) const TESTS: &[Test] = &[
    Test::new("a_demo_is_lined_up", a_demo_is_lined_up),
    Test::new("one_vcpu", one_vcpu),
    Test::new("two_vcpus", two_vcpus).on(Machine::DEBIAN_SMP),
    Test::new("the_kernel_says_the_same", the_kernel_says_the_same),
    Test::new("losses_are_told", losses_are_told),
];

fn a_demo_is_lined_up() -> TestResult {
    let dir = Path::new("/tmp/a-demo");
    let demo = Command::new("vmtrace").args(["demo", "--rounds", "2", "-o"]).arg(dir).output()?;
    let (page, told) = (String::from_utf8_lossy(&demo.stdout), String::from_utf8_lossy(&demo.stderr));
    assert!(demo.status.success() && !page.contains("warning: "), "{page}\n{told}");
    assert!(page.contains("kvm_exit to the thread's next kvm_entry or KVM_RUN"), "{page}");
    assert_lined_up(dir, 1, 100)
}

fn one_vcpu() -> TestResult {
    let dir = Path::new("/tmp/one-vcpu");
    record(dir, &[], &["demo-vmm", "--rounds", "60", "-trace", "*"], 0)?;
    assert_lined_up(dir, 1, 3_000)
}

fn two_vcpus() -> TestResult {
    let dir = Path::new("/tmp/two-vcpus");
    record(dir, &[], &["demo-vmm", "--guests", "2", "--rounds", "40", "-trace", "*"], 0)?;
    assert_lined_up(dir, 2, 2_000)
}

/// That all events of so many vcpus are there, in their order, that each had so many exits, and that the summary fits.
fn assert_lined_up(dir: &Path, threads: usize, at_least: u64) -> TestResult {
    let recorded = Recorded::report(dir, &[])?;
    recorded.assert_whole();
    recorded.assert_summary();
    let vcpus = recorded.assert_in_order();
    assert_eq!(vcpus.len(), threads);
    for vcpu in vcpus.values() {
        println!("{} exits, {} more events of the VMM in them", vcpu.exits, vcpu.events);
        assert!(vcpu.is_out() && vcpu.exits >= at_least && vcpu.events >= vcpu.exits, "{vcpu:?}");
    }
    assert_eq!(vcpus.values().map(|vcpu| vcpu.exits).sum::<u64>(), counted(&recorded.items)?);
    Ok(())
}

/// How many exits the demo VMM says in the end that it had.
fn counted(items: &[Item]) -> Result<u64, Box<dyn Error>> {
    let stop = items.iter().find(|item| item.event == "machine_stop").ok_or("no machine_stop")?;
    Ok(stop.text.strip_suffix(" exits").ok_or("no count")?.parse()?)
}

/// The kernel's own text of the same events, from an instance that was there before: it has the same ones, and says the
/// same of them, each within the time that it prints itself.
fn the_kernel_says_the_same() -> TestResult {
    let instance = witness()?;
    let dir = Path::new("/tmp/the-same");
    record(dir, &[], &["demo-vmm", "--rounds", "25", "-trace", "*"], 0)?;
    let recorded = Recorded::report(dir, &["kvm_pio", "kvm_mmio"])?;
    recorded.assert_whole();
    recorded.assert_summary();

    let trace = instance.read("trace")?;
    let lines: Vec<Line<'_>> = trace.lines().filter_map(Line::parse).collect();
    let items: Vec<&Item> = recorded.items.iter().filter(|item| item.source == "kvm").collect();
    assert_eq!(lines.len(), items.len(), "the instance's lines, the report's items");
    for (number, (line, item)) in lines.iter().zip(&items).enumerate() {
        assert_eq!((line.thread, line.name, line.text), (item.thread, &*item.event, &*item.text), "{number}");
        // An event goes to one instance after the other, in the order in which they asked for it.
        let next = lines.get(number + 1).map_or(u64::MAX, |next| next.time);
        assert!(line.time <= item.time + HALF && item.time <= next.saturating_add(HALF), "{line:?} {item:?}");
    }
    println!("{} events of the kernel's", lines.len());
    for reason in &recorded.summary.reasons {
        let exits = |line: &&Line<'_>| {
            line.name == "kvm_exit" && line.text.contains(&format!(" reason {} ", reason.name))
        };
        let count = lines.iter().filter(exits).count() as u64;
        // the guest's last exit is not ended by another entry
        assert!(
            reason.count == count || reason.count + 1 == count && reason.name == "hlt",
            "{reason:?} {count}"
        );
    }
    Ok(())
}

/// A ring of the least size: what is left is in order, and what is not there is told to the last event.
fn losses_are_told() -> TestResult {
    let instance = witness()?;
    instance.enable("syscalls", "sys_enter_ioctl", Some("cmd == 0xae80"))?;
    let dir = Path::new("/tmp/losses");
    let vmm = ["demo-vmm", "--rounds", "20", "-trace", "kvm_run_exit", "-trace", "machine_stop"];
    record(dir, &["-b", "4"], &vmm, 0)?;
    let recorded = Recorded::report(dir, &["kvm_pio", "kvm_mmio"])?;
    recorded.assert_in_order();
    let there = recorded.items.iter().filter(|item| item.source != "lost").count() as u64;
    let markers = counted(&recorded.items)? + 1;
    let of_the_kernel = instance.read("trace")?.lines().filter(|line| !line.starts_with('#')).count() as u64;
    let lost = of_the_kernel + markers - there;
    println!("{there} events, {lost} lost");
    assert!(lost > 0, "a ring of 4 KiB held all");
    let told = |note: &Note| {
        let (words, _) = note.text.split_once(" kernel events were lost, where `lost` stands")?;
        // a page that was full had no room for its own count
        let count = words.trim_start_matches("at least ").replace(',', "");
        note.warning.then_some(count.parse())
    };
    assert!(recorded.notes.iter().filter_map(told).eq([Ok(lost)]), "{:?}", recorded.notes);
    Ok(())
}

/// An instance with the events that the recorder records, but for KVM_RUN.
fn witness() -> Result<Instance, ftrace::Error> {
    let instance = Instance::create(&Tracefs::find()?)?;
    instance.set_clock("mono")?;
    instance.set_buffer_kb(16 * 1024)?;
    for event in ["kvm_entry", "kvm_exit", "kvm_userspace_exit", "kvm_pio", "kvm_mmio"] {
        instance.enable("kvm", event, None)?;
    }
    Ok(instance)
}

/// The kernel prints the nearest microsecond.
const HALF: u64 = 500;

/// A line of the file `trace`.
#[derive(Debug)]
struct Line<'a> {
    thread: Option<u32>,
    /// Nanoseconds.
    time: u64,
    name: &'a str,
    text: &'a str,
}

impl<'a> Line<'a> {
    fn parse(line: &'a str) -> Option<Self> {
        // vcpu0-136     [000] d..1.    10.811398: kvm_entry: vcpu 0, rip 0x7c00
        let (head, rest) = line.split_once(": ")?;
        let (name, text) = rest.split_once(": ")?;
        let thread = head.split_once(" [")?.0.trim_end().rsplit_once('-')?.1.parse().ok();
        let (seconds, micros) = head.rsplit_once(' ')?.1.split_once('.')?;
        let time = (seconds.parse::<u64>().ok()? * 1_000_000 + micros.parse::<u64>().ok()?) * 1000;
        Some(Self { thread, time, name, text })
    }
}
