//! Runs a command with the kernel's events on and keeps what came.
