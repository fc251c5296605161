//! Events of C that was made by QEMU's backends. Such code keeps its own state and calls each backend's function itself, with a text
//! that is formatted or a record that is packed already: what is left to do here is to hand these to the sinks. C that
//! `tracetool --backends=vmtrace` makes needs none of this.
//!
//! A line goes to its sink at once, on the thread of the event, also where other events' lines are queued.

use crate::event::Event;
use crate::record::LINE_MAX;
use crate::{queue, sink, sinks};
use ring::Refused;

pub use crate::registry::{exclusively, refuse};

/// Who keeps the state of an event that tests no state word. It is on or off as a whole: to which sinks it goes was settled when it
/// was compiled.
pub trait Switch: Sync + std::fmt::Debug {
    /// Whether the event is on.
    fn is_on(&self) -> bool;

    /// Switches it. C may do so on several threads at once.
    fn set(&self, on: bool);
}

/// What a line's room has before the line, for what stands before it in the log, and its bytes: a line of [`LINE_MAX`] fits there with
/// its end, and so does what shows that it had more.
pub const FRONT: usize = 64;

/// A line that C has formatted, in C's own room: it is escaped there and written from there, so that it is on the stack once.
#[derive(Debug)]
pub struct Line<'a> {
    pub(crate) room: &'a mut [u8],
    /// Where the line ends; it begins at [`FRONT`].
    pub(crate) end: usize,
}

impl<'a> Line<'a> {
    /// Text without its end: `len` bytes from [`FRONT`] on. In it control bytes become escapes, and what is longer than [`LINE_MAX`],
    /// or than the room less a byte, is cut and ends in `…`. `None` if the room is shorter than that.
    #[must_use]
    pub fn new(room: &'a mut [u8], len: usize) -> Option<Self> {
        let behind = room.len().checked_sub(1)?;
        let text = room.get_mut(FRONT..behind)?;
        let len = (len <= text.len()).then(|| printf::escape_in_place(text, len, LINE_MAX))?;
        Some(Self { room, end: FRONT + len })
    }
}

/// Writes a line of the log. Until [`crate::Setup::init`] it goes to standard error.
pub fn log_line(line: Line<'_>) {
    sinks::log_line(line);
}

/// Writes an entry of `trace_marker`. Before [`crate::Setup::init`], and where the sink `ftrace` cannot be had, it goes nowhere.
pub fn marker(line: &Line<'_>) {
    sinks::marker(&line.room[FRONT..line.end]);
}

/// Puts a record into the queue of the binary trace: the arguments as QEMU's binary trace has them (eight bytes a number; four bytes
/// of length and the bytes of a string). False if it is lost, and counted: there is no room, no queue, they are 64 KiB or more, or the
/// event is none that has a [`Switch`].
pub fn record(event: &'static Event, arguments: &[u8]) -> bool {
    const SIMPLE: u64 = 1 << sink::SIMPLE;
    const MOST: usize = u16::MAX as usize;
    // of others there is no record without values
    let refused = if arguments.len() > MOST || event.switch().is_none() {
        Some(Refused::TooLong)
    } else {
        (queue::takes(SIMPLE) == 0).then_some(Refused::Closed)
    };
    if let Some(why) = refused {
        queue::lose(sink::SIMPLE, why);
        return false;
    }
    queue::push_packed(event, arguments, SIMPLE)
}

/// Counts a record of the binary trace as lost, which could not be put together because others were being made.
pub fn lose_record() {
    queue::lose(sink::SIMPLE, Refused::Nested);
}
