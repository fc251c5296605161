//! QEMU's tracing for every VMM: typed events, switched at run time, handed to sinks.
