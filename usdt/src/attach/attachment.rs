//! A probe that is attached to.

use super::bpf::{self, Counter, Counters};
use super::instruction::Instruction;
use super::program;
use super::refused::Refused;
use super::registers;
use super::site::SiteForm;
use super::uprobe::{Target, Uprobe};
use crate::error::Error;
use crate::read::Probe;
use std::os::fd::AsFd;
use std::path::Path;
use std::vec::Vec;

/// A breakpoint on a probe, and its semaphore counted up; both end with this value, or with this process however it ends.
pub struct Attachment {
    id: u32,
    form: SiteForm,
    behind: u64,
    counters: Counters,
    _uprobe: Uprobe,
}

impl Attachment {
    /// Attaches, and counts hits. `path` is the file that [`probes`](crate::probes) read the probe from.
    ///
    /// Of a name that has many sites (it was inlined, or is in generic code), each is a probe to attach to.
    ///
    /// # Errors
    ///
    /// [`Error::Attach`], which says why not and what would help.
    pub fn new(path: &Path, probe: &Probe, target: Target) -> Result<Self, Error> {
        Self::running(path, probe, target, 0, |counters, _| program::counting(counters))
            .map_err(|why| why.to(path, probe))
    }

    /// Attaches with a program that is made from the counters and how far the breakpoint is behind the note's place.
    pub(super) fn running(
        path: &Path,
        probe: &Probe,
        target: Target,
        id: u32,
        program: impl FnOnce(&Counters, u64) -> Vec<Instruction>,
    ) -> Result<Self, Refused> {
        if !registers::MACHINES.contains(&probe.machine) {
            return Err(Refused::OtherMachine);
        }
        let offset = probe.site.offset.ok_or(Refused::Dead)?;
        let semaphore = match probe.semaphore {
            None => None,
            Some(semaphore) => Some(semaphore.offset.ok_or(Refused::DeadSemaphore)?),
        };
        let form = SiteForm::of(path, probe)?;
        let behind = form.behind();
        let counters = Counters::new()?;
        let program = bpf::load(&program(&counters, behind))?;
        let uprobe = Uprobe::open(path, offset + behind, semaphore, target)?;
        uprobe.run(program.as_fd())?;
        Ok(Self { id, form, behind, counters, _uprobe: uprobe })
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
