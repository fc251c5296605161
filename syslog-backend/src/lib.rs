//! Sends a line to the system log: to `/dev/log` as glibc's syslog(3) does (LOG_DAEMON, LOG_PID, LOG_INFO), or with its
//! fields to the journal's own socket.
//!
//! ```
//! use syslog_backend::{Message, Options, Syslog};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let path = std::env::temp_dir().join(format!("syslog-backend-doctest-{}", std::process::id()));
//! let daemon = std::os::unix::net::UnixDatagram::bind(&path)?;
//! let syslog = Syslog::open(&Options { path: Some(path.clone()), ..Options::new("vmm") })?;
//! syslog.send(&Message { realtime: 0, name: "kvm_run_exit", line: b"kvm_run_exit cpu 0", ..Message::default() });
//!
//! let mut datagram = [0; 100];
//! let len = daemon.recv(&mut datagram)?;
//! let text = std::str::from_utf8(&datagram[..len])?;
//! assert!(text.starts_with("<30>") && text.ends_with(&format!(" vmm[{}]: kvm_run_exit cpu 0", std::process::id())));
//! assert_eq!(syslog.losses().total(), 0);
//! # std::fs::remove_file(&path)?;
//! # Ok(())
//! # }
//! ```
//!
//! # Why neither the `syslog` crate nor `libc::syslog`
//!
//! Both were tried (`syslog` 7.0, glibc 2.36) against what a VMM needs, and a few lines of our own serve it:
//!
//! | what | `syslog` crate | `libc::syslog` | here |
//! | --- | --- | --- | --- |
//! | time | UTC, of the sending | local, of the sending | local, of the event |
//! | pid after a fork | the parent's | right: one getpid(2) a line | right, no system call |
//! | a daemon that is stopped | blocks for ever | blocks for ever, holding a lock that all threads share | waits [`Options::wait`], once |
//! | a daemon that is restarted | an error for ever | reconnects, on the next line | reconnects, on this line |
//! | what is lost | an error to each caller | silently gone | counted, and the count is sent |
//! | `/dev/log` is a stream socket | yes, found at the start alone | yes | yes |
//! | many threads | `&mut self` | one lock | no lock |
//! | many lines a system call | no | no | `sendmmsg` |
//! | in a signal handler | allocates | may deadlock | may be called |
//!
//! # Invariants
//!
//! - A line is one datagram (or one record, ended by NUL, of a stream), whatever bytes it holds: a control byte other than tab is
//!   escaped here, once more or for the first time. In the journal's protocol a value's length stands before it.
//! - No call holds its thread longer than [`Options::wait`] in sum ([`Syslog::push`] and [`Syslog::flush`]: longer than that for
//!   a line, from a daemon that takes one in that time). Once that time has gone by in vain, no call waits until a
//!   line has gone through.
//! - What could not be sent is counted, with the reason; `vmtrace: N events lost` is sent, once, before the next line that can
//!   be.
//! - [`Syslog::send`] takes no lock, allocates nothing and leaves errno as it was: a signal handler may call it, whatever it has
//!   interrupted.
//! - After [`Syslog::open`] no file is read: the time zone is known for good, as to syslog(3). The system calls are `sendto`,
//!   `sendmmsg` ([`Syslog::flush`]) and, after a failure, `ppoll`, `socket`, `connect`, `setsockopt`, `dup3`, `close`;
//!   `getpid` once after a fork.
//! - A forked child has its own number in its lines from the first on, its own connection from the first that it makes, and none of
//!   its parent's losses.
//! - Every descriptor is O_CLOEXEC, and keeps its number.
#![deny(missing_docs, unsafe_op_in_unsafe_fn)]

mod batch;
mod deliver;
mod error;
mod head;
mod journal;
mod loss;
mod message;
mod options;
mod own;
mod queue;
mod rfc3164;
mod socket;
mod stamp;
mod syslog;
mod wait;
mod zone;

pub use batch::Batch;
pub use error::Error;
pub use loss::{Loss, Losses};
pub use message::{Fields, Message};
pub use options::{JOURNAL, Options, Protocol, SYSLOG};
pub use syslog::{FRAME_MAX, Status, Syslog};

/// The most bytes of a line that are sent: what is longer is cut on a character's border and ends in `…`. rsyslog takes 8 KiB.
pub const LINE_MAX: usize = 4096;
