//! What the timeline is made of.

use crate::clock::Interval;
use crate::kernel::catalog::Event;
use crate::kernel::step::Step;
use std::borrow::Cow;

/// Something that happened, in its place.
#[derive(Debug)]
pub struct Item<'a> {
    /// Where it stands: nanoseconds of CLOCK_MONOTONIC.
    pub placed: u64,
    /// When it may have been, as its source tells: more than one time for what came from a log.
    pub when: Interval,
    /// On which cpu, where that was recorded.
    pub cpu: Option<u32>,
    /// The thread's number, where it is known.
    pub thread: Option<u32>,
    /// The thread's name, where it is known.
    pub comm: Option<&'a str>,
    /// Where it comes from.
    pub source: Source<'a>,
    /// The event's name.
    pub event: Cow<'a, str>,
    /// When the exit was that a VMM's line tells of: the stamp of its thread's `kvm_userspace_exit`.
    pub exit: Option<u64>,
    pub(crate) body: Body<'a>,
}

/// Where an item comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Source<'a> {
    /// The kernel: the event's system, such as `kvm`.
    Kernel(&'a str),
    /// The VMM's own event, from its marker or its log.
    Vmm,
    /// A line of the VMM's log that is no event.
    Log,
    /// The kernel had no room for events, or the recording's bytes are damaged.
    Lost,
}

impl Source<'_> {
    /// In a word: the kernel's system, `vmm`, `log` or `lost`.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match self {
            Self::Kernel(system) => system,
            Self::Vmm => "vmm",
            Self::Log => "log",
            Self::Lost => "lost",
        }
    }
}

#[derive(Debug)]
pub(crate) enum Body<'a> {
    Text(String),
    Kernel { event: &'a Event, bytes: &'a [u8] },
}

impl Item<'_> {
    /// What the event says. A kernel event's is what the kernel itself prints of it; it is made when it is
    /// asked for. On one line, without control characters.
    #[must_use]
    pub fn text(&self) -> Cow<'_, str> {
        match &self.body {
            Body::Text(text) => Cow::Borrowed(text),
            Body::Kernel { event, bytes } => Cow::Owned(event.text(bytes)),
        }
    }

    /// What a kernel event tells of its thread's way into the guest and out of it.
    pub(crate) fn step(&self) -> Option<Step> {
        match &self.body {
            Body::Text(_) => None,
            Body::Kernel { event, bytes } => event.step(bytes),
        }
    }
}
