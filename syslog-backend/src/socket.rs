//! The sockets: their numbers stay, what is behind them changes.

use crate::error::Error;
use crate::queue::{BURST, Queue};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::{DupFlags, Errno, dup3};
use rustix::net::sockopt::{Timeout, set_socket_timeout};
use rustix::net::{
    AddressFamily, SendFlags, SocketAddrUnix, SocketFlags, SocketType, connect, send, socket_with,
};
use std::io;
use std::mem::{ManuallyDrop, zeroed};
use std::os::fd::{AsRawFd, FromRawFd, IntoRawFd, OwnedFd};
use std::path::Path;
use std::ptr::null_mut;
use std::time::Duration;

/// A socket of each type that the daemon's may have.
#[derive(Debug)]
pub(crate) struct Sockets {
    address: SocketAddrUnix,
    datagram: OwnedFd,
    stream: Option<OwnedFd>,
    /// How long the kernel waits for room within a call that may wait.
    share: Option<Duration>,
}

/// Whether a call may wait in the kernel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Patience {
    /// As long as [`Sockets::new`] was told: the daemon wakes the caller up, who then needs no second call.
    Some,
    /// Not at all.
    None,
}

impl Sockets {
    /// Makes them, without connecting: thereafter their numbers are known.
    pub(crate) fn new(path: &Path, with_stream: bool, share: Option<Duration>) -> Result<Self, Error> {
        let address = SocketAddrUnix::new(path)
            .map_err(|errno| Error::Path { path: path.to_path_buf(), source: errno.into() })?;
        let new =
            |kind| unconnected(kind).map_err(|errno| Error::Kernel { call: "socket", source: errno.into() });
        let stream = with_stream.then(|| new(SocketType::STREAM)).transpose()?;
        Ok(Self { address, datagram: new(SocketType::DGRAM)?, stream, share })
    }

    /// Connects the socket of the daemon's type to whatever listens at the path now, in place of what was there before. Says
    /// whether it is a stream. It is a new socket each time, since a forked child shares the old one with its parent, and
    /// whoever is sending on that goes on.
    pub(crate) fn connect(&self) -> Result<bool, Errno> {
        match (self.connect_one(SocketType::DGRAM, &self.datagram), &self.stream) {
            (Err(Errno::PROTOTYPE), Some(stream)) => {
                self.connect_one(SocketType::STREAM, stream).map(|()| true)
            }
            (connected, _) => connected.map(|()| false),
        }
    }

    fn connect_one(&self, kind: SocketType, place: &OwnedFd) -> Result<(), Errno> {
        let socket = unconnected(kind)?;
        let connected = connect(&socket, &self.address).and_then(|()| {
            if kind == SocketType::DGRAM {
                set_socket_timeout(&socket, Timeout::Send, self.share)?;
            }
            replace(&socket, place)
        });
        close(socket);
        connected
    }

    fn of(&self, is_stream: bool) -> &OwnedFd {
        self.stream.as_ref().filter(|_| is_stream).unwrap_or(&self.datagram)
    }

    #[cfg(test)]
    pub(crate) fn stream_socket(&self) -> Option<&OwnedFd> {
        self.stream.as_ref()
    }

    /// One system call. Gives back how many bytes went: with a datagram all, or none and an error.
    #[inline]
    pub(crate) fn send(&self, is_stream: bool, bytes: &[u8], patience: Patience) -> Result<usize, Errno> {
        // rustix makes the system call in place and never touches errno
        send(self.of(is_stream), bytes, self.flags(patience))
    }

    #[inline]
    fn flags(&self, patience: Patience) -> SendFlags {
        if patience == Patience::Some && self.share.is_some() {
            SendFlags::NOSIGNAL
        } else {
            SendFlags::NOSIGNAL | SendFlags::DONTWAIT
        }
    }

    /// Sends as many datagrams of a queue as the daemon takes, by one system call. Gives back how many: one at least.
    pub(crate) fn send_burst(&self, queue: &Queue<'_>, patience: Patience) -> Result<usize, Errno> {
        let mut bytes = [libc::iovec { iov_base: null_mut(), iov_len: 0 }; BURST];
        // SAFETY: all zero is an mmsghdr: no address, no bytes, no control data.
        let mut heads: [libc::mmsghdr; BURST] = unsafe { zeroed() };
        let mut count = 0;
        for ((datagram, bytes), head) in queue.iter().zip(&mut bytes).zip(&mut heads) {
            *bytes = libc::iovec { iov_base: datagram.as_ptr().cast_mut().cast(), iov_len: datagram.len() };
            head.msg_hdr.msg_iov = bytes;
            head.msg_hdr.msg_iovlen = 1;
            count += 1;
        }
        let flags = self.flags(patience).bits().cast_signed();
        // SAFETY: `count` heads point to one iovec each, and these to bytes of the queue, which are only read.
        let sent = unsafe { libc::sendmmsg(self.datagram.as_raw_fd(), heads.as_mut_ptr(), count, flags) };
        usize::try_from(sent)
            .map_err(|_| Errno::from_io_error(&io::Error::last_os_error()).unwrap_or(Errno::IO))
    }

    /// Waits until the daemon may take a line, or for so many nanoseconds.
    pub(crate) fn wait(&self, is_stream: bool, nanoseconds: u64) {
        let mut fds = [PollFd::new(self.of(is_stream), PollFlags::OUT)];
        // whatever comes of it, whoever waits tries again, and knows its time
        let _ = poll(&mut fds, Some(&timespec(nanoseconds)));
    }
}

/// Lets time go by.
pub(crate) fn sleep(nanoseconds: u64) {
    let _ = poll(&mut [], Some(&timespec(nanoseconds)));
}

fn timespec(nanoseconds: u64) -> Timespec {
    let part = |nanoseconds: u64| nanoseconds.cast_signed();
    Timespec { tv_sec: part(nanoseconds / 1_000_000_000), tv_nsec: part(nanoseconds % 1_000_000_000) }
}

fn unconnected(kind: SocketType) -> Result<OwnedFd, Errno> {
    // a stream's connect(2) would wait while the daemon accepts no one
    let waits_not = if kind == SocketType::STREAM { SocketFlags::NONBLOCK } else { SocketFlags::empty() };
    socket_with(AddressFamily::UNIX, kind, SocketFlags::CLOEXEC | waits_not, None)
}

/// Closes a socket by close(2) alone: a jail may not allow what the standard library asks besides in a debug build.
fn close(socket: OwnedFd) {
    // SAFETY: the number was the owner's, who gives it up.
    unsafe { rustix::io::close(socket.into_raw_fd()) };
}

/// Puts a socket in the place of another, in one step: who is sending finds the old one or the new one.
fn replace(socket: &OwnedFd, place: &OwnedFd) -> Result<(), Errno> {
    // SAFETY: the number is open and stays so, since `place` is borrowed; it is not closed here. dup3(2) changes what it stands
    // for, which is as thread-safe as a use of it.
    let place = unsafe { OwnedFd::from_raw_fd(place.as_raw_fd()) };
    dup3(socket, &mut ManuallyDrop::new(place), DupFlags::CLOEXEC)
}
