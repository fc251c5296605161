//! The monitor as those see it who did not write it: QEMU's own answers as the oracle, and QEMU's clients.

mod answer;
mod cases;
mod changes;
mod clients;
mod differences;
mod oracle;
mod peer;
mod screen;
