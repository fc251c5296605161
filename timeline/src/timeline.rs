//! A recording lined up.

use crate::clock::{ClockMap, Interval};
use crate::facts::Facts;
use crate::items::Items;
use crate::kernel::catalog::Catalog;
use crate::kernel::ring::What;
use crate::kernel::{Comms, Stream};
use crate::log::{Entry, Index, Kind, RESOLUTION, Texts};
use crate::matching::{self, Told};
use crate::placing::{self, Placing, Track};
use crate::{Error, within};
use recording::{Exit, Manifest, Recording};
use std::collections::{BTreeMap, BTreeSet};

/// A recording lined up: its log lines matched and placed. The kernel's events stay in their files and are
/// decoded while the timeline is read.
#[derive(Debug)]
pub struct Timeline {
    recording: Recording,
    pub(crate) manifest: Manifest,
    pub(crate) catalog: Catalog,
    pub(crate) comms: Comms,
    pub(crate) clock: ClockMap,
    index: Index,
    /// The log's entries in the order of the timeline.
    order: Vec<u32>,
    pub(crate) facts: Facts,
}

impl Timeline {
    /// Reads a recording once through and lines it up.
    ///
    /// # Errors
    /// [`Error::Recording`], [`Error::Io`], [`Error::Strange`], [`Error::Description`] and [`Error::Clock`].
    /// Damaged pages and odd log lines are no errors: they become items.
    pub fn open(recording: &Recording) -> Result<Self, Error> {
        let manifest = recording.load()?;
        if let Some(kernel) = &manifest.kernel
            && kernel.clock != "mono"
        {
            return Err(Error::Clock { found: crate::shown::shown(kernel.clock.as_bytes()) });
        }
        let (catalog, comms) = if manifest.kernel.is_some() {
            let comms = match within::read(recording.dir(), &recording.comms_path()) {
                Ok(text) => Comms::parse(&text),
                // a recorder that was killed had not written it yet
                Err(Error::Io { source, .. }) if source.kind() == std::io::ErrorKind::NotFound => {
                    Comms::default()
                }
                Err(error) => return Err(error),
            };
            (Catalog::read(recording)?, comms)
        } else {
            (Catalog::default(), Comms::default())
        };
        let mut timeline = Self {
            index: Index::read(recording, &manifest.logs)?,
            clock: ClockMap::new(&manifest.clocks),
            recording: recording.clone(),
            manifest,
            catalog,
            comms,
            order: Vec::new(),
            facts: Facts::default(),
        };
        timeline.line_up()?;
        Ok(timeline)
    }

