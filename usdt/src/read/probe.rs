//! What a note says of a probe.

use super::register::Register;
use std::string::String;
use std::vec::Vec;

/// A probe of an ELF file: one site, of which a probe's name may have many.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Probe {
    /// Whose probe it is: by convention the program's name, or the library's.
    pub provider: String,
    /// Its name. Bytes that are no UTF-8 are replaced; it may hold anything, control characters too.
    pub name: String,
    /// The machine that the file is for, and whose registers the arguments name.
    pub machine: Machine,
    /// Where a tracer sets its breakpoint. A site without an offset is dead: its code was collected by the linker
    /// (`--gc-sections`), or it lies in no executable segment. It is never hit, and nothing must be attached to it.
    pub site: Location,
    /// The counter, of 16 bits, that a tracer holds above zero, if the probe has one. One without an offset lies in no bytes of
    /// the file (`.bss`), where the kernel cannot count it up.
    pub semaphore: Option<Location>,
    /// What the probe tells, in order.
    pub arguments: Vec<Argument>,
}

/// A place in an ELF file, in both ways of counting.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Location {
    /// As the file was linked; a process has it higher by its bias ([`crate::Mapped::biases`]).
    pub address: u64,
    /// In the file's bytes, as a uprobe wants it; `None` where the file has none for the address.
    pub offset: Option<u64>,
}

/// What a file's code runs on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Machine {
    /// x86-64.
    X86_64,
    /// The 32-bit x86. Its registers are named as x86-64's, with a width of 4 bytes or less.
    X86,
    /// 64-bit Arm.
    Aarch64,
    /// Another, by ELF's `e_machine`. Its arguments' places are [`Place::Other`].
    Other(u16),
}

/// An argument of a probe.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Argument {
    /// The value's bytes: 1, 2, 4, 8, in C's notes also others (16 for a `long double`). The machine's word where the note says
    /// nothing.
    pub size: u8,
    /// What the bytes mean.
    pub kind: Kind,
    /// Where the value is when the probe is hit.
    pub place: Place,
    /// The note's own words, such as `-4@-20(%rbp)`.
    pub spelling: String,
}

/// What an argument's bytes mean.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// An integer without a sign, or a pointer: `8@`.
    Unsigned,
    /// An integer with a sign: `-8@`.
    Signed,
    /// A floating-point number: `8f@`. sys/sdt.h may keep it in a general register, bits and all.
    Float,
}

/// Where an argument's value is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// In the note itself.
    Constant(i64),
    /// It is an address that the linker computed, which a process has higher by its bias: that of `records+88`.
    Address {
        /// What is there.
        symbol: Symbol,
        /// The bytes beyond it.
        displacement: i64,
    },
    /// In a register, or a part of one.
    Register(Part),
    /// In memory.
    Memory(Memory),
    /// In a form that is not known here: another machine's, or a new one. [`Argument::spelling`] has it.
    Other,
}

/// A register, or a part of it. An argument that is wider than its part is the part, extended by the argument's sign.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Part {
    /// The whole register.
    pub register: Register,
    /// The lowest bit of the part: 8 for `%ah`, `%bh`, `%ch` and `%dh`, else 0.
    pub shift: u8,
    /// The bytes of the part: 4 for `%eax` and `w0`.
    pub width: u8,
}

/// An address: the sum of what is there of `segment`, `base`, `index`, `symbol` and `displacement`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Memory {
    /// A register. [`Register::Rip`] stands here only without a symbol; `symbol(%rip)` is the symbol's address and nothing else.
    pub base: Option<Register>,
    /// A register that is multiplied.
    pub index: Option<Index>,
    /// A number of bytes.
    pub displacement: i64,
    /// A symbol's address.
    pub symbol: Option<Symbol>,
    /// A thread's own memory, of which no sample of registers tells where it is.
    pub segment: Option<Segment>,
}

/// A register that is part of an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Index {
    /// The register.
    pub register: Register,
    /// By which it is multiplied: 1, 2, 4, 8 (16 on aarch64).
    pub scale: u8,
    /// What of it counts.
    pub extend: Extend,
}

/// What of an index register counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Extend {
    /// All of it.
    Whole,
    /// Its low 32 bits, without a sign: `uxtw`.
    Unsigned32,
    /// Its low 32 bits, with a sign: `sxtw`.
    Signed32,
}

/// A name in the file's symbol tables.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Symbol {
    /// The name, with what the assembler makes of it (`x@tpoff`).
    pub name: String,
    /// Its address as the file was linked, where the file still has the symbol and only one of that name, and where the name is
    /// meant plainly. A process has it higher by its bias.
    pub address: Option<u64>,
    /// Only the low 12 bits of the sum of the address and the displacement count: aarch64's `:lo12:`.
    pub low12: bool,
}

/// A segment register of x86, which says where a thread's own memory is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Segment {
    /// `%fs`: thread-local variables of x86-64.
    Fs,
    /// `%gs`: those of 32-bit x86.
    Gs,
}
