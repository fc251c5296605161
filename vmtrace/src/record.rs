//! The record: what an event that is on becomes, once, on the stack, or what it was when it comes out of a queue.

use crate::event::Event;
use crate::{queue, sink, thread};
use printf::{Text, Value};
use std::cell::Cell;
use std::fmt;
use std::mem::MaybeUninit;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// The most bytes of [`Record::line`]: with the log's stamp it fits PIPE_BUF, and one entry of the kernel's ring. What is longer is cut on a character's border and ends in `…`.
pub const LINE_MAX: usize = 4000;

/// The most bytes that a sink puts before a line: the system's log, which has a name of 128 bytes in it.
const FRAME_MAX: usize = 320;

/// Room for a line with what a sink puts before it, and its end.
pub(crate) const ROOM: usize = FRAME_MAX + LINE_MAX + 1;

/// An event with its arguments, for as long as its sinks look at it.
pub struct Record<'a> {
    event: &'static Event,
    values: &'a [Value<'a>],
    room: Cell<Option<&'a mut [MaybeUninit<u8>]>>,
    line: Cell<&'a [u8]>,
    time: Cell<Option<u64>>,
    queued: Option<Queued<'a>>,
}

/// What a queue knows of a record.
#[derive(Clone, Copy)]
pub(crate) struct Queued<'a> {
    /// CLOCK_MONOTONIC in nanoseconds.
    pub(crate) time: u64,
    /// CLOCK_REALTIME less CLOCK_MONOTONIC, in nanoseconds.
    pub(crate) wall: u64,
    /// The thread of the event.
    pub(crate) thread: u32,
    /// The arguments as they lie in the ring.
    pub(crate) arguments: &'a [u8],
}

/// Hands an event to the sinks that want it. Generated code calls this, out of line.
#[inline]
pub fn emit(event: &'static Event, values: &[Value<'_>]) {
    hand_over(event, values, sink::deliver);
}

/// The same for an event of C's, where no panic may go: one of a sink of the VMM's own ends here. Its hook has told of it.
#[inline]
pub fn emit_from_c(event: &'static Event, values: &[Value<'_>]) {
    hand_over(event, values, |sinks, record| {
        _ = catch_unwind(AssertUnwindSafe(|| sink::deliver(sinks, record)));
    });
}

#[inline]
fn hand_over(event: &'static Event, values: &[Value<'_>], deliver: impl FnOnce(u64, &Record<'_>)) {
    let sinks = event.state.sinks();
    let later = queue::takes(sinks);
    if later != 0 {
        queue::push(event, values, later);
    }
    let now = sinks & !later;
    if now != 0 {
        let mut room = [MaybeUninit::uninit(); ROOM];
        deliver(now, &Record::new(event, values, &mut room, None));
    }
}

impl<'a> Record<'a> {
    pub(crate) fn new(
        event: &'static Event,
        values: &'a [Value<'a>],
        room: &'a mut [MaybeUninit<u8>],
        queued: Option<Queued<'a>>,
    ) -> Self {
        let time = queued.map(|queued| queued.time);
        Self {
            event,
            values,
            room: Cell::new(Some(room)),
            line: Cell::new(&[]),
            time: Cell::new(time),
            queued,
        }
    }

    /// What happened.
    #[must_use]
    pub fn event(&self) -> &'static Event {
        self.event
    }

    /// The arguments in the order of [`Event::args`], whole; of a string that was queued at most 512 bytes, of which the
    /// last are `…` if it had more.
    #[must_use]
    pub fn values(&self) -> &'a [Value<'a>] {
        self.values
    }

    /// `NAME TEXT` on one line, rendered when the first sink asks. A control byte other than tab is escaped (`\n`,
    /// `\xNN`), so that a guest's string never forges another event's line. At most [`LINE_MAX`] bytes.
    #[must_use]
    pub fn line(&self) -> &'a [u8] {
        if let Some(room) = self.room.take() {
            let mut text = Text::new(room).then_escaping(LINE_MAX);
            self.event.render_line(self.values, &mut text);
            text.mark_cut();
            self.line.set(text.into_bytes());
        }
        self.line.get()
    }

    /// The line with what `frame` puts before it ([`FRAME_MAX`] bytes at most) and the byte that ends it, in one piece that is
    /// copied no more; for the first sink that asks for a line, `None` for others.
    #[inline]
    pub(crate) fn framed(&self, frame: impl FnOnce(&mut Text<'_>), end_of_line: u8) -> Option<&'a [u8]> {
        let room = self.room.take()?;
        let end = room.len().checked_sub(1)?;
        let mut text = Text::new(&mut room[..end]);
        frame(&mut text);
        let start = text.len();
        let mut text = text.then_escaping(LINE_MAX);
        self.event.render_line(self.values, &mut text);
        text.mark_cut();
        let len = text.len();
        room[len].write(end_of_line);
        let written: *const [MaybeUninit<u8>] = &raw const room[..=len];
        // SAFETY: the text wrote `room[..len]`, and the byte that ends it stands at `len`; nobody else has the room for as long as 'a.
        let written: &'a [u8] = unsafe { &*(written as *const [u8]) };
        self.line.set(&written[start..len]);
        Some(written)
    }

    /// Exactly what C's `printf` makes of the format and the arguments, into the caller's room.
    pub fn render(&self, text: &mut Text<'_>) {
        self.event.render(self.values, text);
    }

    /// CLOCK_MONOTONIC in nanoseconds, of the event itself; of one that is not queued, read when the first sink asks. It
    /// is the clock of the recorder's tracefs instance.
    #[must_use]
    pub fn time(&self) -> u64 {
        self.time.get().unwrap_or_else(|| {
            let now = clock(libc::CLOCK_MONOTONIC);
            self.time.set(Some(now));
            now
        })
    }

    /// The same moment by CLOCK_REALTIME, in nanoseconds since 1970.
    #[must_use]
    pub fn wall_time(&self) -> u64 {
        self.queued
            .map_or_else(|| clock(libc::CLOCK_REALTIME), |queued| queued.time.wrapping_add(queued.wall))
    }

    /// The kernel's number of the thread where it happened (gettid(2)).
    #[must_use]
    pub fn thread(&self) -> u32 {
        self.queued.map_or_else(thread::id, |queued| queued.thread)
    }

    /// The arguments as QEMU's binary trace has them, if it was queued.
    pub(crate) fn arguments(&self) -> Option<&'a [u8]> {
        self.queued.map(|queued| queued.arguments)
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

/// Nanoseconds.
pub(crate) fn clock(clock: libc::clockid_t) -> u64 {
    let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: clock_gettime(2) writes a timespec, to one that is ours; the clocks that are asked for are always there.
    unsafe { libc::clock_gettime(clock, &raw mut time) };
    time.tv_sec.cast_unsigned() * 1_000_000_000 + time.tv_nsec.cast_unsigned()
}
