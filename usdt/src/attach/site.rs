//! Sites: what the instruction is that a breakpoint goes on, and which one to take.

use super::long_nops::long_nops;
use super::refused::Refused;
use crate::read::Machine;
use std::format;
use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;

/// x86's 5-byte `nop`, as the processors' makers recommend it, and as Linux 6.18 turns into a call.
pub(super) const NOP5: [u8; 5] = [0x0f, 0x1f, 0x44, 0x00, 0x00];
/// The 10-byte one.
pub(super) const NOP10: [u8; 10] = [0x66, 0x2e, 0x0f, 0x1f, 0x84, 0x00, 0x00, 0x00, 0x00, 0x00];
const NOP: u8 = 0x90;

/// 64-bit Arm's.
const NOP_AARCH64: [u8; 4] = [0x1f, 0x20, 0x03, 0xd5];

/// The form of a site, by its bytes in the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SiteForm {
    /// The shortest `nop`, as C's `sys/sdt.h` has it: 1 byte on x86, 4 on Arm.
    Nop,
    /// A lone 5-byte `nop`.
    Nop5,
    /// A 1-byte `nop` and behind it a 10-byte one, of which a tracer may take either.
    NopNop10,
}

impl SiteForm {
    /// Looks at a probe's site in its file.
    ///
    /// A breakpoint of a debugger's is not seen: it is in a process's memory, and never in the file.
    pub(super) fn of(file: &File, offset: u64, machine: Machine) -> Result<Self, Refused> {
        let (mut bytes, mut length) = ([0; 1 + NOP10.len()], 0);
        while length < bytes.len() {
            match file.read_at(&mut bytes[length..], offset.saturating_add(length as u64)) {
                Ok(0) => break,
                Ok(read) => length += read,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                // an offset that no file has
                Err(error) if error.kind() == io::ErrorKind::InvalidInput => break,
                Err(source) => return Err(Refused::of_call("pread", source)),
            }
        }
        let is_x86 = matches!(machine, Machine::X86_64 | Machine::X86);
        match &bytes[..length] {
            site if machine == Machine::Aarch64 && site.starts_with(&NOP_AARCH64) => Ok(Self::Nop),
            [NOP, rest @ ..] if machine == Machine::X86_64 && rest.starts_with(&NOP10) => Ok(Self::NopNop10),
            [NOP, ..] if is_x86 => Ok(Self::Nop),
            site if is_x86 && site.starts_with(&NOP5) => Ok(Self::Nop5),
            [] => Err(Refused::NoNop { offset, found: "nothing".into() }),
            site => Err(Refused::NoNop { offset, found: format!("{:02x?}", &site[..site.len().min(5)]) }),
        }
    }

    /// How far behind the note's place the breakpoint goes: on the long `nop`, where the kernel makes a call of it.
    ///
    /// Where it cannot be found out, the short one is right as well.
    pub(super) fn behind(self) -> u64 {
        match self {
            Self::NopNop10 if long_nops().is_ok_and(|long| long.ten) => 1,
            _ => 0,
        }
    }
}
