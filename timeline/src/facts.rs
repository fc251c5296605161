//! What was seen of a recording while it was read through once.

use crate::clock::Interval;
use crate::kernel::catalog::Event;
use crate::kernel::layout::Lost;
use crate::kernel::ring::What;
use crate::kernel::step::Step;
use crate::marker;
use crate::placing::Placing;
use std::collections::BTreeSet;

/// Counts and widths.
#[derive(Clone, Debug, Default)]
#[allow(clippy::struct_excessive_bools)] // which steps the recording has, each on its own
pub(crate) struct Facts {
    /// From the first item to the last.
    pub(crate) span: Option<Interval>,
    pub(crate) events: u64,
    pub(crate) unknown: u64,
    /// Events that the kernel says it dropped, and how often it did not say how many.
    pub(crate) lost: u64,
    pub(crate) lost_uncounted: u64,
    pub(crate) damaged_bytes: u64,
    /// Events and other lines of the logs.
    pub(crate) lines: u64,
    pub(crate) raw_lines: u64,
    pub(crate) unread_logs: usize,
    pub(crate) matching: Matching,
    /// Threads of the log that the kernel never saw.
    pub(crate) strangers: usize,
    /// Events that are shown by their fields, of those that occur.
    pub(crate) by_fields: BTreeSet<String>,
    /// Lines that stand outside their interval so that causes come before effects, and by how much at most.
    pub(crate) moved: u64,
    pub(crate) moved_most: u64,
    /// The kernel's last stamp, if the recorder was ended before the command: what a log has after it has no
    /// kernel side.
    pub(crate) kernel_end: Option<u64>,
    pub(crate) later_lines: u64,
    pub(crate) has_exit: bool,
    pub(crate) has_entry: bool,
    pub(crate) has_call: bool,
    pub(crate) has_user_exit: bool,
    /// The longest thread and event, for the columns of a report.
    pub(crate) widest_thread: usize,
    pub(crate) widest_event: usize,
    pub(crate) widest_source: usize,
    pub(crate) highest_cpu: u32,
}

/// How the `kvm_run_exit` lines fared.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Matching {
    pub(crate) lines: u64,
    pub(crate) matched: u64,
    /// Exits of the threads that have lines, for the VMM to handle.
    pub(crate) exits: u64,
}

impl Facts {
    pub(crate) fn at(&mut self, time: u64) {
        let span = self.span.get_or_insert(Interval::at(time));
        span.earliest = span.earliest.min(time);
        span.latest = span.latest.max(time);
    }

    pub(crate) fn entry(&mut self, cpu: u32, what: &What) {
        self.highest_cpu = self.highest_cpu.max(cpu);
        match what {
            What::Event(_) => self.events += 1,
            What::Lost(Lost::Count(count)) => self.lost = self.lost.saturating_add(*count),
            What::Lost(Lost::Some) => self.lost_uncounted += 1,
            What::Damaged(damage) => self.damaged_bytes += damage.bytes,
        }
    }

    pub(crate) fn event(
        &mut self,
        event: Option<&Event>,
        bytes: &[u8],
        step: Option<Step>,
        thread: Option<u32>,
        comm: Option<&str>,
    ) {
        match event {
            Some(event) => {
                let name = match event.marker(bytes) {
                    Some(written) => marker::parts(written).0.map_or(0, <[u8]>::len),
                    None => event.format.name.len(),
                };
                self.widest_event = self.widest_event.max(name);
                self.widest_source = self.widest_source.max(event.system.len());
                if event.is_by_fields() && !self.by_fields.contains(&event.format.name) {
                    self.by_fields.insert(event.format.name.clone());
                }
            }
            None => self.unknown += 1,
        }
        match step {
            Some(Step::Exit) => self.has_exit = true,
            Some(Step::Entry) => self.has_entry = true,
            Some(Step::Call) => self.has_call = true,
            Some(Step::UserExit { .. }) => self.has_user_exit = true,
            _ => {}
        }
        if let Some(thread) = thread {
            let digits = thread.checked_ilog10().unwrap_or(0) as usize + 1;
            let width = comm.map_or(0, |comm| comm.chars().count() + 1) + digits;
            self.widest_thread = self.widest_thread.max(width);
        }
    }

    pub(crate) fn placed(&mut self, placing: &Placing) {
        let Interval { earliest, latest } = placing.when;
        let off = earliest.saturating_sub(placing.placed).max(placing.placed.saturating_sub(latest));
        self.moved += u64::from(off != 0);
        self.moved_most = self.moved_most.max(off);
    }
}
