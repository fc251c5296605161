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
use crate::read::{self, Probe};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;
use std::collections::BTreeMap;
use std::fs::File;
use std::os::fd::{AsFd, BorrowedFd};
use std::path::Path;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

/// Reads the hits of any number of probes, in the order in which they came.
///
/// They lie in a ring in the kernel until they are read. When it is full, hits are lost and counted ([`Attachment::lost`]); the
/// process never waits, unless [`Listener::attach_bringing_in`] has it do so.
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
    /// By an attachment's id: of those that are there, and of those that have ended with records that may be unread.
    told: BTreeMap<u32, Told>,
    next_id: u32,
    /// So many of them are no reason to look for those that have ended.
    enough: usize,
}

/// What is known of an attachment's records.
struct Told {
    /// The attachment has it, too.
    layout: Arc<Layout>,
    /// How far the ring was written when the attachment had been seen to have ended: it has no record behind that.
    until: Option<u64>,
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
        let make = || {
            let (ring, namespace) = (Ring::new(bytes)?, Namespace::own()?);
            Ok(Self { ring, namespace, told: BTreeMap::new(), next_id: 0, enough: 16 })
        };
        make().map_err(|why| Error::Listen { why })
    }

    /// Attaches, as [`Attachment::new`] does, and tells of the hits. Those of the probe's arguments whose numbers are in
    /// `strings`, from 0 on, are pointers to strings, which the note does not tell. Of more than 12 arguments the first 12 are read.
    ///
    /// What is not in memory at the hit is not waited for, and told as [`Value::Fault`](super::Value::Fault) or
    /// [`Value::Unreadable`](super::Value::Unreadable): mostly a constant string that the program has not looked at yet, on a page of
    /// its file where it has looked at nothing else.
    ///
    /// What was hit before the attachment ended can be read afterwards as well.
    ///
    /// # Errors
    ///
    /// [`Error::Io`] and [`Error::NotAFile`] where the file cannot be read, and [`Error::Attach`], which says why not and what would
    /// help.
    pub fn attach(
        &mut self,
        path: &Path,
        probe: &Probe,
        target: Target,
        strings: &[usize],
    ) -> Result<Attachment, Error> {
        self.attach_reading(path, probe, target, strings, false)
    }

    /// The same, but what is not in memory is brought in, while the process stands at the probe. It takes Linux 6.0.
    ///
    /// **For programs that you trust.** A process says itself how long its pages take (userfaultfd(2), a file of its own in FUSE),
    /// and as long as one takes, nobody on this machine gets done with detaching from a uprobe: neither dropping an [`Attachment`] nor
    /// bpftrace at its end, which are not even killed by SIGKILL. What ends it is the end of that process: then its page
    /// comes no more. The hits of others are told meanwhile; the process's own is when its pages have come, with that time.
    ///
    /// # Errors
    ///
    /// Those of [`Listener::attach`].
    pub fn attach_bringing_in(
        &mut self,
        path: &Path,
        probe: &Probe,
        target: Target,
        strings: &[usize],
    ) -> Result<Attachment, Error> {
        self.attach_reading(path, probe, target, strings, true)
    }

    fn attach_reading(
        &mut self,
        path: &Path,
        probe: &Probe,
        target: Target,
        strings: &[usize],
        brings_in: bool,
    ) -> Result<Attachment, Error> {
        let file = read::open(path)?;
        self.try_attach(&file, probe, target, strings, brings_in).map_err(|why| why.to(path, probe))
    }

    fn try_attach(
        &mut self,
        file: &File,
        probe: &Probe,
        target: Target,
        strings: &[usize],
        brings_in: bool,
    ) -> Result<Attachment, Refused> {
        self.forget_ended();
        let id = self.next_id;
        let layout = Arc::new(Layout::new(id, &probe.arguments, strings));
        let arguments = layout.arguments().len();
        if let Some(&index) = strings.iter().find(|index| **index >= arguments) {
            return Err(Refused::NoArgument { index, arguments });
        }
        let shared = Some(Arc::clone(&layout));
        let attachment = Attachment::running(file, probe, target, shared, |counters, behind| {
            program::reading(&Reading {
                probe,
                behind,
                layout: &layout,
                brings_in,
                counters,
                ring: self.ring.fd(),
                namespace: self.namespace,
            })
        })?;
        self.told.insert(id, Told { layout, until: None });
        self.next_id = id.wrapping_add(1);
        Ok(attachment)
    }

    /// Leaves out the attachments that have ended and whose records were read, each time that there are twice as many as were left.
    fn forget_ended(&mut self) {
        if self.told.len() < self.enough {
            return;
        }
        let ring = &self.ring;
        self.told.retain(|_, told| {
            // an attachment leaves its layout last
            let is_there = Arc::get_mut(&mut told.layout).is_none();
            is_there || ring.read() < *told.until.get_or_insert_with(|| ring.written())
        });
        self.enough = 16.max(2 * self.told.len());
    }

    /// Takes the next hit, if there is one: this does not wait.
    pub fn read(&mut self) -> Option<Hit> {
        let told = &self.told;
        loop {
            // what is no record of ours would be the kernel's fault, and is passed over
            if let Some(hit) = self.ring.take(|record| hit(told, record))? {
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
        /// How long the kernel may take to write a record: it does not sleep over it, but may be interrupted.
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

/// Readable while there are hits to read. For a moment it may be so without one: a hit that is being written counts, and so does one that
/// was given up to bring in what it lacked.
impl AsFd for Listener {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.ring.as_fd()
    }
}

impl std::fmt::Debug for Listener {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Listener").field("attachments", &self.told.len()).finish_non_exhaustive()
    }
}

/// What a record says.
fn hit(told: &BTreeMap<u32, Told>, record: &[u8]) -> Option<Hit> {
    // with the sign of its lower half
    #[allow(clippy::cast_possible_truncation)]
    let attachment = record::word(record, record::ATTACHMENT)? as u32;
    let thread = record::word(record, record::THREAD)?;
    Some(Hit {
        attachment,
        time: record::word(record, record::TIME)?,
        pid: u32::try_from(thread >> 32).ok()?,
        tid: u32::try_from(thread & u64::from(u32::MAX)).ok()?,
        values: told.get(&attachment)?.layout.values(record)?,
    })
}
