//! The sinks at their limits: bursts, forks, crashes, full disks, signals, files that change. The program `emitter` does it,
//! since a process sets up tracing once; what it emitted is held against what its files hold.

mod burst;
mod crashes;
mod disks;
mod flight;
mod forks;
mod jail;
mod log;
mod own;
mod private;
mod program;
mod quiet;
mod routes;
mod signals;
mod syslog;
mod threads;
mod trace_file;
mod trail;
