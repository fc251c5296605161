//! The kernel's side of a recording: the instance, its events, and the pages that come of them.

use crate::Error;
use crate::events::Choice;
use crate::formats;
use crate::names::Names;
use crate::pages::{Pages, Pipe};
use ftrace::{Instance, Mounted, Ring, Tracefs};
use nix::poll::{PollFd, PollFlags};
use recording::{CpuRing, EventChoice, Recording};
use std::fs;
use std::io::{self, Write as _};
use std::os::fd::AsFd as _;
use std::path::Path;

/// CLOCK_MONOTONIC, which a VMM's own records carry as well.
const CLOCK: &str = "mono";

/// How full a ring is when the keeper is woken. The other half is left for the time until it comes.
const WAKE_AT_PERCENT: u8 = 50;

/// So many turns are taken at the end for what is left, where tracing could not be switched off and more may come.
const LAST_TURNS: usize = 64;

/// So many bytes of pages are given up again when they cannot be written any more: room for manifest and names.
const SPARE: u64 = 256 << 10;

/// The kernel's side.
pub(crate) struct Kernel {
    tracefs: Tracefs,
    instance: Instance,
    rings: Vec<Ring>,
    /// Of the same cpus as `rings`; none once they are done with.
    pages: Vec<Pages>,
    pipe: Pipe,
    names: Names,
    described: recording::Kernel,
    /// Whether pages could not be kept, so that there is no use in more.
    broken: bool,
}

/// What came of setting it up.
pub(crate) enum SetUp {
    /// It is there, with tracing off.
    Done {
        /// The instance and all that is of it.
        kernel: Box<Kernel>,
        /// How many instances of recorders and keepers that were killed were removed on the way.
        cleared: usize,
    },
    /// There is no tracefs, or no right to it; in words for the operator.
    Missing(String),
}

impl Kernel {
    /// Makes the instance with all its events and writes what a reader needs to know of them. Removes instances of
    /// recorders and keepers that were killed. What the operator should know goes to `notices`.
    ///
    /// # Errors
    /// [`Error::Tracefs`] for an event that the operator asked for and the kernel refuses, and for whatever else fails
    /// once there is an instance; [`Error::Recording`].
    pub(crate) fn set_up(
        recording: &Recording,
        choices: &[Choice],
        buffer_kb: u64,
        notices: &mut Vec<String>,
    ) -> Result<SetUp, Error> {
        let made = Tracefs::find_or_mount().and_then(|(tracefs, mounted)| {
            if mounted == Mounted::Now {
                notices.push(format!("mounted tracefs at {}", tracefs.root().display()));
            }
            // Those that are still held are somebody else's to wait for.
            let removed = Instance::remove_stale(&tracefs)?;
            Ok((Instance::create(&tracefs)?, tracefs, removed.len()))
        });
        let (instance, tracefs, cleared) = match made {
            Ok(made) => made,
            Err(error) => return Ok(SetUp::Missing(error.to_string())),
        };

        instance.set_tracing(false)?;
        instance.set_clock(CLOCK)?;
        instance.set_buffer_kb(buffer_kb).map_err(|error| {
            Error::Keeper(format!(
                "{error}; rings of {buffer_kb} KiB for each cpu do not fit: ask for smaller ones"
            ))
        })?;
        instance.set_buffer_percent(WAKE_AT_PERCENT)?;
        instance.set_option("event-fork", true)?;
        // Tracing is off, so that nothing comes of them yet.
        let events = choices.iter().map(|choice| enable(&instance, choice)).collect::<Result<Vec<_>, _>>()?;

        let page = formats::write(recording, &instance, &events)?;
        let rings = instance.rings()?;
        let mut pages = Vec::new();
        for ring in &rings {
            let raw = ring.open_pages()?.into();
            pages.push(Pages::new(raw, Recording::create_file(&recording.cpu_path(ring.cpu()))?, page));
        }
        let described = recording::Kernel {
            clock: CLOCK.into(),
            buffer_kb,
            events,
            cpus: rings.iter().map(|ring| CpuRing { cpu: ring.cpu(), ..CpuRing::default() }).collect(),
        };
        let pipe = Pipe::new().map_err(Error::system("make a pipe for the pages"))?;
        let names = Names::default();
        let kernel =
            Box::new(Self { tracefs, instance, rings, pages, pipe, names, described, broken: false });
        Ok(SetUp::Done { kernel, cleared })
    }

    /// The instance's folder.
    pub(crate) fn folder(&self) -> &Path {
        self.instance.path()
    }

    /// What the manifest says of it.
    pub(crate) fn described(&self) -> &recording::Kernel {
        &self.described
    }

    /// How many bytes of pages were kept.
    pub(crate) fn bytes(&self) -> u64 {
        self.pages.iter().map(Pages::bytes).sum()
    }

    /// Records a process, its threads, and what it forks, from now on.
    ///
    /// # Errors
    /// [`Error::Tracefs`].
    pub(crate) fn start(&self, pid: u32) -> Result<(), Error> {
        // Before tracing is on: with no process named, every process would be recorded.
        self.instance.set_event_pids(&[pid])?;
        Ok(self.instance.set_tracing(true)?)
    }

