//! The kernel's side: the pages of every cpu, decoded and merged to one stream.

pub(crate) mod bytes;
pub(crate) mod catalog;
mod comms;
pub(crate) mod format;
pub(crate) mod layout;
mod record;
pub(crate) mod ring;
pub(crate) mod step;

pub(crate) use comms::Comms;

use crate::{Error, within};
use layout::Layout;
use recording::{Kernel, Recording};
use ring::{Entry, Ring, What};
use std::cmp::Reverse;
use std::collections::BinaryHeap;

/// The events of all cpus in the order of (stamp, cpu, position). Within a cpu the kernel's order is kept
/// whatever the stamps say. Holds one page a cpu.
#[derive(Debug)]
pub(crate) struct Stream {
    rings: Vec<Ring>,
    /// What each ring holds next.
    heads: Vec<Option<Entry>>,
    order: BinaryHeap<Reverse<(u64, usize)>>,
    /// The ring that the last entry came from.
    last: Option<usize>,
}

/// An entry of the stream.
#[derive(Debug)]
pub(crate) struct Next<'a> {
    pub(crate) cpu: u32,
    pub(crate) stamp: u64,
    pub(crate) what: What,
    /// The page that an event's bytes are on.
    pub(crate) page: &'a [u8],
}

impl Stream {
    /// Opens the pages of every cpu that the manifest names.
    pub(crate) fn open(recording: &Recording, kernel: &Kernel) -> Result<Self, Error> {
        let path = recording.header_page_path();
        let layout = Layout::parse(&within::read(recording.dir(), &path)?)
            .map_err(|why| Error::Description { path, why })?;
        let mut cpus: Vec<u32> = kernel.cpus.iter().map(|ring| ring.cpu).collect();
        cpus.sort_unstable();
        cpus.dedup();
        let mut rings = Vec::new();
        for cpu in cpus {
            let path = recording.cpu_path(cpu);
            let file = within::open(recording.dir(), &path)?;
            rings.push(Ring::new(cpu, path, file, layout));
        }
        let mut stream = Self { heads: vec![None; rings.len()], rings, order: BinaryHeap::new(), last: None };
        for index in 0..stream.rings.len() {
            stream.refill(index)?;
        }
        Ok(stream)
    }

    fn refill(&mut self, index: usize) -> Result<(), Error> {
        let head = self.rings[index].next()?;
        if let Some(entry) = &head {
            self.order.push(Reverse((entry.stamp, index)));
        }
        self.heads[index] = head;
        Ok(())
    }

    /// The stamp of the next entry.
    pub(crate) fn peek(&mut self) -> Result<Option<u64>, Error> {
        // the last entry's ring was left alone while its page was lent
        if let Some(index) = self.last.take() {
            self.refill(index)?;
        }
        Ok(self.order.peek().map(|Reverse((stamp, _))| *stamp))
    }

    /// The next entry.
    pub(crate) fn next(&mut self) -> Result<Option<Next<'_>>, Error> {
        self.peek()?;
        let Some(Reverse((_, index))) = self.order.pop() else { return Ok(None) };
        self.last = Some(index);
        let ring = &self.rings[index];
        let entry = self.heads[index].take();
        Ok(entry.map(|Entry { stamp, what }| Next { cpu: ring.cpu(), stamp, what, page: ring.page() }))
    }
}
