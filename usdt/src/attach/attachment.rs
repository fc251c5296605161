//! A probe that is attached to.

use super::bpf::{self, Counter, Counters};
use super::process::Process;
use super::program::{self, Program};
use super::record::Layout;
use super::refused::Refused;
use super::registers;
use super::site::SiteForm;
use super::uprobe::{Target, Uprobe};
use crate::error::Error;
use crate::read::{self, Probe};
use std::fs::File;
use std::os::fd::AsFd;
use std::path::Path;
use std::sync::Arc;

/// A breakpoint on a probe, and its semaphore counted up; both end with this value, or with this process however it ends.
pub struct Attachment {
    id: u32,
    form: SiteForm,
    behind: u64,
    counters: Counters,
    /// Of one.
    process: Option<Process>,
    /// Ends before the layout does: who sees that the layout is nobody else's knows that no more records come.
    _uprobe: Uprobe,
    _layout: Option<Arc<Layout>>,
}

impl Attachment {
    /// Attaches, and counts hits. `path` is the file that [`probes`](crate::probes) read the probe from.
    ///
    /// Of a name that has many sites (it was inlined, or is in generic code), each is a probe to attach to.
    ///
    /// # Errors
    ///
    /// [`Error::Io`] and [`Error::NotAFile`] where the file cannot be read, and [`Error::Attach`], which says why not and what would
    /// help.
    pub fn new(path: &Path, probe: &Probe, target: Target) -> Result<Self, Error> {
        let file = read::open(path)?;
        Self::running(&file, probe, target, None, |counters, _| program::counting(counters))
            .map_err(|why| why.to(path, probe))
    }

    /// Attaches with a program that is made from the counters and how far the breakpoint is behind the note's place.
    pub(super) fn running(
        file: &File,
        probe: &Probe,
        target: Target,
        layout: Option<Arc<Layout>>,
        program: impl FnOnce(&Counters, u64) -> Program,
    ) -> Result<Self, Refused> {
        if !registers::MACHINES.contains(&probe.machine) {
            return Err(Refused::OtherMachine);
        }
        let offset = probe.site.offset.ok_or(Refused::Dead)?;
        let semaphore = match probe.semaphore {
            None => None,
            Some(semaphore) => Some(semaphore.offset.ok_or(Refused::DeadSemaphore)?),
        };
        let form = SiteForm::of(file, offset, probe.machine)?;
        let behind = form.behind();
        let counters = Counters::new()?;
        let program = bpf::load(&program(&counters, behind))?;
        let process = match target {
            Target::Process(process) => Some(Process::open(process)?),
            Target::Everyone => None,
        };
        let uprobe = Uprobe::open(file.as_fd(), offset + behind, semaphore, target)?;
        uprobe.run(program.as_fd())?;
        let id = layout.as_ref().map_or(0, |layout| layout.attachment());
        Ok(Self { id, form, behind, counters, process, _uprobe: uprobe, _layout: layout })
    }

    /// How often the probe was hit since it was attached to.
    #[must_use]
    pub fn hits(&self) -> u64 {
        self.counters.read(Counter::Hits)
    }

    /// Of how many of these hits nothing is told, since the listener's ring was full. Always 0 without a listener.
    #[must_use]
    pub fn lost(&self) -> u64 {
        self.counters.read(Counter::Lost)
    }

    /// Whether the process has ended, or its first thread has, so that no more hits come: [`Target::Process`] says why. Never of
    /// [`Target::Everyone`].
    ///
    /// Ask when no hits come for a while: it looks at the process, by poll(2) and /proc.
    ///
    /// # Errors
    ///
    /// [`Error::Listen`] where neither tells.
    pub fn has_ended(&self) -> Result<bool, Error> {
        let has_ended = self.process.as_ref().map_or(Ok(false), Process::has_ended);
        has_ended.map_err(|why| Error::Listen { why })
    }

    /// What [`Hit::attachment`](super::Hit::attachment) says: its number among its listener's.
    #[must_use]
    pub fn id(&self) -> u32 {
        self.id
    }

    /// What the site is made of.
    #[must_use]
    pub fn form(&self) -> SiteForm {
        self.form
    }

    /// Whether the breakpoint is on the long `nop` of [`SiteForm::NopNop10`].
    #[must_use]
    pub fn is_on_long_nop(&self) -> bool {
        self.behind != 0
    }
}

impl std::fmt::Debug for Attachment {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Attachment")
            .field("id", &self.id)
            .field("hits", &self.hits())
            .field("lost", &self.lost())
            .finish_non_exhaustive()
    }
}
