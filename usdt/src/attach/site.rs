//! Sites: what the instruction is that a breakpoint goes on, and which one to take.

use super::long_nops::long_nops;
use super::refused::Refused;
use crate::read::{Machine, Probe};
use std::fs::OpenOptions;
use std::io;
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::path::Path;

/// x86's 5-byte `nop`, as the processors' makers recommend it, and as Linux 6.18 turns into a call.
pub(super) const NOP5: [u8; 5] = [0x0f, 0x1f, 0x44, 0x00, 0x00];
/// The 10-byte one.
pub(super) const NOP10: [u8; 10] = [0x66, 0x2e, 0x0f, 0x1f, 0x84, 0x00, 0x00, 0x00, 0x00, 0x00];
const NOP: u8 = 0x90;

/// The form of a site, by its bytes in the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SiteForm {
    /// A 1-byte `nop` as C's `sys/sdt.h` has it, or what is at the site of another machine.
    Nop,
    /// A lone 5-byte `nop`.
    Nop5,
    /// A 1-byte `nop` and behind it a 10-byte one, of which a tracer may take either.
    NopNop10,
    /// None of these, so that the kernel steps over it.
    Other,
}

impl SiteForm {
    /// Looks at a probe's site in its file.
    pub(super) fn of(path: &Path, probe: &Probe) -> Result<Self, Refused> {
        if !matches!(probe.machine, Machine::X86_64 | Machine::X86) {
            return Ok(Self::Nop);
        }
        let offset = probe.site.offset.ok_or(Refused::Dead)?;
        let read = || {
            // a FIFO would block
            let file = OpenOptions::new().read(true).custom_flags(libc::O_NONBLOCK).open(path)?;
            let (mut bytes, mut length) = ([0; 1 + NOP10.len()], 0);
            while length < bytes.len() {
                match file.read_at(&mut bytes[length..], offset + length as u64) {
                    Ok(0) => break,
                    Ok(read) => length += read,
                    Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                    Err(error) => return Err(error),
                }
            }
            Ok((bytes, length))
        };
        let (bytes, length) = read().map_err(|source| Refused::of_call("read", source))?;
        Ok(match &bytes[..length] {
            [NOP, rest @ ..] if rest.starts_with(&NOP10) && probe.machine == Machine::X86_64 => {
                Self::NopNop10
            }
            [NOP, ..] => Self::Nop,
            site if site.starts_with(&NOP5) => Self::Nop5,
            _ => Self::Other,
        })
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