    /// What the recorder wrote of itself.
    #[must_use]
    pub fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    /// All items in order.
    ///
    /// # Errors
    /// [`Error::Io`], [`Error::Strange`] or [`Error::Description`] if the recording's files have gone since.
    pub fn items(&self) -> Result<Items<'_>, Error> {
        Ok(Items::new(self, self.stream()?, Texts::open(&self.recording, &self.index)?))
    }

    /// The time of the first item, nanoseconds of CLOCK_MONOTONIC; 0 of an empty timeline.
    #[must_use]
    pub fn start(&self) -> u64 {
        self.facts.span.map_or(0, |span| span.earliest)
    }

    /// The time of the last item.
    #[must_use]
    pub fn end(&self) -> u64 {
        self.facts.span.map_or(0, |span| span.latest)
    }

    /// A log entry, counted in the order of the timeline.
    pub(crate) fn line(&self, position: usize) -> Option<&Entry> {
        self.index.entries.get(*self.order.get(position)? as usize)
    }

    /// When a log entry may have been written.
    pub(crate) fn when(&self, entry: &Entry) -> Interval {
        if entry.wall == 0 { Interval::ANY } else { self.clock.mono(entry.wall, RESOLUTION) }
    }

    pub(crate) fn log_files(&self) -> usize {
        self.index.files.len()
    }

    fn stream(&self) -> Result<Option<Stream>, Error> {
        self.manifest.kernel.as_ref().map(|kernel| Stream::open(&self.recording, kernel)).transpose()
    }

    fn line_up(&mut self) -> Result<(), Error> {
        let mut threads: BTreeMap<u32, Vec<u32>> = BTreeMap::new();
        for (number, entry) in (0u32..).zip(&self.index.entries) {
            if let (Some(thread), false) = (entry.thread, matches!(entry.kind, Kind::Raw(_))) {
                threads.entry(thread).or_default().push(number);
            }
        }
        let mut tracks: BTreeMap<u32, Track> =
            threads.keys().map(|thread| (*thread, Track::default())).collect();
        let mut strangers: BTreeSet<u32> = threads.keys().copied().collect();
        self.read_kernel(&mut tracks, &mut strangers)?;
        self.facts.strangers = strangers.len();
        let recorded_on = matches!(self.manifest.end.map(|end| end.exit), None | Some(Exit::Running));
        self.facts.kernel_end = self.facts.span.filter(|_| recorded_on).map(|span| span.latest);
        for (thread, lines) in &threads {
            if let Some(track) = tracks.get(thread) {
                self.place(track, lines);
            }
        }
        self.order();
        self.facts.unread_logs = self.index.unread;
        self.facts.widest_event = self.facts.widest_event.max(self.index.widest);
        Ok(())
    }

    /// Goes through the kernel's events once, for the threads that have lines and for the facts.
    fn read_kernel(
        &mut self,
        tracks: &mut BTreeMap<u32, Track>,
        strangers: &mut BTreeSet<u32>,
    ) -> Result<(), Error> {
        let Some(mut stream) = self.stream()? else { return Ok(()) };
        while let Some(next) = stream.next()? {
            self.facts.entry(next.cpu, &next.what);
            if !matches!(next.what, What::Event(_)) {
                tracks.values_mut().for_each(Track::lost);
            }
            if let What::Event(range) = &next.what {
                let bytes = next.page.get(range.clone()).unwrap_or_default();
                let (event, thread) = (self.catalog.event(bytes), self.catalog.thread(bytes));
                let step = event.and_then(|event| event.step(bytes));
                if let (Some(step), Some(track)) = (step, thread.and_then(|thread| tracks.get_mut(&thread))) {
                    track.step(next.stamp, step);
                }
                if let Some(thread) = thread {
                    strangers.remove(&thread);
                }
                let comm = thread.and_then(|thread| self.comms.name(thread));
                self.facts.event(event, bytes, step, thread, comm);
            }
            self.facts.at(next.stamp);
        }
        Ok(())
    }

    /// Matches and places the lines of a thread.
    fn place(&mut self, track: &Track, lines: &[u32]) {
        let end = self.facts.kernel_end.unwrap_or(u64::MAX);
        let is_later = |number: &u32| self.when(&self.index.entries[*number as usize]).earliest > end;
        let (lines, later) = lines.split_at(lines.iter().position(is_later).unwrap_or(lines.len()));
        self.place_later(later);

        let (exits, stays) = track.exits();
        let entry = |number: &u32| &self.index.entries[*number as usize];
        let told: Vec<(usize, Told)> = lines
            .iter()
            .enumerate()
            .filter_map(|(at, number)| match entry(number).kind {
                Kind::Exit(reason) => Some((at, Told { when: self.when(entry(number)), reason })),
                _ => None,
            })
            .collect();
        let lines_told: Vec<Told> = told.iter().map(|(_, told)| *told).collect();
        let matched = matching::align(&exits, &lines_told);

        let mut placings: Vec<Placing> = lines
            .iter()
            .map(|number| Placing { when: self.when(entry(number)), stay: None, placed: 0 })
            .collect();
        for ((at, _), exit) in told.iter().zip(&matched) {
            placings[*at].stay = exit.and_then(|exit| stays.get(exit).copied());
        }
        placing::place(track, &mut placings);

        self.facts.matching.lines += told.len() as u64;
        self.facts.matching.matched += matched.iter().flatten().count() as u64;
        self.facts.matching.exits += exits.len() as u64;
        for (number, placing) in lines.iter().zip(&placings) {
            let entry = &mut self.index.entries[*number as usize];
            entry.placed = placing.placed;
            entry.exit = placing.stay.and_then(|stay| track.exit(stay));
            self.facts.placed(placing);
        }
    }

    /// Places the lines that a thread wrote after the kernel's side had ended: of its exits since then nothing
    /// is known, so each stands at its own time.
    fn place_later(&mut self, lines: &[u32]) {
        let mut floor = 0;
        for number in lines {
            let when = self.when(&self.index.entries[*number as usize]);
            floor = when.middle().max(floor);
            self.facts.placed(&Placing { when, stay: None, placed: floor });
            self.index.entries[*number as usize].placed = floor;
        }
        self.facts.later_lines += lines.len() as u64;
    }

    /// Puts the log's entries in order: by place, and where that is the same by their order in the log. What
    /// is no event follows the line before it.
    fn order(&mut self) {
        let (mut file, mut before) = (None, 0);
        for entry in &mut self.index.entries {
            if file != Some(entry.file) {
                (file, before) = (Some(entry.file), 0);
            }
            if let Kind::Raw(count) = entry.kind {
                entry.placed = before;
                self.facts.raw_lines += u64::from(count);
            } else {
                self.facts.lines += 1;
            }
            before = entry.placed;
        }
        // what stands before any event of its file begins with the recording
        let start = self.index.entries.iter().map(|entry| entry.placed).filter(|placed| *placed != 0).min();
        let start = self.facts.span.map(|span| span.earliest).into_iter().chain(start).min().unwrap_or(0);
        for entry in &mut self.index.entries {
            entry.placed = entry.placed.max(start);
            self.facts.at(entry.placed);
        }
        self.order = (0u32..).zip(&self.index.entries).map(|(number, _)| number).collect();
        self.order.sort_by_key(|number| self.index.entries[*number as usize].placed);
    }
}
