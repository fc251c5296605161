//! What the recorder and its keeper tell each other: one message a packet, and the end of either when it is gone.

use nix::errno::Errno;
use nix::sys::socket::{AddressFamily, MsgFlags, SockFlag, SockType, recv, send, socketpair};
use recording::Exit;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use std::io;
use std::os::fd::{AsFd, AsRawFd as _, BorrowedFd, OwnedFd};
use std::path::PathBuf;

/// The longest packet, well below what a socket takes at once (socket(7), `wmem_default`).
const LONGEST: usize = 64 << 10;

/// From the recorder to the keeper.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Order {
    /// This is the command's process: record it.
    Arm {
        /// The process, which waits.
        pid: u32,
    },
    /// The command is gone.
    Ended(Exit),
    /// There will be no command after all: leave nothing behind.
    Forget,
}

/// From the keeper to the recorder.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Report {
    /// All is set up.
    Ready {
        /// The instance's folder; `None` without the kernel's side.
        instance: Option<PathBuf>,
        /// Why there is none.
        missing: Option<String>,
        /// For the operator, and in the manifest.
        notices: Vec<String>,
        /// How many instances of recorders that were killed were removed, which says nothing of this recording.
        cleared: usize,
    },
    /// The command's process is being recorded.
    Armed,
    /// All is written; the manifest tells the rest.
    Kept,
    /// It cannot be done; nothing is left behind.
    Failed(String),
}

/// One end.
#[derive(Debug)]
pub(crate) struct Channel(OwnedFd);

impl Channel {
    /// Makes both ends.
    pub(crate) fn pair() -> io::Result<(Self, Self)> {
        let (one, other) =
            socketpair(AddressFamily::Unix, SockType::SeqPacket, None, SockFlag::SOCK_CLOEXEC)?;
        Ok((Self(one), Self(other)))
    }

    /// Sends a message.
    pub(crate) fn send(&self, message: &impl Serialize) -> io::Result<()> {
        let bytes = serde_json::to_vec(message)?;
        if bytes.len() > LONGEST {
            return Err(Errno::EMSGSIZE.into());
        }
        send(self.0.as_raw_fd(), &bytes, MsgFlags::MSG_NOSIGNAL)?;
        Ok(())
    }

    /// Waits for a message; `None` if the other end is gone.
    pub(crate) fn receive<T: DeserializeOwned>(&self) -> io::Result<Option<T>> {
        let mut bytes = vec![0; LONGEST];
        loop {
            match recv(self.0.as_raw_fd(), &mut bytes, MsgFlags::empty()) {
                Ok(0) | Err(Errno::ECONNRESET) => return Ok(None),
                Ok(length) => return Ok(Some(serde_json::from_slice(&bytes[..length])?)),
                Err(Errno::EINTR) => {}
                Err(errno) => return Err(errno.into()),
            }
        }
    }
}

impl AsFd for Channel {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_arrive_one_by_one_and_then_the_end() {
        let (one, other) = Channel::pair().unwrap();
        let orders = [Order::Arm { pid: 7 }, Order::Ended(Exit::Signal(9)), Order::Forget];
        for order in &orders {
            one.send(order).unwrap();
        }
        drop(one);
        for order in orders {
            assert_eq!(other.receive::<Order>().unwrap(), Some(order));
        }
        assert_eq!(other.receive::<Order>().unwrap(), None);
        assert!(other.send(&Report::Kept).is_err(), "and no SIGPIPE");
        assert!(Channel::pair().unwrap().0.send(&Report::Failed("x".repeat(LONGEST))).is_err());
    }
}
