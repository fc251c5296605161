//! The places where a monitor is reached, but for a socket that it listens on: standard input and output, a terminal, a
//! descriptor, a socket that it connects to; and a VMM that waits for its first client.

use nix::pty::openpty;
use nix::sys::termios::{LocalFlags, SetArg, tcgetattr, tcsetattr};
use std::fs::{self, File};
use std::io::{BufRead, BufReader, Read, Write};
use std::os::fd::OwnedFd;
use std::os::unix::net::{UnixListener, UnixStream};
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};

const SET: &[u8] = b"{'execute': 'qmp_capabilities'}\
    {'execute': 'trace-event-set-state', 'arguments': {'name': 'monitored_tick', 'enable': true}}\
    {'execute': 'trace-event-get-state', 'arguments': {'name': 'monitored_tick'}}";
const ANSWERS: [&str; 3] = [
    r#"{"return": {}}"#,
    r#"{"return": {}}"#,
    r#"{"return": [{"name": "monitored_tick", "state": "enabled"}]}"#,
];

/// The program `monitored`, which ends with its test.
struct Monitored(Child);

impl Monitored {
    fn start(args: &[&str], input: Stdio, output: Stdio) -> Self {
        let mut command = integration::tied(env!("CARGO_BIN_EXE_monitored").as_ref());
        command.args(args).args(["-D", "/dev/null"]).stdin(input).stdout(output);
        Self(command.spawn().unwrap())
    }
}

impl Drop for Monitored {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn scratch(name: &str) -> PathBuf {
    std::env::temp_dir().join(format!("vmtrace-endpoints-{name}-{}", std::process::id()))
}

/// A session of a client that has the connection.
fn session(to: &mut dyn Write, from: impl Read) {
    let mut lines = BufReader::new(from).lines();
    assert!(lines.next().unwrap().unwrap().starts_with("{\"QMP\""));
    to.write_all(SET).unwrap();
    for answer in ANSWERS {
        assert_eq!(lines.next().unwrap().unwrap(), answer);
    }
}

#[test]
fn standard_input_and_output() {
    let mut vmm = Monitored::start(&["-qmp", "stdio"], Stdio::piped(), Stdio::piped());
    let (mut to, from) = (vmm.0.stdin.take().unwrap(), vmm.0.stdout.take().unwrap());
    session(&mut to, from);
    // the client has gone, and the VMM goes on
    drop(to);
    std::thread::sleep(std::time::Duration::from_millis(50));
    assert!(vmm.0.try_wait().unwrap().is_none());
}

#[test]
fn a_descriptor_that_is_connected() {
    let (ours, theirs) = UnixStream::pair().unwrap();
    let _vmm = Monitored::start(&["-qmp", "fd:0"], OwnedFd::from(theirs).into(), Stdio::null());
    session(&mut ours.try_clone().unwrap(), ours);
}

#[test]
fn a_descriptor_that_listens() {
    let path = scratch("listens");
    let listener = UnixListener::bind(&path).unwrap();
    let _vmm = Monitored::start(&["-qmp", "fd:0"], OwnedFd::from(listener).into(), Stdio::null());
    for _ in 0..2 {
        let client = UnixStream::connect(&path).unwrap();
        session(&mut client.try_clone().unwrap(), client);
    }
    fs::remove_file(path).unwrap();
}

#[test]
fn a_socket_on_which_the_client_listens() {
    let path = scratch("client");
    let listener = UnixListener::bind(&path).unwrap();
    let address = format!("unix:{}", path.display());
    let _vmm = Monitored::start(&["-qmp", &address], Stdio::null(), Stdio::null());
    let (client, _) = listener.accept().unwrap();
    session(&mut client.try_clone().unwrap(), client);
    fs::remove_file(path).unwrap();
}

#[test]
fn a_vmm_waits_for_its_first_client() {
    let (path, log) = (scratch("waits"), scratch("waits-log"));
    let address = format!("unix:{},server=on", path.display());
    let args = ["-qmp", &address, "-trace", "monitored_start", "-D", log.to_str().unwrap()];
    let mut command = integration::tied(env!("CARGO_BIN_EXE_monitored").as_ref());
    let mut vmm = Monitored(command.args(args).stdin(Stdio::null()).spawn().unwrap());
    while !path.exists() {
        assert!(vmm.0.try_wait().unwrap().is_none());
    }
    // time for what it should not do
    std::thread::sleep(std::time::Duration::from_millis(50));
    assert_eq!(fs::read_to_string(&log).unwrap_or_default(), "", "it went on without a client");
    let client = connect(&mut vmm, &path);
    session(&mut client.try_clone().unwrap(), client);
    while !fs::read_to_string(&log).unwrap().contains("monitored_start") {
        assert!(vmm.0.try_wait().unwrap().is_none());
    }
    drop(vmm);
    fs::remove_file(&path).unwrap(); // it was killed
    fs::remove_file(&log).unwrap();
}

/// Connects; between bind(2) and listen(2) a socket refuses.
fn connect(vmm: &mut Monitored, path: &Path) -> UnixStream {
    loop {
        if let Ok(client) = UnixStream::connect(path) {
            return client;
        }
        assert!(vmm.0.try_wait().unwrap().is_none());
    }
}

#[test]
fn a_terminal() {
    let (mut vmm, mut screen, slave) = at_a_terminal();
    let raw = tcgetattr(&slave).unwrap().local_flags;
    assert!(!raw.intersects(SHELLS), "{raw:?}");

    screen.keys.write_all(b"trace-ev\tmonitored_ti\ton\rinfo trace-events monitored_ti*\r").unwrap();
    screen.wait_for("monitored_tick : state 1");

    // ^C is what it is elsewhere, and the shell gets its terminal back
    screen.keys.write_all(b"half a line\x03").unwrap();
    assert_eq!(vmm.0.wait().unwrap().signal(), Some(libc::SIGINT));
    assert!(tcgetattr(&slave).unwrap().local_flags.contains(SHELLS));
}

#[test]
fn a_program_that_exits_gives_the_terminal_back() {
    let (mut vmm, mut screen, slave) = at_a_terminal();
    screen.keys.write_all(b"monitored-exit\r").unwrap();
    assert_eq!(vmm.0.wait().unwrap().code(), Some(7));
    assert!(tcgetattr(&slave).unwrap().local_flags.contains(SHELLS));
}

/// What a shell has, and a program that edits lines has not.
const SHELLS: LocalFlags = LocalFlags::ICANON.union(LocalFlags::ECHO).union(LocalFlags::ISIG);

/// The program at a terminal, with its prompt to be seen; and the terminal's own end.
fn at_a_terminal() -> (Monitored, Screen, OwnedFd) {
    let pty = openpty(None, None).unwrap();
    let mut modes = tcgetattr(&pty.slave).unwrap();
    modes.local_flags |= SHELLS;
    tcsetattr(&pty.slave, SetArg::TCSANOW, &modes).unwrap();
    let terminal = || Stdio::from(pty.slave.try_clone().unwrap());
    let vmm = Monitored::start(&["-monitor", "stdio"], terminal(), terminal());
    let mut screen = Screen { keys: File::from(pty.master), seen: String::new() };
    screen.wait_for("(monitored) ");
    (vmm, screen, pty.slave)
}

/// What a person at the terminal types and sees.
struct Screen {
    keys: File,
    seen: String,
}

impl Screen {
    fn wait_for(&mut self, text: &str) {
        let mut room = [0; 4096];
        while !self.seen.contains(text) {
            let read = self.keys.read(&mut room).unwrap();
            self.seen.push_str(&String::from_utf8_lossy(&room[..read]));
        }
    }
}
