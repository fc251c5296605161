//! The VMM's own log files: an index of their lines, whose text is read when it is wanted.

mod index;
mod line;
mod text;

pub(crate) use index::{Entry, Index, Kind};
pub(crate) use line::RESOLUTION;
pub(crate) use text::{Spoken, Texts};
