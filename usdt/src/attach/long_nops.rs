//! Whether this kernel turns long nops into calls, found by trying.

use super::refused::Refused;
use std::sync::OnceLock;

/// Which nops this kernel turns into calls once a uprobe on them was hit, so that further hits cost no exception.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct LongNops {
    /// A lone 5-byte one: Linux 6.18, and a few after it.
    pub five: bool,
    /// A 10-byte one: Linux of 2026.
    pub ten: bool,
}

/// What was found, once.
static FOUND: OnceLock<LongNops> = OnceLock::new();

/// Tries it with code of its own, in memory of its own, the first time; later it knows.
pub(super) fn long_nops() -> Result<LongNops, Refused> {
    if let Some(found) = FOUND.get() {
        return Ok(*found);
    }
    let found = trial::run()?;
    Ok(*FOUND.get_or_init(|| found))
}

#[cfg(target_arch = "x86_64")]
mod trial {
    use super::{LongNops, Refused};
    use crate::attach::mapping::Mapping;
    use crate::attach::site::{NOP5, NOP10};
    use crate::attach::uprobe::{Target, Uprobe};
    use rustix::fs::{MemfdFlags, memfd_create};
    use rustix::io::{Errno, write};
    use rustix::mm::{MapFlags, ProtFlags};
    use rustix::thread::gettid;
    use std::mem;
    use std::os::fd::{AsFd, OwnedFd};
    use std::ptr;

    const RET: u8 = 0xc3;
    const BREAKPOINT: u8 = 0xcc;

    pub(super) fn run() -> Result<LongNops, Refused> {
        Ok(LongNops { five: becomes_a_call(&NOP5)?, ten: becomes_a_call(&NOP10)? })
    }

    /// A function of a nop, with a breakpoint on it, is called a few times, and looked at.
    fn becomes_a_call(nop: &[u8]) -> Result<bool, Refused> {
        let call = |call| move |error: Errno| Refused::of_call(call, error.into());
        let file = code(&[nop, &[RET]].concat()).map_err(call("memfd_create"))?;
        let length = rustix::param::page_size();
        let protection = ProtFlags::READ | ProtFlags::EXEC;
        let mapping =
            Mapping::new(file.as_fd(), length, 0, protection, MapFlags::PRIVATE).map_err(call("mmap"))?;
        let own = Target::Process(gettid().as_raw_nonzero().get().cast_unsigned());
        let _uprobe = match Uprobe::open(file.as_fd(), 0, None, own) {
            // kernels that know of no 10-byte nop refuse its prefix of a code segment
            Err(Refused::Instruction { .. }) => return Ok(false),
            opened => opened?,
        };
        // SAFETY: there is a nop and a return, or what the kernel made of the nop, which returns as well.
        let function: extern "C" fn() = unsafe { mem::transmute(mapping.start()) };
        for _ in 0..3 {
            function();
        }
        let mut now = [0; NOP10.len()];
        // SAFETY: so many bytes lie in the mapping, and the kernel changed them when the function was called.
        unsafe { ptr::copy_nonoverlapping(mapping.start().as_ptr(), now.as_mut_ptr(), now.len()) };
        Ok(!now.starts_with(nop) && now[0] != BREAKPOINT)
    }

    /// A file in memory, which may be executed.
    fn code(bytes: &[u8]) -> Result<OwnedFd, Errno> {
        const NAME: &str = "usdt-long-nops";
        let made = match memfd_create(NAME, MemfdFlags::CLOEXEC | MemfdFlags::EXEC) {
            // before Linux 6.3 all may be executed
            Err(Errno::INVAL) => memfd_create(NAME, MemfdFlags::CLOEXEC),
            made => made,
        };
        let file = made?;
        write(&file, bytes)?;
        Ok(file)
    }
}

#[cfg(not(target_arch = "x86_64"))]
mod trial {
    use super::{LongNops, Refused};

    /// Other machines' instructions are all of one size, and stepped over without an exception.
    #[allow(clippy::unnecessary_wraps)] // elsewhere it may fail
    pub(super) fn run() -> Result<LongNops, Refused> {
        Ok(LongNops { five: false, ten: false })
    }
}
