//! The same keys to a real QEMU, and what its terminal shows beside ours.

use crate::terminal::Terminal;
use crate::vmm::{monitor, scratch};
use monitor::Prompt;
use std::io::{Read, Write};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// Ends each case: what this prints is waited for.
const MARK: &str = "that-is-all";

/// Keys up to an Enter whose effect is the same in both, and in QEMU 7.2 as in 10.2 (^U, ^P and ^N are younger; and QEMU
/// echoes half characters).
const CASES: &[&str] = &[
    "one\ntwo\n\x1b[A\x1b[A\n",
    "one\ntwo\n\x1b[A\x1b[A\x1b[B\n",
    "one\ntwo\none\n\x1b[A\x1b[A\n",
    "one\n\x1b[A\x1b[Bzz\n",
    "",
    "\n",
    "  \n",
    "foo\n",
    "  foo  bar\n",
    "info foo bar\n",
    "info help\n",
    "info  version x y\n",
    "info name x\n",
    "help foo bar\n",
    "? info foo\n",
    "? ?\n",
    "help info name\n",
    "help logfile\n",
    "help \"logfile\" x\n",
    "help log x\n",
    "trace-event\n",
    "trace-event x\n",
    "trace-event x y\n",
    "trace-event nosuch \"on\"\n",
    "trace-event nosuch on\n",
    "trace-event \"no such\"on\n",
    "trace-event \"\" off\n",
    "trace-event \"a\\\\b\\\"c\\'\" off\n",
    "info trace-events nosuch\n",
    "info trace-events \"\"\n",
    "logfile\n",
    "logfile x y\n",
    "logfile /nowhere/x\n",
    "logfile /tmp/%d%d\n",
    "log\n",
    "log x y\n",
    "foo\r",
    "abc\x01x\n",
    "abc\x01x\x05y\n",
    "abc\x1b[D\x1b[Dx\n",
    "abc\x1b[D\x1b[D\x1b[Cx\n",
    "abc\x1b[1~\x1b[3~\x04x\x1b[4~y\n",
    "abc\x1bOHx\x1bOFy\n",
    "abc\x7f\x08d\n",
    "one two  \x17x\n",
    "one two\x17\x17\x17zz\n",
    "one two\x1b[D\x1b[D\x17\n",
    "trace-e\tnosuch on\n",
    "info trace-ev\tnosuch\n",
    "help logf\t\n",
    "logfile /nowh\tx/y\n",
    "zz\t\n",
    "zz \t\n",
    "log\t\n",
    "trace-event nosuch of\t\n",
    "trace-event nosuch o\ton\n",
];

struct Qemu {
    process: Child,
    stream: UnixStream,
}

impl Qemu {
    fn start(socket: &Path) -> Option<Self> {
        let mut command = Command::new("qemu-system-x86_64");
        command.args("-S -machine none -nodefaults -display none -monitor".split(' '));
        command.arg(format!("unix:{},server=on,wait=off", socket.display()));
        let process =
            command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().ok()?;
        let start = Instant::now();
        loop {
            match UnixStream::connect(socket) {
                Ok(stream) => return Some(Self { process, stream }),
                Err(error) => {
                    assert!(start.elapsed() < Duration::from_secs(60), "{}: {error}", socket.display());
                }
            }
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    fn read_until(&mut self, end: &str) -> Vec<u8> {
        let mut bytes = Vec::new();
        let mut room = [0; 4096];
        while !bytes.ends_with(end.as_bytes()) {
            let len = self.stream.read(&mut room).expect("QEMU answers");
            assert!(len > 0, "QEMU went: {}", bytes.escape_ascii());
            bytes.extend_from_slice(&room[..len]);
        }
        bytes
    }
}

impl Drop for Qemu {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn rows(bytes: &[u8], prompt: &str) -> Vec<String> {
    let mut terminal = Terminal::default();
    terminal.write(bytes);
    terminal.before().iter().map(|row| row.replace(prompt, "(vmm)")).collect()
}

#[test]
fn a_terminal_shows_what_it_shows_of_qemu() {
    let socket = scratch("qemu");
    let Some(mut qemu) = Qemu::start(&socket) else {
        return eprintln!("SKIP a_terminal_shows_what_it_shows_of_qemu: no qemu-system-x86_64");
    };
    qemu.stream.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
    qemu.read_until("(qemu) ");
    let end = format!("unknown command: '{MARK}'\r\n");
    let mut prompt = Prompt::new(monitor());
    for case in CASES {
        let keys = format!("{case}{MARK}\n");
        qemu.stream.write_all(keys.as_bytes()).unwrap();
        let theirs = qemu.read_until(&format!("{end}(qemu) "));
        let mut ours = Vec::new();
        let mut rest = keys.as_bytes();
        while !rest.is_empty() {
            rest = &rest[prompt.feed(monitor(), rest, &mut ours)..];
        }
        assert_eq!(rows(&ours, "(vmm)"), rows(&theirs, "(qemu)"), "{case:?}");
    }
    let _ = std::fs::remove_file(socket);
}
