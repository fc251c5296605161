//! The files of many threads that one thread writes.

use crate::put::Kind;
use crate::target::Target;
use crate::threads::Threads;
use rustix::io::Errno;
use std::os::fd::{AsFd, OwnedFd};
use std::sync::atomic::AtomicBool;

/// The most files that are held open.
const MOST: usize = 64;

/// The files of other threads, held open by one who writes for them.
#[derive(Debug)]
pub(crate) struct Others {
    files: Vec<Other>,
    uses: u64,
}

#[derive(Debug)]
struct Other {
    tid: u32,
    fd: OwnedFd,
    kind: Kind,
    broken: AtomicBool,
    used: u64,
}

impl Others {
    pub(crate) fn new() -> Self {
        Self { files: Vec::with_capacity(MOST), uses: 0 }
    }

    /// Has lines written to a thread's file. Where too many are open, the one that is closed has rested longest.
    pub(crate) fn with(
        &mut self,
        threads: &Threads,
        tid: u32,
        write: impl FnOnce(Target<'_>),
    ) -> Result<(), Errno> {
        self.uses += 1;
        let used = self.uses;
        let at = if let Some(at) = self.files.iter().position(|other| other.tid == tid) {
            at
        } else {
            if self.files.len() == MOST {
                let oldest = self.files.iter().enumerate().min_by_key(|(_, other)| other.used);
                let oldest = oldest.map_or(0, |(at, _)| at);
                self.files.swap_remove(oldest);
            }
            let fd = threads.open(tid)?;
            let kind = Kind::of(&fd);
            self.files.push(Other { tid, fd, kind, broken: AtomicBool::new(false), used });
            self.files.len() - 1
        };
        let other = &mut self.files[at];
        other.used = used;
        write(Target { fd: other.fd.as_fd(), kind: other.kind, broken: &other.broken });
        Ok(())
    }

    pub(crate) fn close(&mut self, tid: u32) {
        self.files.retain(|other| other.tid != tid);
    }
}
