//! The human monitor: lines and what they print, keys and what the terminal shows.

mod lines;
mod log;
mod own;
mod prompt;
mod qemu;
mod terminal;
mod trace_file;
mod vmm;
