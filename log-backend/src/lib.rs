//! Writes a line to standard error or the log file, QEMU's way.
