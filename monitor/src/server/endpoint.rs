//! Where a monitor is to be reached, and in which language.

use super::listener::Listener;
use super::stream::Stream;
use crate::Error;
use rustix::fs::{OFlags, fcntl_getfl};
use rustix::net::sockopt;
use std::io;
use std::os::fd::{AsFd, AsRawFd, FromRawFd, OwnedFd, RawFd};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};

/// The addresses that there are, for messages.
pub(super) const ADDRESSES: &str = "unix:PATH[,server=on][,wait=off] or stdio or fd:N";

/// The language that an endpoint speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Protocol {
    /// QEMU's machine protocol.
    Qmp,
    /// The human monitor, with a prompt.
    Human,
}

/// A place where clients are served.
#[derive(Debug)]
pub struct Endpoint {
    protocol: Protocol,
    place: Place,
}

#[derive(Debug)]
enum Place {
    Listen { path: PathBuf, wait: bool },
    Listening { listener: Listener, path: PathBuf, wait: bool },
    Connect { path: PathBuf },
    Connected(Stream),
    Descriptor(OwnedFd),
    Stdio,
}

/// An endpoint that is open.
pub(super) enum Opened {
    /// With the client that was waited for.
    Listener(Listener, Option<Stream>),
    Client(Protocol, Stream),
}

impl Endpoint {
    /// A unix socket, which only its owner may connect to (mode 0600). One that a program left behind is replaced.
    pub fn unix(protocol: Protocol, path: impl Into<PathBuf>) -> Self {
        Self { protocol, place: Place::Listen { path: path.into(), wait: false } }
    }

    /// A descriptor: a socket that listens, one that is connected, or a terminal. This is what a VMM in a jail is handed.
    #[must_use]
    pub fn descriptor(protocol: Protocol, fd: OwnedFd) -> Self {
        Self { protocol, place: Place::Descriptor(fd) }
    }

    /// Standard input and output. A terminal is in raw mode while the human monitor has it.
    #[must_use]
    pub fn stdio(protocol: Protocol) -> Self {
        Self { protocol, place: Place::Stdio }
    }

    /// Reads an address as the arguments of QEMU's `-qmp` and `-monitor` spell it:
    /// - `unix:PATH,server=on[,wait=off]`: [`Endpoint::unix`]. Without `wait=off` the VMM starts when a client has come
    /// - `unix:PATH`: connects to a socket on which the client listens
    /// - `fd:N`: [`Endpoint::descriptor`] with the descriptor of that number, which is taken over (0 to 2 are copied)
    /// - `stdio`
    ///
    /// A comma in a path is written twice.
    ///
    /// ```
    /// use monitor::{Endpoint, Protocol};
    ///
    /// assert!(Endpoint::parse(Protocol::Qmp, "unix:/run/vmm.qmp,server=on,wait=off").is_ok());
    /// let error = Endpoint::parse(Protocol::Qmp, "tcp:localhost:4444").unwrap_err();
    /// assert_eq!(error.to_string(), "monitor address `tcp:localhost:4444`: wants unix:PATH[,server=on][,wait=off] or stdio or fd:N");
    /// ```
    ///
    /// # Errors
    /// [`Error::Address`] names the part that is wrong; [`Error::Descriptor`].
    pub fn parse(protocol: Protocol, address: &str) -> Result<Self, Error> {
        let wrong = |why: String| Error::Address { address: address.to_owned(), why };
        let place = if address == "stdio" {
            Place::Stdio
        } else if let Some(number) = address.strip_prefix("fd:") {
            let number = number.parse().ok().filter(|&number: &RawFd| number >= 0);
            let number =
                number.ok_or_else(|| wrong("wants the number of a descriptor after `fd:`".to_owned()))?;
            Place::Descriptor(take_over(number)?)
        } else if let Some(rest) = address.strip_prefix("unix:") {
            unix(rest).map_err(wrong)?
        } else {
            return Err(wrong(format!("wants {ADDRESSES}")));
        };
        Ok(Self { protocol, place })
    }

