//! A socket that clients connect to.

use super::Protocol;
use super::stream::Stream;
use crate::Error;
use rustix::fs::{Mode, fchmod};
use rustix::io::Errno;
use rustix::net::{
    AddressFamily, SocketAddrUnix, SocketFlags, SocketType, accept_with, bind, listen, socket_with,
};
use std::fs;
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::fs::{FileTypeExt, MetadataExt};
use std::os::unix::net::UnixStream;
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
    /// A socket that was handed in.
    pub(super) fn new(protocol: Protocol, fd: OwnedFd) -> Self {
        Self { protocol, fd, _file: None }
    }

    /// Makes a socket that only its owner may connect to.
    pub(super) fn bind(protocol: Protocol, path: &Path) -> Result<Self, Error> {
        const BACKLOG: i32 = 32;
        let fault =
            |call| move |errno: Errno| Error::Socket { call, path: path.to_owned(), source: errno.into() };
        make_way(path)?;
        let flags = SocketFlags::CLOEXEC;
        let fd = socket_with(AddressFamily::UNIX, SocketType::STREAM, flags, None).map_err(fault("make"))?;
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
        loop {
            match accept_with(&self.fd, SocketFlags::CLOEXEC) {
                Ok(fd) => return Ok(Stream::socket(fd)),
                Err(Errno::INTR | Errno::CONNABORTED) => {}
                Err(errno) => {
                    let (call, path) = ("accept a client on", path.to_owned());
                    return Err(Error::Socket { call, path, source: errno.into() });
                }
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

/// Removes a socket that nobody listens on any more: what a program that was killed leaves behind.
fn make_way(path: &Path) -> Result<(), Error> {
    match fs::symlink_metadata(path) {
        Ok(metadata) if !metadata.file_type().is_socket() => Err(Error::NotASocket { path: path.to_owned() }),
        Ok(_) if UnixStream::connect(path).is_ok() => Err(Error::InUse { path: path.to_owned() }),
        Ok(_) => fs::remove_file(path).map_err(|source| Error::Socket {
            call: "replace",
            path: path.to_owned(),
            source,
        }),
        // whatever else is wrong with the path, bind(2) will tell
        Err(_) => Ok(()),
    }
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

        let error = Listener::bind(Protocol::Qmp, Path::new("/nowhere/at/all")).unwrap_err().to_string();
        assert!(error.starts_with("bind the monitor socket /nowhere/at/all: No such file"), "{error}");
    }
}
