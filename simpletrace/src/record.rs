//! A record, and the arguments in it.

use crate::names::Names;
use std::fmt;

/// What a trace holds, in the order in which it was written.
#[derive(Clone, Copy, Debug)]
pub enum Record<'a> {
    /// An event.
    Event(Event<'a>),
    /// Events are missing here.
    Dropped(Dropped),
}

/// An event that happened.
#[derive(Clone, Copy)]
pub struct Event<'a> {
    /// The number of its name in this trace, from 0: the same for all events of a name, and no id of the file's.
    pub number: usize,
    /// Where its record begins, in bytes from the file's beginning.
    pub at: u64,
    /// In nanoseconds, of CLOCK_MONOTONIC.
    pub time: u64,
    /// The thread, or with a trace of QEMU's the process.
    pub thread: u32,
    /// The arguments as the file has them; [`Event::arguments`] takes them out.
    pub bytes: &'a [u8],
    pub(crate) names: &'a Names,
}

/// Events that the writer had no room for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Dropped {
    /// Where its record begins, in bytes from the file's beginning.
    pub at: u64,
    /// When it was written, in nanoseconds of CLOCK_MONOTONIC: the events are missing before it.
    pub time: u64,
    /// The thread, or with a trace of QEMU's the process.
    pub thread: u32,
    /// How many.
    pub count: u64,
}

impl<'a> Event<'a> {
    /// Its name: printable ASCII without blanks, at most [`crate::NAME_MAX`] bytes.
    #[must_use]
    pub fn name(&self) -> &'a str {
        self.names.get(self.number).unwrap_or_default()
    }

    /// The arguments, to be taken one after the other.
    #[must_use]
    pub fn arguments(&self) -> Arguments<'a> {
        Arguments(self.bytes)
    }
}

impl fmt::Debug for Event<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { number, at, time, thread, bytes, .. } = self;
        f.debug_struct("Event")
            .field("name", &self.name())
            .field("number", number)
            .field("at", at)
            .field("time", time)
            .field("thread", thread)
            .field("bytes", bytes)
            .finish()
    }
}

/// How an argument is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// A number or an address: 64 bits, extended by the sign that it had in C.
    Word,
    /// A string.
    String,
}

/// An argument.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Argument<'a> {
    /// A number or an address.
    Word(u64),
    /// A string without a NUL; C's null pointer was made an empty one.
    String(&'a [u8]),
}

/// The arguments that are left.
///
/// The file does not say of which kind they are: who takes them knows the declaration, and finds by [`Arguments::is_empty`]
/// that it was the right one.
#[derive(Clone, Copy, Debug)]
pub struct Arguments<'a>(&'a [u8]);

impl<'a> Arguments<'a> {
    /// Of bytes in the file's encoding, wherever they are kept.
    #[must_use]
    pub fn of(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    /// The next, a number or an address; `None` if there are no eight bytes left.
    #[inline]
    pub fn word(&mut self) -> Option<u64> {
        let (word, rest) = self.0.split_first_chunk()?;
        self.0 = rest;
        Some(u64::from_le_bytes(*word))
    }

    /// The next, a string; `None` if there are not as many bytes left as it says.
    #[inline]
    pub fn string(&mut self) -> Option<&'a [u8]> {
        let (length, rest) = self.0.split_first_chunk()?;
        let (string, rest) = rest.split_at_checked(u32::from_le_bytes(*length) as usize)?;
        self.0 = rest;
        Some(string)
    }

    /// The next, of a kind.
    #[inline]
    pub fn next(&mut self, kind: Kind) -> Option<Argument<'a>> {
        match kind {
            Kind::Word => self.word().map(Argument::Word),
            Kind::String => self.string().map(Argument::String),
        }
    }

    /// Whether none is left.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The bytes that are left.
    #[must_use]
    pub fn rest(&self) -> &'a [u8] {
        self.0
    }
}
