//! A line, and what is known of it.

use crate::journal;
use printf::Text;
use std::fmt;

/// A line, and what is known of it. RFC 3164 has room for the line and its second; the journal takes all.
#[derive(Clone, Copy)]
pub struct Message<'a> {
    /// When it happened: CLOCK_REALTIME, in nanoseconds.
    pub realtime: u64,
    /// When it happened: CLOCK_MONOTONIC, in nanoseconds.
    pub monotonic: u64,
    /// The kernel's number of the thread where it happened (gettid(2)).
    pub thread: u32,
    /// The name by which the journal finds it: `VMTRACE_EVENT`.
    pub name: &'a str,
    /// The line that people read. A control byte other than tab is escaped here if it still has one; at most
    /// [`crate::LINE_MAX`] bytes are sent.
    pub line: &'a [u8],
    /// Says what the fields are. Called for the journal alone, once.
    pub fields: &'a dyn Fn(&mut Fields<'_, '_>),
}

impl Default for Message<'_> {
    /// An empty line without fields, in 1970.
    fn default() -> Self {
        Self { realtime: 0, monotonic: 0, thread: 0, name: "", line: b"", fields: &|_| {} }
    }
}

impl fmt::Debug for Message<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Message")
            .field("realtime", &self.realtime)
            .field("monotonic", &self.monotonic)
            .field("thread", &self.thread)
            .field("name", &self.name)
            .field("line", &String::from_utf8_lossy(self.line))
            .finish_non_exhaustive()
    }
}

/// What takes a message's fields: each becomes `VMTRACE_ARG_` and its name in capitals.
#[derive(Debug)]
pub struct Fields<'a, 'room> {
    pub(crate) text: &'a mut Text<'room>,
    pub(crate) cut: bool,
}

impl Fields<'_, '_> {
    /// A field of any bytes. One that does not fit is cut on a character's border and ends in `…`.
    pub fn bytes(&mut self, name: &str, value: &[u8]) {
        self.cut |= !journal::argument(self.text, name, value);
    }

    /// A field that is a number.
    pub fn signed(&mut self, name: &str, value: i64) {
        self.digits(name, |text| text.signed(value));
    }

    /// A field that is a number without sign.
    pub fn unsigned(&mut self, name: &str, value: u64) {
        self.digits(name, |text| text.unsigned(value));
    }

    fn digits(&mut self, name: &str, write: impl FnOnce(&mut Text<'_>)) {
        let mut room = [std::mem::MaybeUninit::uninit(); 24];
        let mut digits = Text::new(&mut room);
        write(&mut digits);
        self.bytes(name, digits.as_bytes());
    }
}
