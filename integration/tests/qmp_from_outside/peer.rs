//! A program with a monitor, QEMU or ours, started in a private folder and reached over its sockets.

use std::fs::DirBuilder;
use std::io::{BufRead, BufReader, Write};
use std::os::unix::fs::DirBuilderExt;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

/// How long an answer may take before it is held to be missing.
const PATIENCE: Duration = Duration::from_secs(20);

/// A running program with a monitor for machines and one for people.
pub(crate) struct Peer {
    child: Child,
    folder: PathBuf,
}

/// A connection to a monitor.
pub(crate) struct Connection {
    to: UnixStream,
    from: BufReader<UnixStream>,
}

impl Peer {
    /// QEMU, of Debian or as `QEMU_BIN` names it. `None`, having said so, if there is none.
    pub(crate) fn qemu(test: &str) -> Option<Self> {
        let program = std::env::var_os("QEMU_BIN").unwrap_or_else(|| "qemu-system-x86_64".into());
        if let Err(error) = Command::new(&program).arg("--version").output() {
            eprintln!(
                "SKIP {test}: {}: {error} (apt-get install --no-install-recommends qemu-system-x86)",
                program.display()
            );
            return None;
        }
        let mut command = integration::tied(program.as_ref());
        command.args(["-S", "-machine", "none", "-nodefaults", "-display", "none", "-name", "monitored"]);
        Some(Self::start(command))
    }

    /// The program whose monitor is ours.
    pub(crate) fn ours() -> Self {
        Self::start(integration::tied(env!("CARGO_BIN_EXE_monitored").as_ref()))
    }

    fn start(mut command: Command) -> Self {
        static COUNT: AtomicUsize = AtomicUsize::new(0);
        // a socket's address is 107 bytes at most (unix(7)), and a target folder's path may be longer
        let (process, number) = (std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
        let folder = std::env::temp_dir().join(format!("vmtrace-qmp-{process}-{number}"));
        DirBuilder::new().mode(0o700).create(&folder).unwrap();
        for option in ["qmp", "monitor"] {
            let socket = folder.join(option);
            command.arg(format!("-{option}")).arg(format!("unix:{},server=on,wait=off", socket.display()));
        }
        command.current_dir(&folder).stdin(Stdio::null()).stdout(Stdio::null());
        let child = command.spawn().unwrap_or_else(|error| panic!("{command:?}: {error}"));
        Self { child, folder }
    }

    /// The folder that is this program's alone.
    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    /// Where a monitor listens: `qmp`, for machines, or `monitor`, for people.
    pub(crate) fn socket(&self, monitor: &str) -> PathBuf {
        self.folder.join(monitor)
    }

    /// Connects to the monitor for machines, `qmp`, or for people, `monitor`.
    pub(crate) fn connect(&mut self, monitor: &str) -> Connection {
        let (socket, start) = (self.socket(monitor), Instant::now());
        loop {
            match UnixStream::connect(&socket) {
                Ok(to) => {
                    to.set_read_timeout(Some(PATIENCE)).unwrap();
                    to.set_write_timeout(Some(PATIENCE)).unwrap();
                    return Connection { from: BufReader::new(to.try_clone().unwrap()), to };
                }
                Err(error) => {
                    assert!(start.elapsed() < PATIENCE, "{}: {error}", socket.display());
                    assert!(self.lives(), "it ended before it listened at {}", socket.display());
                    thread::sleep(Duration::from_millis(5));
                }
            }
        }
    }

    /// How many descriptors the program has open.
    pub(crate) fn descriptors(&self) -> usize {
        std::fs::read_dir(format!("/proc/{}/fd", self.child.id())).unwrap().count()
    }

    /// How much memory the program has, in KiB.
    pub(crate) fn resident_kib(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).expect("proc_pid_status(5)");
        line.trim().trim_end_matches(" kB").parse().unwrap()
    }

    /// Whether the program runs still.
    pub(crate) fn lives(&mut self) -> bool {
        self.child.try_wait().unwrap().is_none()
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        _ = self.child.kill();
        _ = self.child.wait();
        _ = std::fs::remove_dir_all(&self.folder);
    }
}

impl Connection {
    /// The socket itself. What was read ahead is not in it.
    pub(crate) fn stream(&self) -> &UnixStream {
        &self.to
    }

    /// Sends bytes.
    pub(crate) fn send(&mut self, bytes: &[u8]) {
        self.to.write_all(bytes).unwrap();
    }

    /// The next line, with its end.
    ///
    /// # Panics
    /// If none comes.
    pub(crate) fn line(&mut self) -> Vec<u8> {
        let mut line = Vec::new();
        let read = self.from.read_until(b'\n', &mut line);
        assert!(read.is_ok_and(|read| read > 0), "no answer: {}", String::from_utf8_lossy(&line));
        line
    }
}
