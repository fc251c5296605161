//! Why a probe cannot be attached to.

use crate::error::Error;
use crate::read::Probe;
use std::format;
use std::io;
use std::path::Path;
use std::string::String;

/// Why a probe cannot be attached to, and what would help.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Refused {
    /// A dead site.
    #[error("the file has no code for it: the linker collected it, or these are debugging symbols")]
    Dead,
    /// The semaphore lies in no bytes of the file.
    #[error(
        "its semaphore is in no bytes of the file, where the kernel could count it: put it in the section .probes"
    )]
    DeadSemaphore,
    /// The kernel has 32 bits for its place.
    #[error("its semaphore lies behind the file's first 4 GiB, where the kernel cannot count it")]
    SemaphoreTooFar,
    /// The file is for another machine than this one.
    #[error("it is for another machine: attach where it runs")]
    OtherMachine,
    /// What is at the site is no site.
    #[error(
        "at byte {offset} of the file is {found}, where a probe has a nop: the file is not as it was when the probe was \
         read, so read its probes again; or the note is wrong, and a breakpoint would do harm there"
    )]
    NoNop {
        /// Where, in the file.
        offset: u64,
        /// The bytes that are there, in hexadecimal digits.
        found: String,
    },
    /// No such argument.
    #[error(
        "argument {index} cannot be read as a string: the probe has {arguments}, of which the first is 0"
    )]
    NoArgument {
        /// The one asked for.
        index: usize,
        /// How many there are.
        arguments: usize,
    },
    /// The kernel has none.
    #[error(
        "the kernel has no PMU `uprobe`: it needs Linux 4.17 with CONFIG_UPROBE_EVENTS, and sysfs at /sys"
    )]
    NoUprobes,
    /// The kernel counts none.
    #[error("the kernel counts no semaphores for perf: it needs Linux 4.20")]
    NoSemaphores,
    /// There is none of this id.
    #[error(
        "there is no process {0} (a thread's id is none), or its first thread has ended: if others live on, attach to \
         everyone"
    )]
    NoProcess(u32),
    /// The kernel does not find the file by its descriptor.
    #[error("/proc is not mounted, where the kernel is given the file by its descriptor: mount it")]
    NoProc,
    /// It lacks a right.
    #[error(
        "{call}: {source}: this takes CAP_SYS_ADMIN (CAP_PERFMON and CAP_BPF do not do): be root, or \
         `setcap cap_sys_admin=ep PROGRAM`; a container's seccomp filter may forbid it too"
    )]
    Rights {
        /// What was called.
        call: &'static str,
        /// What came of it.
        source: io::Error,
    },
    /// EINVAL.
    #[error(
        "{call}: {source}: the place is none of the file's code, or another tracer is attached there that knows of \
         another semaphore or of none: end it first"
    )]
    Place {
        /// What was called.
        call: &'static str,
        /// What came of it.
        source: io::Error,
    },
    /// The kernel steps over most instructions, and a `nop` among them.
    #[error("{call}: the kernel sets no breakpoint on this instruction")]
    Instruction {
        /// What was called.
        call: &'static str,
    },
    /// The kernel's verifier of BPF.
    #[error(
        "the kernel takes no program that reads this probe's arguments (it needs Linux 6.0): {source}: {log}"
    )]
    Program {
        /// What came of loading it.
        source: io::Error,
        /// What the verifier says.
        log: String,
    },
    /// Another failure of the system's.
    #[error("{call}: {source}")]
    System {
        /// What was called.
        call: &'static str,
        /// What came of it.
        source: io::Error,
    },
}

impl Refused {
    /// It, said of a probe.
    pub(super) fn to(self, path: &Path, probe: &Probe) -> Error {
        Error::Attach { path: path.into(), probe: format!("{}:{}", probe.provider, probe.name), why: self }
    }

    /// What a call's failure means.
    pub(super) fn of_call(call: &'static str, source: io::Error) -> Self {
        /// The kernel's own, which userspace should never see, and does: ENOTSUPP.
        const ENOTSUPP: i32 = 524;
        match source.raw_os_error() {
            Some(libc::EACCES | libc::EPERM) => Self::Rights { call, source },
            Some(libc::EINVAL) if call == "perf_event_open" => Self::Place { call, source },
            Some(ENOTSUPP | libc::EOPNOTSUPP) if call == "perf_event_open" => Self::Instruction { call },
            _ => Self::System { call, source },
        }
    }
}
