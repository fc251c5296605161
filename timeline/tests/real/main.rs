//! The timeline of what this machine's kernel and QEMU do.

mod capture;
mod kernel_text;
mod losses;
mod qemu;
