//! A client's connection, which never makes the thread wait.

use super::terminal::Terminal;
use rustix::event::{PollFd, PollFlags};
use rustix::fs::{Mode, OFlags, fstat, major, minor, open};
use rustix::io::Errno;
use rustix::net::{RecvFlags, SendFlags, recv, send};
use rustix::termios::isatty;
use std::os::fd::{AsRawFd, OwnedFd};

/// The most bytes of one write to a pipe. When poll(2) says that one can be written to, so many fit (PIPE_BUF, pipe(7));
/// the descriptor is not made non-blocking, since it may be shared with the shell.
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
        let (input, output) = (opened_anew(input), opened_anew(output));
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

/// A terminal, non-blocking: poll(2) tells that it takes a byte, and a write of more waits for whoever looks at it. The
/// open file that came is the shell's too, or the VMM's standard output, and must go on waiting: so the terminal is opened
/// once more. What is none, or may not be opened (another user's, after su(1)), stays as it is.
fn opened_anew(fd: OwnedFd) -> OwnedFd {
    let is_pty_master = || fstat(&fd).is_ok_and(|stat| (major(stat.st_rdev), minor(stat.st_rdev)) == (5, 2));
    // to open a master makes another terminal
    if !isatty(&fd) || is_pty_master() {
        return fd;
    }
    let flags = OFlags::RDWR | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
    open(format!("/proc/self/fd/{}", fd.as_raw_fd()), flags, Mode::empty()).unwrap_or(fd)
}
