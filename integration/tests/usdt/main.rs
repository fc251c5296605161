//! USDT probes as the tools see them that people have: bpftrace, perf, gdb, tracefs. Each is asked the same of our probes, which
//! the program `probed` has, and of C's, which the yardstick has (`integration/usdt/yardstick.c`, by `sys/sdt.h`).

mod beside_kvm;
mod bpftrace;
mod definitions;
mod gdb;
mod listener;
mod perf;
mod probes;
mod program;
mod shared_semaphores;
mod tool;
mod uprobe_events;
