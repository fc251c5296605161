//! The monitor as those see it who did not write it: QEMU's own answers as the oracle, QEMU's clients,
//! and clients that behave badly.

mod answer;
mod cases;
mod changes;
mod clients;
mod crowd;
mod differences;
mod oracle;
mod peer;
mod screen;
