//! Lines a recording's sources up on one clock.
#![deny(missing_docs, unsafe_op_in_unsafe_fn)]

mod clock;
mod error;
mod facts;
mod item;
mod items;
mod kernel;
mod log;
mod marker;
mod matching;
mod placing;
mod print;
mod shown;
mod timeline;
mod within;

pub use clock::Interval;
pub use error::Error;
pub use item::{Item, Source};
pub use items::Items;
pub use timeline::Timeline;
