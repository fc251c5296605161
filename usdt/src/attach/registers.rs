//! Where the kernel has a process's registers, for a program of BPF.

use crate::read::{Machine, Register};

/// This machine.
#[cfg(target_arch = "x86_64")]
pub(super) const MACHINES: &[Machine] = &[Machine::X86_64, Machine::X86];
/// This machine.
#[cfg(target_arch = "aarch64")]
pub(super) const MACHINES: &[Machine] = &[Machine::Aarch64];
/// This machine, of which no register is known.
#[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
pub(super) const MACHINES: &[Machine] = &[];

/// The place of a register in `struct pt_regs`, in bytes.
#[cfg(target_arch = "x86_64")]
pub(super) fn offset(register: Register) -> Option<i16> {
    // arch/x86/include/uapi/asm/ptrace.h; 15 is that of the number of the system call
    let place = match register {
        Register::R15 => 0,
        Register::R14 => 1,
        Register::R13 => 2,
        Register::R12 => 3,
        Register::Rbp => 4,
        Register::Rbx => 5,
        Register::R11 => 6,
        Register::R10 => 7,
        Register::R9 => 8,
        Register::R8 => 9,
        Register::Rax => 10,
        Register::Rcx => 11,
        Register::Rdx => 12,
        Register::Rsi => 13,
        Register::Rdi => 14,
        Register::Rip => 16,
        Register::Rsp => 19,
        _ => return None,
    };
    Some(place * 8)
}

/// The place of a register in `struct user_pt_regs`, in bytes.
#[cfg(target_arch = "aarch64")]
pub(super) fn offset(register: Register) -> Option<i16> {
    // arch/arm64/include/uapi/asm/ptrace.h
    match register {
        Register::X(number @ 0..=30) => Some(i16::from(number) * 8),
        Register::Sp => Some(31 * 8),
        Register::Rip => Some(32 * 8),
        _ => None,
    }
}

#[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
pub(super) fn offset(_: Register) -> Option<i16> {
    None
}
