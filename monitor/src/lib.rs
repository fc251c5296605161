//! QMP and the human monitor: control of a VMM's trace events from outside, as QEMU's clients expect it.
//!
//! ```
//! use monitor::{Endpoint, Monitor, Protocol, Server};
//! use std::io::{BufRead, BufReader, Write};
//! use std::os::unix::net::UnixStream;
//! # use vmtrace::generated::{Event, Group, State};
//! # static STATE: State = State::new();
//! # static EVENT: Event = Event::new(&STATE, "blk_read", "blk_read ", "trace-events:1", "\"\"", &[], |_, _| ());
//! # static GROUP: Group = Group::new("demo", &[&EVENT], &[]);
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let path = std::env::temp_dir().join(format!("monitor-doctest-{}", std::process::id()));
//! // the VMM: `GROUP` is what its build.rs had generated
//! let tracing = vmtrace::Setup::new().group(&GROUP).init()?;
//! let monitor = Monitor::new(tracing).name("demo").version("1.2.3");
//! let _server = Server::start(monitor, vec![Endpoint::unix(Protocol::Qmp, &path)])?;
//!
//! // the client, which is another program
//! let mut client = UnixStream::connect(&path)?;
//! let mut answers = BufReader::new(client.try_clone()?).lines();
//! assert!(answers.next().unwrap()?.starts_with(r#"{"QMP": {"version": {"qemu": {"micro": 3"#));
//! client.write_all(br#"{"execute": "qmp_capabilities"}
//!     {"execute": "trace-event-set-state", "arguments": {"name": "blk_*", "enable": true}}
//!     {"execute": "trace-event-get-state", "arguments": {"name": "blk_read"}, "id": 7}
//!     {"execute": "trace-event-set-state", "arguments": {"name": "nosuch", "enable": true}}"#)?;
//! assert_eq!(answers.next().unwrap()?, r#"{"return": {}}"#);
//! assert_eq!(answers.next().unwrap()?, r#"{"return": {}}"#);
//! assert_eq!(answers.next().unwrap()?, r#"{"return": [{"name": "blk_read", "state": "enabled"}], "id": 7}"#);
//! assert_eq!(answers.next().unwrap()?,
//!     r#"{"error": {"class": "GenericError", "desc": "unknown event \"nosuch\""}}"#);
//! # Ok(())
//! # }
//! ```
//!
//! A VMM that has a QMP server of its own asks [`Monitor::execute`] or [`Monitor::answer`], one command at a time. One that
//! has a loop of its own for input and output feeds a [`Session`] or a [`Prompt`]. [`Server`] is for all others.
//!
//! # What it goes past, and why
//!
//! The JSON reader is our own: QMP's clients send single-quoted strings, several values in a packet and one in several,
//! resynchronise by a control character, and compare the texts of errors; no library reads such a stream. `nix` blocks
//! the thread's signals; the other system calls are `rustix`'s, whose descriptors are owned.
//!
//! # Invariants
//!
//! - Whatever a client sends, it is answered with an error object at worst, and its connection lives on. Nothing panics.
//! - Whatever a client does, the VMM's threads do not notice: the server has a thread of its own, on which no signal
//!   handler runs, and an event is switched by one atomic operation on its word. (A log that `logfile` has put on a pipe
//!   waits for the pipe's reader.)
//! - A client costs bounded memory: a message of 256 KiB, one answer. Who does not read is not read from.
//! - A client never waits for another but for the time that a command takes.
//! - A socket is its owner's alone (0600) from the moment it is there, and every descriptor is O_CLOEXEC.
//! - No system call is made by [`Monitor`], [`Session`] and [`Prompt`] but those that a command asks for (`logfile`, and
//!   the completion of file names). The server's thread needs ppoll(2), accept4(2), recvfrom(2) and sendto(2), or read(2) and
//!   write(2) where it has no socket, close(2), and what its allocator needs.
//! - It touches no sink: all goes through [`vmtrace::Tracing`].
#![deny(missing_docs, unsafe_op_in_unsafe_fn)]

mod error;
mod hmp;
mod json;
mod monitor;
mod qmp;
mod server;

pub use error::Error;
pub use hmp::Prompt;
pub use json::{Json, Object};
pub use monitor::Monitor;
pub use qmp::{Arguments, CommandError, ErrorClass, Session};
pub use server::{ARGUMENTS_HELP, Endpoint, Protocol, Server};
