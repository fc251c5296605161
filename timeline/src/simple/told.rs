//! What is wrong with an event's records: told once, not for each.

use std::collections::HashSet;
use std::fmt;
use std::sync::{Mutex, PoisonError};

/// Why records of an event are not shown by its declaration.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Trouble {
    /// There is none.
    Undeclared,
    /// It has other arguments than the record.
    Arguments,
}

impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Undeclared => "it is not declared: give the declarations of the VMM that wrote the trace",
            Self::Arguments => {
                "its arguments are not as declared: the trace was written by a VMM with other declarations"
            }
        })
    }
}

/// Told of, once an event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    /// The event's name: printable ASCII.
    pub event: String,
    /// Where the record begins that showed it, in bytes from the trace's beginning.
    pub at: u64,
    /// What is wrong.
    pub trouble: Trouble,
}

impl fmt::Display for Notice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { event, at, trouble } = self;
        write!(f, "{event} (at byte {at}) cannot be told: {trouble}")
    }
}

/// Who is told.
pub(super) struct Teller<'a> {
    tell: &'a (dyn Fn(&Notice) + Sync),
    told: Mutex<HashSet<(usize, Trouble)>>,
}

impl<'a> Teller<'a> {
    pub(super) fn new(tell: &'a (dyn Fn(&Notice) + Sync)) -> Self {
        Self { tell, told: Mutex::new(HashSet::new()) }
    }

    #[cold]
    pub(super) fn tell(&self, event: &simpletrace::Event<'_>, trouble: Trouble) {
        let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        if told.insert((event.number, trouble)) {
            (self.tell)(&Notice { event: event.name().to_owned(), at: event.at, trouble });
        }
    }
}
