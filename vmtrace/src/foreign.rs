//! Events of C that was made by QEMU's backends. Such code keeps its own state and calls each backend's function itself, with a text
//! that is formatted or a record that is packed already: what is left to do here is to hand these to the sinks. C that
//! `tracetool --backends=vmtrace` makes needs none of this.
//!
//! A line goes to its sink at once, on the thread of the event, also where other events' lines are queued.

use crate::event::Event;
use crate::{queue, sink, sinks};

pub use crate::registry::{exclusively, refuse};

/// Who keeps the state of an event that tests no state word. It is on or off as a whole: to which sinks it goes was settled when it
/// was compiled.
pub trait Switch: Sync + std::fmt::Debug {
    /// Whether the event is on.
    fn is_on(&self) -> bool;

    /// Switches it. C may do so on several threads at once.
    fn set(&self, on: bool);
}

/// Writes a line of the log: text without its end, in which control bytes are escaped. Until [`crate::Setup::init`] it goes to
/// standard error.
pub fn log_line(text: &[u8]) {
    sinks::log_line(text);
}

/// Writes an entry of `trace_marker`, in which control bytes are escaped. Before [`crate::Setup::init`], and where the sink `ftrace`
/// cannot be had, it goes nowhere.
pub fn marker(text: &[u8]) {
    sinks::marker(text);
}

/// Puts a record into the queue of the binary trace: the arguments as QEMU's binary trace has them (eight bytes a number; four bytes
/// of length and the bytes of a string). False if it is lost, and counted: there is no room, no queue, or they are 64 KiB or more.
pub fn record(event: &'static Event, arguments: &[u8]) -> bool {
    const SIMPLE: u64 = 1 << sink::SIMPLE;
    const MOST: usize = u16::MAX as usize;
    if arguments.len() > MOST || queue::takes(SIMPLE) == 0 {
        queue::lose(sink::SIMPLE);
        return false;
    }
    queue::push_packed(event, arguments, SIMPLE)
}

/// Counts a record of the binary trace as lost, which could not even be put together.
pub fn lose_record() {
    queue::lose(sink::SIMPLE);
}