    /// What the user is to be told before [`super::Server::start`] waits for a client, in QEMU's words; `None` if it will not.
    #[must_use]
    pub fn waits_for(&self) -> Option<String> {
        match &self.place {
            Place::Listen { path, wait: true } | Place::Listening { path, wait: true, .. } => {
                Some(format!("waiting for connection on: disconnected:unix:{},server=on", path.display()))
            }
            _ => None,
        }
    }

    /// Makes the sockets on which clients are waited for, and connects to those on which clients wait: what may be refused, before a
    /// VMM makes or empties files of its own. Nobody is answered until [`super::Server::start`], which does this otherwise.
    ///
    /// # Errors
    /// [`Error`]. What was opened is closed when the endpoints are dropped, and its files are removed.
    pub fn open_all(endpoints: &mut [Self]) -> Result<(), Error> {
        check(endpoints)?;
        endpoints.iter_mut().try_for_each(Self::open)
    }

    fn open(&mut self) -> Result<(), Error> {
        let opened = match &self.place {
            Place::Listen { path, wait } => {
                let listener = Listener::bind(self.protocol, path)?;
                Place::Listening { listener, path: path.clone(), wait: *wait }
            }
            Place::Connect { path } => Place::Connected(connect(path)?),
            Place::Listening { .. } | Place::Connected(_) | Place::Descriptor(_) | Place::Stdio => {
                return Ok(());
            }
        };
        self.place = opened;
        Ok(())
    }

    /// What is to be served, with the first client where it is to be waited for.
    pub(super) fn begin(self) -> Result<Opened, Error> {
        let Self { protocol, place } = self;
        match place {
            place @ (Place::Listen { .. } | Place::Connect { .. }) => {
                let mut endpoint = Self { protocol, place };
                endpoint.open()?;
                endpoint.begin()
            }
            Place::Listening { listener, path, wait } => {
                let first = if wait { Some(listener.wait_for_client(&path)?) } else { None };
                Ok(Opened::Listener(listener, first))
            }
            Place::Connected(stream) => Ok(Opened::Client(protocol, stream)),
            Place::Descriptor(fd) => {
                let number = fd.as_raw_fd();
                descriptor(protocol, fd).map_err(|source| Error::Descriptor { fd: number, source })
            }
            Place::Stdio => {
                let input = io::stdin().as_fd().try_clone_to_owned().map_err(Error::Stdio)?;
                let output = io::stdout().as_fd().try_clone_to_owned().map_err(Error::Stdio)?;
                Ok(Opened::Client(protocol, Stream::pipe(input, output, protocol == Protocol::Human)))
            }
        }
    }
}

/// What a descriptor is that was handed in.
fn descriptor(protocol: Protocol, fd: OwnedFd) -> io::Result<Opened> {
    match sockopt::socket_acceptconn(&fd) {
        Ok(true) => Ok(Opened::Listener(Listener::new(protocol, fd)?, None)),
        Ok(false) => Ok(Opened::Client(protocol, Stream::socket(fd))),
        Err(_) if fcntl_getfl(&fd)? & OFlags::RWMODE != OFlags::RDWR => {
            // the end of a pipe: a client could be read from or written to, and never answered
            Err(io::Error::other(
                "is for one direction only: wants a socket, a terminal, or what else is open for both",
            ))
        }
        Err(_) => {
            Ok(Opened::Client(protocol, Stream::pipe(fd.try_clone()?, fd, protocol == Protocol::Human)))
        }
    }
}

/// Finds what can be said before anything is opened.
fn check(endpoints: &[Endpoint]) -> Result<(), Error> {
    match endpoints.iter().filter(|endpoint| matches!(endpoint.place, Place::Stdio)).count() {
        0 | 1 => Ok(()),
        _ => Err(Error::StdioTwice),
    }
}

