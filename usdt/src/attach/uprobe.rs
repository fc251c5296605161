//! The kernel's breakpoint: a perf event of the PMU `uprobe`, perf_event_open(2).

use super::refused::Refused;
use perf_event_open_sys::{bindings, ioctls, perf_event_open};
use std::format;
use std::fs;
use std::io;
use std::os::fd::{AsRawFd, BorrowedFd, FromRawFd, OwnedFd};
use std::path::Path;

/// Where the kernel tells of the PMU.
const PMU: &str = "/sys/bus/event_source/devices/uprobe";

/// Whose hits count.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Target {
    /// One process's, by its id: all of its threads, those that it has and those that it makes. A child that it forks is another
    /// process.
    ///
    /// It ends when the process's first thread does, even if others live on (`pthread_exit` in `main`): the kernel tells processes
    /// apart by what that thread has mapped, and takes the breakpoint and the semaphore away once it has ended. No error comes of it;
    /// [`Attachment::has_ended`](super::Attachment::has_ended) tells. What serves such a program is [`Target::Everyone`], and
    /// looking at [`Hit::pid`](super::Hit::pid).
    Process(u32),
    /// Those of all processes that have the file mapped, or will.
    Everyone,
}

/// A breakpoint. When it is closed, by whatever, the kernel takes it away and counts the semaphore down.
///
/// An event of this PMU must not be inherited: when the process makes a thread or a child, the kernel makes the child's event
/// anew and reads the path from the memory of the process, at the address where it was in ours. `pthread_create` and `fork` fail
/// there with EFAULT then (Linux 6.18). And an event of a process counts only one thread's hits by itself; what a program of BPF
/// counts are all the hits that the breakpoint has, which is why hits are counted by one.
pub(super) struct Uprobe(OwnedFd);

impl Uprobe {
    /// Sets a breakpoint at a byte of the file, and counts up the semaphore at another wherever the file is mapped.
    ///
    /// The kernel takes a path alone; it is given the descriptor's, so that it sees the same file whatever path led there.
    pub(super) fn open(
        file: BorrowedFd<'_>,
        offset: u64,
        semaphore: Option<u64>,
        target: Target,
    ) -> Result<Self, Refused> {
        let kind = fs::read_to_string(Path::new(PMU).join("type")).map_err(|_| Refused::NoUprobes)?;
        let kind = kind.trim().parse().map_err(|_| Refused::NoUprobes)?;
        // 0 is none for the kernel too
        let semaphore = u32::try_from(semaphore.unwrap_or_default()).map_err(|_| Refused::SemaphoreTooFar)?;
        if semaphore != 0 && !Path::new(PMU).join("format/ref_ctr_offset").exists() {
            return Err(Refused::NoSemaphores);
        }
        // of this thread, which may have descriptors of its own, and outlive the first one
        let path = format!("/proc/thread-self/fd/{}\0", file.as_raw_fd());
        let (pid, cpu) = match target {
            Target::Process(0) => return Err(Refused::NoProcess(0)),
            Target::Process(pid) => (i32::try_from(pid).map_err(|_| Refused::NoProcess(pid))?, -1),
            // the processor is the event's; the breakpoint is there for all
            Target::Everyone => (-1, 0),
        };
        let mut attributes = bindings::perf_event_attr {
            size: u32::try_from(size_of::<bindings::perf_event_attr>()).unwrap_or_default(),
            type_: kind,
            config: u64::from(semaphore) << 32,
            ..bindings::perf_event_attr::default()
        };
        attributes.__bindgen_anon_3.uprobe_path = path.as_ptr() as u64;
        attributes.__bindgen_anon_4.probe_offset = offset;
        let flags = bindings::PERF_FLAG_FD_CLOEXEC.into();
        // SAFETY: the attributes and the path live through the call, and the kernel writes the former alone.
        let event = unsafe { perf_event_open(&raw mut attributes, pid, cpu, -1, flags) };
        if event < 0 {
            let error = io::Error::last_os_error();
            return Err(match (error.raw_os_error(), target) {
                (Some(libc::ESRCH), Target::Process(pid)) => Refused::NoProcess(pid),
                (Some(libc::ENOENT), _) => Refused::NoProc,
                _ => Refused::of_call("perf_event_open", error),
            });
        }
        // SAFETY: it was just opened, and nobody else has it.
        Ok(Self(unsafe { OwnedFd::from_raw_fd(event) }))
    }

    /// Has a program run at every hit, in whichever thread.
    pub(super) fn run(&self, program: BorrowedFd<'_>) -> Result<(), Refused> {
        let program = u32::try_from(program.as_raw_fd()).unwrap_or(u32::MAX);
        // SAFETY: it takes two descriptors, and reads no memory.
        if unsafe { ioctls::SET_BPF(self.0.as_raw_fd(), program) } < 0 {
            return Err(Refused::of_call("ioctl PERF_EVENT_IOC_SET_BPF", io::Error::last_os_error()));
        }
        Ok(())
    }
}
