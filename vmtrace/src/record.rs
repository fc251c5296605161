//! The record: what an event that is on becomes, once, on the stack.

use crate::event::Event;
use crate::{sink, thread};
use printf::{Text, Value};
use std::cell::Cell;
use std::fmt;
use std::mem::MaybeUninit;

/// The most bytes of [`Record::line`]: with the log's stamp it fits PIPE_BUF, and one entry of the kernel's ring. What is longer is cut on a character's border and ends in `…`.
pub const LINE_MAX: usize = 4000;

/// An event with its arguments, for as long as its sinks look at it.
pub struct Record<'a> {
    event: &'static Event,
    values: &'a [Value<'a>],
    room: Cell<Option<&'a mut [MaybeUninit<u8>]>>,
    line: Cell<&'a [u8]>,
    time: Cell<Option<u64>>,
}

/// Hands an event to the sinks that want it. Generated code calls this, out of line.
#[inline]
pub fn emit(event: &'static Event, values: &[Value<'_>]) {
    let mut room = [MaybeUninit::uninit(); LINE_MAX];
    sink::deliver(event.state.sinks(), &Record::new(event, values, &mut room));
}

impl<'a> Record<'a> {
    fn new(event: &'static Event, values: &'a [Value<'a>], room: &'a mut [MaybeUninit<u8>]) -> Self {
        Self { event, values, room: Cell::new(Some(room)), line: Cell::new(&[]), time: Cell::new(None) }
    }

    /// What happened.
    #[must_use]
    pub fn event(&self) -> &'static Event {
        self.event
    }

    /// The arguments, whole, in the order of [`Event::args`].
    #[must_use]
    pub fn values(&self) -> &'a [Value<'a>] {
        self.values
    }

    /// `NAME TEXT` on one line, rendered when the first sink asks. A control byte other than tab is escaped (`\n`,
    /// `\xNN`), so that a guest's string never forges another event's line. At most [`LINE_MAX`] bytes.
    #[must_use]
    pub fn line(&self) -> &'a [u8] {
        if let Some(room) = self.room.take() {
            let mut text = Text::escaping(room);
            self.event.render_line(self.values, &mut text);
            text.mark_cut();
            self.line.set(text.into_bytes());
        }
        self.line.get()
    }

    /// Exactly what C's `printf` makes of the format and the arguments, into the caller's room.
    pub fn render(&self, text: &mut Text<'_>) {
        self.event.render(self.values, text);
    }

    /// CLOCK_MONOTONIC in nanoseconds, read when the first sink asks: the clock of the recorder's tracefs instance.
    #[must_use]
    pub fn time(&self) -> u64 {
        self.time.get().unwrap_or_else(|| {
            let now = monotonic();
            self.time.set(Some(now));
            now
        })
    }

    /// The kernel's number of the thread (gettid(2)).
    #[must_use]
    #[allow(clippy::unused_self)] // sinks see the record; that it is emitted on its thread is our affair
    pub fn thread(&self) -> u32 {
        thread::id()
    }
}

impl fmt::Debug for Record<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Record")
            .field("event", &self.event.name())
            .field("values", &self.values)
            .finish_non_exhaustive()
    }
}

fn monotonic() -> u64 {
    let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: clock_gettime(2) writes a timespec, to one that is ours; CLOCK_MONOTONIC is always there.
    unsafe { libc::clock_gettime(libc::CLOCK_MONOTONIC, &raw mut time) };
    time.tv_sec.cast_unsigned() * 1_000_000_000 + time.tv_nsec.cast_unsigned()
}