/// `PATH[,server[=on|off]][,wait[=on|off]]`, and QEMU's older `,nowait`.
fn unix(rest: &str) -> Result<Place, String> {
    const COMMA: &str = "\0";
    let rest = rest.replace(",,", COMMA);
    let mut parts = rest.split(',').map(|part| part.replace(COMMA, ","));
    let path =
        PathBuf::from(parts.next().filter(|path| !path.is_empty()).ok_or("wants a path after `unix:`")?);
    let (mut server, mut wait) = (false, true);
    for part in parts {
        match part.as_str() {
            "server" | "server=on" => server = true,
            "server=off" => server = false,
            "wait" | "wait=on" => wait = true,
            "wait=off" | "nowait" => wait = false,
            _ => return Err(format!("`{part}` is none of server=on|off and wait=on|off")),
        }
    }
    Ok(if server { Place::Listen { path, wait } } else { Place::Connect { path } })
}

fn connect(path: &Path) -> Result<Stream, Error> {
    let fault = |source: io::Error| {
        let hint = format!("{source} (to listen on it, add ,server=on)");
        Error::Socket {
            call: "connect to",
            path: path.to_path_buf(),
            source: io::Error::new(source.kind(), hint),
        }
    };
    UnixStream::connect(path).map(|stream| Stream::socket(stream.into())).map_err(fault)
}

/// Takes over a descriptor that a user has named. Standard input, output and error are copied, since a number below 3 that is
/// free is soon some file's by accident.
fn take_over(number: RawFd) -> Result<OwnedFd, Error> {
    // SAFETY: fcntl(2) looks the number up, and fails with EBADF if there is no such descriptor.
    let copied = unsafe { libc::fcntl(number, libc::F_DUPFD_CLOEXEC, 3) };
    if copied < 0 {
        return Err(Error::Descriptor { fd: number, source: io::Error::last_os_error() });
    }
    if number > libc::STDERR_FILENO {
        // SAFETY: whoever starts the program has opened the descriptor for its monitor, so that nothing in it knows of it.
        unsafe { libc::close(number) };
    }
    // SAFETY: the copy was made just now, so that nobody else has it.
    Ok(unsafe { OwnedFd::from_raw_fd(copied) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_opened_is_served_and_otherwise_removed() {
        let path = std::env::temp_dir().join(format!("monitor-endpoint-{}", std::process::id()));
        let mut endpoints = vec![Endpoint::unix(Protocol::Qmp, &path)];
        Endpoint::open_all(&mut endpoints).unwrap();
        Endpoint::open_all(&mut endpoints).unwrap();
        let mut others = vec![Endpoint::unix(Protocol::Human, &path)];
        assert!(matches!(Endpoint::open_all(&mut others), Err(Error::InUse { .. })));
        let early = UnixStream::connect(&path).unwrap();
        let Ok(Opened::Listener(listener, None)) = endpoints.remove(0).begin() else { panic!("no listener") };
        assert!(listener.accept().unwrap().is_some());
        drop((listener, early));
        assert!(!path.exists());
        Endpoint::open_all(&mut others).unwrap();
        drop(others);
        assert!(!path.exists());
    }

    #[test]
    fn addresses() {
        let listen = |path: &str, wait| format!("Ok(Listen {{ path: {path:?}, wait: {wait} }})");
        let connect = |path: &str| format!("Ok(Connect {{ path: {path:?} }})");
        for (address, expected) in [
            ("/a,server=on,wait=off", listen("/a", false)),
            ("/a,server,nowait", listen("/a", false)),
            ("/a,server=on", listen("/a", true)),
            ("/a,wait=off,server=off", connect("/a")),
            ("/a,,b", connect("/a,b")),
            ("/a,", "Err(\"`` is none of server=on|off and wait=on|off\")".to_owned()),
            ("/a,server=yes", "Err(\"`server=yes` is none of server=on|off and wait=on|off\")".to_owned()),
            ("", "Err(\"wants a path after `unix:`\")".to_owned()),
        ] {
            assert_eq!(format!("{:?}", unix(address)), expected, "{address}");
        }
    }
}
