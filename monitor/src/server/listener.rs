//! A socket that clients connect to.

use super::Protocol;
use super::stream::Stream;
use crate::Error;
use rustix::event::{PollFd, PollFlags, poll};
use rustix::fs::{Mode, fchmod};
use rustix::io::{Errno, ioctl_fionbio};
use rustix::net::{
    AddressFamily, SocketAddrUnix, SocketFlags, SocketType, accept_with, bind, connect, listen, socket_with,
};
use std::fs;
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::fs::{FileTypeExt, MetadataExt};
use std::path::{Path, PathBuf};

#[derive(Debug)]
pub(super) struct Listener {
    protocol: Protocol,
    fd: OwnedFd,
    /// What removes the file at the end.
    _file: Option<SocketFile>,
}

/// A socket's file, told from one that has taken its place.
#[derive(Debug)]
struct SocketFile {
    path: PathBuf,
    device: u64,
    inode: u64,
}

impl Listener {
    /// A socket that was handed in. Others may have it too, and take the client that poll(2) told of: accept(2) must not
    /// wait for the next.
    pub(super) fn new(protocol: Protocol, fd: OwnedFd) -> io::Result<Self> {
        ioctl_fionbio(&fd, true)?;
        Ok(Self { protocol, fd, _file: None })
    }

    /// Makes a socket that only its owner may connect to.
    pub(super) fn bind(protocol: Protocol, path: &Path) -> Result<Self, Error> {
        const BACKLOG: i32 = 32;
        let fault =
            |call| move |errno: Errno| Error::Socket { call, path: path.to_owned(), source: errno.into() };
        make_way(path)?;
        let fd = unconnected().map_err(fault("make"))?;
        // bind(2) gives the file the mode that the socket has: at no moment can anyone else connect (unix(7))
        fchmod(&fd, Mode::RUSR | Mode::WUSR).map_err(fault("restrict"))?;
        let address = SocketAddrUnix::new(path).map_err(fault("name"))?;
        bind(&fd, &address).map_err(fault("bind"))?;
        let metadata = fs::symlink_metadata(path).map_err(|source| Error::Socket {
            call: "look at",
            path: path.to_owned(),
            source,
        })?;
        let file = SocketFile { path: path.to_owned(), device: metadata.dev(), inode: metadata.ino() };
        listen(&fd, BACKLOG).map_err(fault("listen on"))?;
        Ok(Self { protocol, fd, _file: Some(file) })
    }

    pub(super) fn protocol(&self) -> Protocol {
        self.protocol
    }

    /// Waits for a client.
    pub(super) fn wait_for_client(&self, path: &Path) -> Result<Stream, Error> {
        let fault = |source| Error::Socket { call: "accept a client on", path: path.to_owned(), source };
        loop {
            match poll(&mut [PollFd::new(&self.fd, PollFlags::IN)], None) {
                Ok(_) | Err(Errno::INTR) => {}
                Err(errno) => return Err(fault(errno.into())),
            }
            if let Some(stream) = self.accept().map_err(fault)? {
                return Ok(stream);
            }
        }
    }

    /// Takes a client that has come; `None` if it has gone again.
    pub(super) fn accept(&self) -> io::Result<Option<Stream>> {
        match accept_with(&self.fd, SocketFlags::CLOEXEC) {
            Ok(fd) => Ok(Some(Stream::socket(fd))),
            Err(Errno::INTR | Errno::AGAIN | Errno::CONNABORTED) => Ok(None),
            Err(errno) => Err(errno.into()),
        }
    }
}

impl AsFd for Listener {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.fd.as_fd()
    }
}

impl Drop for SocketFile {
    fn drop(&mut self) {
        let ours = fs::symlink_metadata(&self.path)
            .is_ok_and(|metadata| (metadata.dev(), metadata.ino()) == (self.device, self.inode));
        if ours {
            let _ = fs::remove_file(&self.path);
        }
    }
}

/// Removes a socket that nobody has open any more: what a program that was killed leaves behind.
fn make_way(path: &Path) -> Result<(), Error> {
    let fault = |call, source| Error::Socket { call, path: path.to_owned(), source };
    match fs::symlink_metadata(path) {
        Ok(metadata) if !metadata.file_type().is_socket() => Err(Error::NotASocket { path: path.to_owned() }),
        Ok(_) => match try_connect(path) {
            Err(Errno::CONNREFUSED) => fs::remove_file(path).map_err(|source| fault("replace", source)),
            // EAGAIN: so many wait that no more may; EPROTOTYPE: it is for datagrams
            Ok(()) | Err(Errno::AGAIN | Errno::PROTOTYPE) => Err(Error::InUse { path: path.to_owned() }),
            Err(Errno::NOENT) => Ok(()),
            Err(errno) => Err(fault("look who has", errno.into())),
        },
        // whatever else is wrong with the path, bind(2) will tell
        Err(_) => Ok(()),
    }
}

/// Connects, and leaves again. It never waits for who listens, who may have stopped to do so.
fn try_connect(path: &Path) -> Result<(), Errno> {
    connect(&unconnected()?, &SocketAddrUnix::new(path)?)
}

fn unconnected() -> Result<OwnedFd, Errno> {
    let flags = SocketFlags::CLOEXEC | SocketFlags::NONBLOCK;
    socket_with(AddressFamily::UNIX, SocketType::STREAM, flags, None)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn a_socket_is_its_owners_and_goes_with_its_listener() {
        let path = std::env::temp_dir().join(format!("monitor-listener-{}", std::process::id()));
        let listener = Listener::bind(Protocol::Qmp, &path).unwrap();
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o7777, 0o600);
        assert!(matches!(Listener::bind(Protocol::Qmp, &path), Err(Error::InUse { .. })));
        drop(listener);
        assert!(!path.exists());

        // what a killed program leaves is replaced, and a file that is no socket is not
        drop(std::os::unix::net::UnixListener::bind(&path).unwrap());
        let listener = Listener::bind(Protocol::Qmp, &path).unwrap();
        fs::remove_file(&path).unwrap();
        fs::write(&path, "mine").unwrap();
        drop(listener);
        assert!(matches!(Listener::bind(Protocol::Qmp, &path), Err(Error::NotASocket { .. })));
        assert_eq!(fs::read(&path).unwrap(), b"mine");
        fs::remove_file(&path).unwrap();

        // what is in use is left alone: by datagrams, and by a program that accepts nobody any more
        let datagrams = std::os::unix::net::UnixDatagram::bind(&path).unwrap();
        assert!(matches!(Listener::bind(Protocol::Qmp, &path), Err(Error::InUse { .. })));
        drop(datagrams);
        let stopped = Listener::bind(Protocol::Qmp, &path).unwrap();
        let waiting: Vec<OwnedFd> = std::iter::from_fn(|| {
            let client = unconnected().unwrap();
            connect(&client, &SocketAddrUnix::new(&path).unwrap()).ok().map(|()| client)
        })
        .collect();
        assert!(matches!(Listener::bind(Protocol::Qmp, &path), Err(Error::InUse { .. })));
        drop((stopped, waiting));
        assert!(!path.exists());

        let error = Listener::bind(Protocol::Qmp, Path::new("/nowhere/at/all")).unwrap_err().to_string();
        assert!(error.starts_with("bind the monitor socket /nowhere/at/all: No such file"), "{error}");
    }
}
