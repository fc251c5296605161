//! Hits, told one by one.

use super::attachment::Attachment;
use super::hit::Hit;
use super::namespace::Namespace;
use super::program::{self, Reading};
use super::record::{self, Layout};
use super::refused::Refused;
use super::ring::Ring;
use super::uprobe::Target;
use crate::error::Error;
use crate::read::Probe;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;
use std::os::fd::{AsFd, BorrowedFd};
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};
use std::vec::Vec;

/// Reads the hits of any number of probes, in the order in which they came.
///
/// They lie in a ring in the kernel until they are read. When it is full, hits are lost and counted ([`Attachment::lost`]); the
/// process never waits.
///
/// ```no_run
/// let file = "/usr/bin/my-vmm".as_ref();
/// let mut listener = usdt::Listener::new(1 << 20)?;
/// let mut attached = Vec::new();
/// for probe in usdt::probes(file)?.iter().filter(|probe| probe.name == "blk_open") {
///     // argument 1 is a string
///     attached.push(listener.attach(file, probe, usdt::Target::Everyone, &[1])?);
/// }
/// while listener.wait(std::time::Duration::from_secs(1))? {
///     while let Some(hit) = listener.read() {
///         println!("{} {}:{} {:?}", hit.time, hit.pid, hit.tid, hit.values);
///     }
/// }
/// # Ok::<(), usdt::Error>(())
/// ```
pub struct Listener {
    ring: Ring,
    namespace: Namespace,
    /// By an attachment's id.
    layouts: Vec<Layout>,
}

impl Listener {
    /// Makes a listener with a ring of at least so many bytes: a power of two, 64 KiB at least and 1 GiB at most.
    ///
    /// A hit takes 40 bytes, 8 more an argument, and 528 more a string.
    ///
    /// # Errors
    ///
    /// [`Error::Listen`] where the kernel makes no such ring: it takes CAP_SYS_ADMIN or CAP_BPF.
    pub fn new(bytes: usize) -> Result<Self, Error> {
        let make = || Ok(Self { ring: Ring::new(bytes)?, namespace: Namespace::own()?, layouts: Vec::new() });
        make().map_err(|why| Error::Listen { why })
    }

    /// Attaches, as [`Attachment::new`] does, and tells of the hits. Those of the probe's arguments whose numbers are in
    /// `strings`, from 0 on, are pointers to strings, which the note does not tell. Of more than 12 arguments the first 12 are read.
    ///
    /// What was hit before the attachment ended can be read afterwards as well.
    ///
    /// # Errors
    ///
    /// [`Error::Attach`], which says why not and what would help.
    pub fn attach(
        &mut self,
        path: &Path,
        probe: &Probe,
        target: Target,
        strings: &[usize],
    ) -> Result<Attachment, Error> {
        self.try_attach(path, probe, target, strings).map_err(|why| why.to(path, probe))
    }

    fn try_attach(
        &mut self,
        path: &Path,
        probe: &Probe,
        target: Target,
        strings: &[usize],
    ) -> Result<Attachment, Refused> {
        let id = u32::try_from(self.layouts.len()).unwrap_or(u32::MAX);
        let layout = Layout::new(id, &probe.arguments, strings);
        let arguments = layout.arguments().len();
        if let Some(&index) = strings.iter().find(|index| **index >= arguments) {
            return Err(Refused::NoArgument { index, arguments });
        }
        let attachment = Attachment::running(path, probe, target, id, |counters, behind| {
            program::reading(&Reading {
                probe,
                behind,
                layout: &layout,
                counters,
                ring: self.ring.fd(),
                namespace: self.namespace,
            })
        })?;
        self.layouts.push(layout);
        Ok(attachment)
    }

    /// Takes the next hit, if there is one: this does not wait.
    pub fn read(&mut self) -> Option<Hit> {
        let layouts = &self.layouts;
        loop {
            // what is no record of ours would be the kernel's fault, and is passed over
            if let Some(hit) = self.ring.take(|record| hit(layouts, record))? {
                return Some(hit);
            }
        }
    }

    /// Waits until there is a hit to read, at most so long, and says whether there is.
    ///
    /// # Errors
    ///
    /// [`Error::Listen`] if poll(2) fails, for lack of memory. A signal is no failure: it ends the waiting.
    pub fn wait(&self, at_most: Duration) -> Result<bool, Error> {
        /// How long the kernel may take to copy what a page has to come in for.
        const SOON: Duration = Duration::from_millis(1);
        let end = Instant::now().checked_add(at_most);
        loop {
            let left = end.map(|end| end.saturating_duration_since(Instant::now()));
            let timeout = left.and_then(|left| Timespec::try_from(left).ok());
            match poll(&mut [PollFd::new(&self.ring, PollFlags::IN)], timeout.as_ref()) {
                Ok(0) | Err(Errno::INTR) => return Ok(false),
                Ok(_) if self.ring.has_record() => return Ok(true),
                // one that is not written yet counts to the kernel
                Ok(_) if left.is_none_or(|left| left > SOON) => thread::sleep(SOON),
                Ok(_) => return Ok(false),
                Err(error) => return Err(Error::Listen { why: Refused::of_call("poll", error.into()) }),
            }
        }
    }
}

/// Readable while there are hits to read.
impl AsFd for Listener {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.ring.as_fd()
    }
}

impl std::fmt::Debug for Listener {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Listener").field("attachments", &self.layouts.len()).finish_non_exhaustive()
    }
}

/// What a record says.
fn hit(layouts: &[Layout], record: &[u8]) -> Option<Hit> {
    let attachment = u32::try_from(record::word(record, record::ATTACHMENT)?).ok()?;
    let thread = record::word(record, record::THREAD)?;
    Some(Hit {
        attachment,
        time: record::word(record, record::TIME)?,
        pid: u32::try_from(thread >> 32).ok()?,
        tid: u32::try_from(thread & u64::from(u32::MAX)).ok()?,
        values: layouts.get(attachment as usize)?.values(record)?,
    })
}
