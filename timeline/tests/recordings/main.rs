//! Kept recordings lined up, told, and ill-treated.

mod clocks;
mod hostile;
mod kept;
mod markers;
mod report;
