//! A client's connection, which never makes the thread wait.

use super::terminal::Terminal;
use rustix::event::{PollFd, PollFlags};
use rustix::io::Errno;
use rustix::net::{RecvFlags, SendFlags, recv, send};
use std::os::fd::OwnedFd;

/// The most bytes of one write to a pipe or terminal. When poll(2) says that one can be written to, so many fit
/// (PIPE_BUF, pipe(7)); the descriptor is not made non-blocking, since it may be shared with the shell.
const PIPE_PIECE: usize = 4096;

/// Where a client's bytes come from and go to.
#[derive(Debug)]
pub(super) enum Stream {
    Socket(OwnedFd),
    Pipe { input: OwnedFd, output: OwnedFd, terminal: Option<Terminal> },
}

impl Stream {
    pub(super) fn socket(fd: OwnedFd) -> Self {
        Self::Socket(fd)
    }

    /// Two descriptors that are no sockets. `edits`: the monitor edits lines itself, so a terminal must not.
    pub(super) fn pipe(input: OwnedFd, output: OwnedFd, edits: bool) -> Self {
        let terminal = if edits { Terminal::take(&input) } else { None };
        Self::Pipe { input, output, terminal }
    }

    pub(super) fn waits_to_read(&self) -> PollFd<'_> {
        match self {
            Self::Socket(fd) | Self::Pipe { input: fd, .. } => PollFd::new(fd, PollFlags::IN),
        }
    }

    pub(super) fn waits_to_write(&self) -> PollFd<'_> {
        match self {
            Self::Socket(fd) | Self::Pipe { output: fd, .. } => PollFd::new(fd, PollFlags::OUT),
        }
    }

    /// Reads what is there; nothing is the end.
    pub(super) fn read(&mut self, room: &mut [u8]) -> Result<usize, Errno> {
        match self {
            Self::Socket(fd) => recv(fd, room, RecvFlags::DONTWAIT).map(|(read, _)| read),
            Self::Pipe { input, terminal, .. } => {
                let read = rustix::io::read(input, &mut *room)?;
                if let Some(terminal) = terminal {
                    terminal.obey(&room[..read]);
                }
                Ok(read)
            }
        }
    }

    /// Writes what there is room for. To a pipe or terminal it is called once after poll(2) has said
    /// so.
    pub(super) fn write(&self, bytes: &[u8]) -> Result<usize, Errno> {
        match self {
            Self::Socket(fd) => send(fd, bytes, SendFlags::DONTWAIT | SendFlags::NOSIGNAL),
            Self::Pipe { output, .. } => rustix::io::write(output, &bytes[..bytes.len().min(PIPE_PIECE)]),
        }
    }

    /// Whether a write needs no poll(2) before it.
    pub(super) fn write_never_waits(&self) -> bool {
        matches!(self, Self::Socket(_))
    }
}
