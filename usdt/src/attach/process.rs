//! The process that is attached to, and whether the kernel still looks at it.

use super::refused::Refused;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;
use rustix::process::{Pid, PidfdFlags, pidfd_open};
use std::format;
use std::fs;
use std::io;
use std::os::fd::{AsRawFd, OwnedFd};

/// A process, whoever has its number later.
pub(super) struct Process(OwnedFd);

impl Process {
    pub(super) fn open(id: u32) -> Result<Self, Refused> {
        let pid = i32::try_from(id).ok().and_then(Pid::from_raw).ok_or(Refused::NoProcess(id))?;
        match pidfd_open(pid, PidfdFlags::empty()) {
            Ok(process) => Ok(Self(process)),
            // there is none, or it is a thread's id
            Err(Errno::SRCH | Errno::INVAL | Errno::NOENT) => Err(Refused::NoProcess(id)),
            Err(error) => Err(Refused::of_call("pidfd_open", error.into())),
        }
    }

    /// Whether its first thread has ended.
    pub(super) fn has_ended(&self) -> Result<bool, Refused> {
        // all of its threads
        match poll(&mut [PollFd::new(&self.0, PollFlags::IN)], Some(&Timespec::default())) {
            Ok(0) | Err(Errno::INTR) => {}
            Ok(_) => return Ok(true),
            Err(error) => return Err(Refused::of_call("poll", error.into())),
        }
        let looked = self.first_thread_has_ended();
        looked.map_err(|error| Refused::of_call("read /proc/thread-self/fdinfo and /proc/PID/stat", error))
    }

    /// proc(5): the first thread's state is a zombie's as long as there are others.
    fn first_thread_has_ended(&self) -> io::Result<bool> {
        // its number as /proc has it, whose pid namespace may be another than ours
        let info = fs::read_to_string(format!("/proc/thread-self/fdinfo/{}", self.0.as_raw_fd()))?;
        let id = info.lines().find_map(|line| line.strip_prefix("Pid:")).map(str::trim);
        let Some(id) = id.filter(|id| *id != "-1") else { return Ok(true) };
        let stat = fs::read(format!("/proc/{id}/stat"))?;
        // behind the program's name, which may be anything
        let state = stat.rsplit(|byte| *byte == b')').next().and_then(|rest| rest.get(1));
        Ok(matches!(state, Some(b'Z' | b'X')))
    }
}
