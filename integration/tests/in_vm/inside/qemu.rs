//! Debian's QEMU on the KVM inside: its log lines among the kernel's events.

use super::recorded::{Item, Recorded, record};
use crate::machine::Machine;
use crate::{Test, TestResult};
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

pub(crate) const TESTS: &[Test] =
    &[Test::new("log_lines_stand_at_their_exits", log_lines_stand_at_their_exits).on(Machine::DEBIAN_SMP)];

// The firmware of two processors, f000:0000 and up, where the second is started; the first starts at `start`. Each counts
// down from ROUNDS and tells the count to port 0x80; the last to be done ends the machine through isa-debug-exit.
std::arch::global_asm!(
    ".pushsection .rodata.in_vm_firmware, \"a\"",
    ".code16",
    ".globl in_vm_firmware, in_vm_firmware_start, in_vm_firmware_end",
    "in_vm_firmware:",
    "    cli",
    "    xor   di, di",
    "    mov   ds, di",
    "    mov   cx, {rounds}",
    "2:  mov   ax, cx",
    "    out   0x80, ax",
    "    loop  2b",
    "    lock inc byte ptr [0x500]",
    "    cmp   byte ptr [0x500], 2",
    "    jb    3f",
    "    mov   dx, 0x501",
    "    out   dx, al",
    "3:  hlt",
    "    jmp   3b",
    "in_vm_firmware_start:",
    "    mov   ecx, 0x1b", // IA32_APIC_BASE: x2APIC, whose registers real mode can reach
    "    rdmsr",
    "    or    eax, 0xc00",
    "    wrmsr",
    "    mov   ecx, 0x830", // its interrupt command: to all but itself
    "    xor   edx, edx",
    "    mov   eax, 0xc4500", // INIT
    "    wrmsr",
    "    mov   eax, 0xc46f0", // start at f000:0000
    "    wrmsr",
    "    jmp   in_vm_firmware",
    "in_vm_firmware_end:",
    ".code64",
    ".popsection",
    rounds = const ROUNDS,
);

unsafe extern "C" {
    safe static in_vm_firmware: u8;
    safe static in_vm_firmware_start: u8;
    safe static in_vm_firmware_end: u8;
}

const ROUNDS: u16 = 600;

/// What QEMU takes as `-bios`: the 64 KiB below 1 MiB, with a jump where a processor starts.
fn firmware() -> Vec<u8> {
    let address = |symbol: &'static u8| std::ptr::from_ref(symbol) as usize;
    let start = address(&in_vm_firmware);
    let len = address(&in_vm_firmware_end) - start;
    // SAFETY: the labels stand at the start and the end of one run of read-only bytes.
    let code = unsafe { std::slice::from_raw_parts(&raw const in_vm_firmware, len) };
    let [low, high, ..] = (address(&in_vm_firmware_start) - start).to_le_bytes();
    let mut image = code.to_vec();
    image.resize(0xfff0, 0xf4);
    image.extend([0xea, low, high, 0x00, 0xf0]); // jmp f000:start
    image.resize(0x10000, 0xf4);
    image
}

fn log_lines_stand_at_their_exits() -> TestResult {
    let (firmware_file, dir) = ("/tmp/firmware", Path::new("/tmp/qemu"));
    fs::write(firmware_file, firmware())?;
    let machine = "-accel kvm -machine pc -cpu host -smp 2 -m 16 -nodefaults -no-user-config -display none \
                   -device isa-debug-exit -trace kvm_run_exit -trace memory_region_ops_write -bios";
    let qemu: Vec<&str> =
        ["qemu-system-x86_64"].into_iter().chain(machine.split(' ')).chain([firmware_file]).collect();
    // isa-debug-exit makes it of the last count, 1: 2 * 1 + 1
    record(dir, &[], &qemu, 3)?;
    let recorded = Recorded::report(dir, &["kvm_pio"])?;
    recorded.assert_whole();
    recorded.assert_summary();
    let vcpus = recorded.assert_in_order();
    for (thread, vcpu) in &vcpus {
        println!("thread {thread}: {} exits, {} more events", vcpu.exits, vcpu.events);
        assert!(vcpu.exits >= u64::from(ROUNDS), "{vcpu:?}");
    }
    assert_eq!(vcpus.len(), 2);
    assert_every_exit_has_its_line(&recorded.items);
    assert_counts_are_those_of_the_exits(&recorded.items);
    Ok(())
}

/// Each exit that the VMM handled has one line, of its own thread; a KVM_RUN that failed has none.
fn assert_every_exit_has_its_line(items: &[Item]) {
    let mut exits: BTreeSet<(u32, u64)> = items
        .iter()
        .filter(|item| item.event == "kvm_userspace_exit")
        .filter(|item| !item.text.starts_with("reason restart ") && !item.text.starts_with("reason error "))
        .filter_map(|item| Some((item.thread?, item.time)))
        .collect();
    for line in items.iter().filter(|item| item.event == "kvm_run_exit") {
        let of = line.thread.zip(line.exit).unwrap_or_else(|| panic!("{line:?}"));
        assert!(exits.remove(&of), "{line:?}");
    }
    assert!(exits.is_empty(), "without a line: {exits:?}");
}

/// What QEMU says was written to port 0x80, a byte at a time, is what the kernel said of that very exit, on both
/// processors.
fn assert_counts_are_those_of_the_exits(items: &[Item]) {
    let mut written: BTreeMap<u32, Vec<u16>> = BTreeMap::new();
    let mut compared = 0;
    for item in items {
        let Some(thread) = item.thread else { continue };
        let number = |after: &str| {
            let digits = item.text.split_once(after)?.1.split(' ').next()?;
            u16::from_str_radix(digits, 16).ok()
        };
        let bytes = written.entry(thread).or_default();
        if let ("kvm_pio", Some(count)) = (&*item.event, number("pio_write at 0x80 size 2 count 1 val 0x")) {
            assert!(bytes.is_empty(), "{item:?}");
            bytes.extend([count >> 8, count & 0xff]);
        }
        let byte = number(" addr 0x80 value 0x").or_else(|| number(" addr 0x81 value 0x"));
        if let ("memory_region_ops_write", Some(byte)) = (&*item.event, byte) {
            assert_eq!(bytes.pop(), Some(byte), "{item:?}");
            compared += 1;
        }
    }
    assert_eq!(compared, 2 * 2 * ROUNDS);
}
