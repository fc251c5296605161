//! The registers that notes name.

use core::fmt;

/// A whole register of x86-64 (and of x86, whose registers are its lower halves) or of aarch64.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[allow(missing_docs)] // their own names
pub enum Register {
    Rax,
    Rbx,
    Rcx,
    Rdx,
    Rsi,
    Rdi,
    Rbp,
    Rsp,
    R8,
    R9,
    R10,
    R11,
    R12,
    R13,
    R14,
    R15,
    /// The address of the instruction: x86-64 counts from it, and aarch64 has none that notes name.
    Rip,
    /// `%xmm0` to `%xmm31`, and the low halves of `%ymm` and `%zmm`.
    Xmm(u8),
    /// `x0` to `x30`, of which `w0` to `w30` are the lower halves.
    X(u8),
    Sp,
    /// `v0` to `v31`, of which `q`, `d`, `s`, `h` and `b` are the lower parts.
    V(u8),
}

impl fmt::Display for Register {
    /// As assemblers have it, without a per cent sign: `rax`, `x0`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Rax => "rax",
            Self::Rbx => "rbx",
            Self::Rcx => "rcx",
            Self::Rdx => "rdx",
            Self::Rsi => "rsi",
            Self::Rdi => "rdi",
            Self::Rbp => "rbp",
            Self::Rsp => "rsp",
            Self::R8 => "r8",
            Self::R9 => "r9",
            Self::R10 => "r10",
            Self::R11 => "r11",
            Self::R12 => "r12",
            Self::R13 => "r13",
            Self::R14 => "r14",
            Self::R15 => "r15",
            Self::Rip => "rip",
            Self::Sp => "sp",
            Self::Xmm(number) => return write!(f, "xmm{number}"),
            Self::X(number) => return write!(f, "x{number}"),
            Self::V(number) => return write!(f, "v{number}"),
        })
    }
}