    /// What becomes readable when a ring is full enough.
    pub(crate) fn rings(&self) -> impl Iterator<Item = PollFd<'_>> {
        let watched = if self.broken { &[] } else { self.pages.as_slice() };
        watched.iter().map(|pages| PollFd::new(pages.as_fd(), PollFlags::POLLIN))
    }

    /// Keeps the pages that are full, and if `with_begun` also those that are not. Tells whether any came.
    pub(crate) fn keep(&mut self, with_begun: bool, notices: &mut Vec<String>) -> bool {
        let before = self.bytes();
        if !self.broken {
            let kept = self.pages.iter_mut().try_for_each(|pages| {
                pages.keep_full(&self.pipe)?;
                if with_begun { pages.keep_begun().map(drop) } else { Ok(()) }
            });
            self.note(kept, notices);
        }
        self.bytes() > before
    }

    /// Learns the names of the command's threads, which are gone when they are.
    pub(crate) fn learn_names(&mut self) {
        // It is no error if either fails: a report can do without names.
        let saved = fs::read(self.tracefs.root().join("saved_cmdlines")).unwrap_or_default();
        let threads = self.instance.read("set_event_pid").unwrap_or_default();
        self.names.learn(&saved, threads.lines().filter_map(|thread| thread.trim().parse().ok()));
    }

    /// Switches tracing off, keeps what is left, and counts the losses. Where tracefs was unmounted, what was open keeps
    /// what is left all the same.
    ///
    /// # Errors
    /// [`Error::Recording`], [`Error::System`].
    pub(crate) fn finish(&mut self, recording: &Recording, notices: &mut Vec<String>) -> Result<(), Error> {
        if !self.broken && self.instance.read("tracing_on").is_ok_and(|on| on.trim() == "0") {
            notices.push(
                "somebody else had switched the instance's tracing off before the command ended: what the kernel would \
                 have told since is missing"
                    .to_owned(),
            );
        }
        let stopped = self.instance.set_tracing(false);
        if stopped.is_err() {
            for _ in 0..LAST_TURNS {
                if !self.keep(true, notices) {
                    break;
                }
            }
        } else if !self.broken {
            let kept = self.pages.iter_mut().try_for_each(|pages| pages.keep_all(&self.pipe));
            self.note(kept, notices);
        }
        if let Err(error) = stopped.and_then(|()| self.count_losses()) {
            notices.push(format!(
                "tracefs was taken away: what came was kept, but how much the kernel lost is not known, and {} is removed \
                 when vmtrace records next ({error})",
                self.folder().display()
            ));
        }
        self.learn_names();
        let path = recording.comms_path();
        Recording::create_file(&path)?
            .write_all(self.names.to_text().as_bytes())
            .map_err(Error::system(format!("write {}", path.display())))
    }

    fn count_losses(&mut self) -> Result<(), ftrace::Error> {
        for (ring, described) in self.rings.iter().zip(&mut self.described.cpus) {
            let stats = ring.stats()?;
            (described.overrun, described.dropped) = (stats.overrun, stats.dropped);
        }
        Ok(())
    }

    /// Removes the instance. Tells whether it is gone; it is not while a process still has its marker open. Nothing can be
    /// kept any more after this.
    pub(crate) fn remove(&mut self) -> bool {
        // Our own descriptors would hold it as well.
        self.pages.clear();
        match self.instance.try_remove() {
            Err(ftrace::Error::Busy { .. }) => {
                // It holds memory for nothing. If this fails the instance is as large as before.
                let _ = self.instance.set_buffer_kb(1);
                false
            }
            // Gone, or gone already: there is nothing to try again for.
            _ => true,
        }
    }

    /// After an error nothing more is kept: what is there stays whole, up to the error.
    fn note(&mut self, kept: io::Result<()>, notices: &mut Vec<String>) {
        let Err(error) = kept else { return };
        self.broken = true;
        let _ = self.instance.set_tracing(false);
        notices.push(format!("recording of the kernel's side stopped before the command did: {error}"));
        // On a disk that is full there would be no room either for what makes the pages readable.
        let largest = self.pages.iter().map(Pages::bytes).max().unwrap_or(0);
        for pages in &mut self.pages {
            let spare = if pages.bytes() == largest { SPARE } else { 0 };
            let _ = pages.cut(spare);
        }
    }
}

/// Switches an event on, as far as it is there.
fn enable(instance: &Instance, Choice { event, usual }: &Choice) -> Result<EventChoice, Error> {
    let refused = match instance.enable(&event.system, &event.name, event.filter.as_deref()) {
        Ok(()) => None,
        Err(error) if *usual => Some(error.to_string()),
        Err(error) => return Err(error.into()),
    };
    let (system, name, filter) = (event.system.clone(), event.name.clone(), event.filter.clone());
    Ok(EventChoice { system, name, filter, refused })
}
