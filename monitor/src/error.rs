//! What a VMM is told when its monitor cannot be had.

use std::io;
use std::path::PathBuf;

/// Why there is no monitor.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The address cannot be understood.
    #[error("monitor address `{address}`: {why}")]
    Address {
        /// The whole of it.
        address: String,
        /// Which part, and what is wrong with it.
        why: String,
    },
    /// An argument of the VMM cannot be understood.
    #[error("{argument}: {why}")]
    Argument {
        /// The whole of it, as `-qmp stdio`.
        argument: String,
        /// Which part, and what is wrong with it.
        why: String,
    },
    /// The socket cannot be made.
    #[error("{call} the monitor socket {path}: {source}")]
    Socket {
        /// The system call.
        call: &'static str,
        /// Its path.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// Somebody listens there.
    #[error(
        "somebody listens on the monitor socket {path} already, another program or another monitor of this one: choose another path"
    )]
    InUse {
        /// Its path.
        path: PathBuf,
    },
    /// There is a file, and no socket.
    #[error("{path} is there and is no socket: choose another path for the monitor, or remove it")]
    NotASocket {
        /// The file.
        path: PathBuf,
    },
    /// A descriptor that was handed in cannot be used.
    #[error("monitor descriptor {fd}: {source}")]
    Descriptor {
        /// Its number.
        fd: i32,
        /// What the system says.
        source: io::Error,
    },
    /// Standard input or output cannot be used.
    #[error("monitor on standard input and output: {0}")]
    Stdio(#[source] io::Error),
    /// Two monitors want standard input.
    #[error("two monitors want standard input and output: give one of them a socket")]
    StdioTwice,
    /// The thread cannot be started.
    #[error("start the monitor's thread: {0}")]
    Thread(#[source] io::Error),
}
