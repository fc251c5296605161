//! `stap` itself.

use crate::{Error, Script, signals};
use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::memfd::{MFdFlags, memfd_create};
use std::fs::File;
use std::io::{self, PipeReader, Read, Seek as _, Write as _};
use std::os::fd::AsFd;
use std::os::unix::process::ExitStatusExt as _;
use std::process::{Command, ExitStatus, Stdio};
use std::thread;

/// How a script is run.
#[derive(Clone, Copy, Debug, Default)]
pub struct Run {
    /// Only this process.
    pub pid: Option<u32>,
    /// Whether the script says when it has begun.
    pub greet: bool,
}

/// How `stap` ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ended {
    /// Its exit status, or 128 and the number of the signal that ended it.
    pub status: u8,
}

/// MiB of `stap`'s buffer for each processor: its own default of 1 overflows in a burst.
const BUFFER: &str = "8";

/// What `staprun` says of a probe that the kernel does not take, before it goes on as if nothing were. The script sees
/// nothing of it.
const REFUSED: &str = "registration error";

/// How much is still handed on when `stap` has ended: as much as a pipe may hold for one without CAP_SYS_RESOURCE. A process that
/// it left behind may go on for ever.
const MOST_AFTERWARDS: usize = 1 << 20;

impl Script {
    /// Runs the script until `stap` ends (Ctrl-C ends it), with this process's standard output and error. What `stap` leaves
    /// behind is not waited for.
    ///
    /// Meanwhile the process's handlers of SIGHUP, SIGINT, SIGQUIT and SIGTERM are replaced by one that passes on what is sent to
    /// this process alone; they are put back at the end. So there may be one run at a time in a process, and nobody else may
    /// change those handlers or wait for all children.
    ///
    /// # Errors
    /// [`Error::NoStap`], [`Error::System`]; [`Error::Refused`] where `stap` ends with 0 though the kernel refused probes.
    pub fn run(&self, run: &Run) -> Result<Ended, Error> {
        let mut command = Command::new("stap");
        command.args(["-s", BUFFER]);
        if let Some(folder) = &self.tapset {
            command.arg("-I").arg(folder);
        }
        if let Some(pid) = run.pid {
            command.args(["-x", &pid.to_string()]);
        }
        // by standard input, since an argument has a bound
        command.arg("-").stdin(self.file(run)?).stderr(Stdio::piped());
        let (ended, running) = io::pipe().map_err(|source| Error::System("pipe", source))?;
        let passed_on = signals::attend()?;
        let mut child = command.spawn().map_err(Error::NoStap)?;
        signals::pass_on_to(&child);
        let stderr = child.stderr.take();
        let told = thread::spawn(move || stderr.map_or(Ok(false), |stderr| hand_on(stderr, &ended)));
        let waited = signals::until_end(&child);
        drop(running);
        let refused = told.join().unwrap_or(Ok(false));
        waited?;
        let status = signals::reap(&mut child)?;
        drop(passed_on);
        let refused = refused.map_err(|source| Error::System("read stap's standard error", source))?;
        let ended = Ended { status: of_shell(status) };
        if refused && ended.status == 0 { Err(Error::Refused) } else { Ok(ended) }
    }

    /// The script as a file without a name: nothing waits for a reader.
    fn file(&self, run: &Run) -> Result<File, Error> {
        let failed = |source| Error::System("memfd_create", source);
        let greeting =
            if run.greet { "probe begin { print(\"Running script, <Ctrl>-c to quit\\n\") }\n" } else { "" };
        let fd = memfd_create(c"vmtrace.stp", MFdFlags::MFD_CLOEXEC).map_err(|errno| failed(errno.into()))?;
        let mut file = File::from(fd);
        file.write_all(greeting.as_bytes()).map_err(failed)?;
        file.write_all(self.text.as_bytes()).map_err(failed)?;
        file.rewind().map_err(failed)?;
        Ok(file)
    }
}

/// Hands on what `stap` says, until its last writer is gone, or `ended` has none and nothing is left to read. Whether it said
/// that the kernel refused probes.
fn hand_on(mut from: impl Read + AsFd, ended: &PipeReader) -> io::Result<bool> {
    let mut left = MOST_AFTERWARDS;
    let mut chunk = vec![0; 1 << 16];
    // what may be the beginning of the words
    let mut said = Vec::new();
    let mut refused = false;
    loop {
        let (ready, is_over) = wait(&from, ended)?;
        if !ready || left == 0 {
            return Ok(refused);
        }
        let count = from.read(&mut chunk)?;
        if count == 0 {
            return Ok(refused);
        }
        if is_over {
            left = left.saturating_sub(count);
        }
        // whoever closed it does not want to know
        _ = io::stderr().write_all(&chunk[..count]);
        said.extend_from_slice(&chunk[..count]);
        refused |= said.windows(REFUSED.len()).any(|bytes| bytes == REFUSED.as_bytes());
        said.drain(..said.len().saturating_sub(REFUSED.len() - 1));
    }
}

/// Whether there is something to read, or its end, and whether `ended` has no writer.
fn wait(from: &impl AsFd, ended: &PipeReader) -> io::Result<(bool, bool)> {
    loop {
        let mut fds = [from.as_fd(), ended.as_fd()].map(|fd| PollFd::new(fd, PollFlags::POLLIN));
        match poll(&mut fds, PollTimeout::NONE) {
            Ok(_) => return Ok((fds[0].any() != Some(false), fds[1].any() != Some(false))),
            Err(Errno::EINTR) => {}
            Err(errno) => return Err(errno.into()),
        }
    }
}

/// As a shell has it.
fn of_shell(status: ExitStatus) -> u8 {
    let number = status.code().or_else(|| status.signal().map(|signal| 128 + signal));
    number.and_then(|number| u8::try_from(number).ok()).unwrap_or(u8::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What a pipe holds, with its writer closed or not, when `stap` has ended.
    fn handed_on(said: &[&str], closed: bool) -> bool {
        let (from, mut to) = io::pipe().unwrap();
        let (ended, running) = io::pipe().unwrap();
        for said in said {
            to.write_all(said.as_bytes()).unwrap();
        }
        // a process that `stap` left behind
        let left = (!closed).then(|| to.try_clone().unwrap());
        drop((to, running));
        let refused = hand_on(from, &ended).unwrap();
        drop(left);
        refused
    }

    #[test]
    fn a_refusal_is_seen_among_warnings() {
        let fine = "WARNING: Kernel function symbol table missing [man warning::symbols]\n";
        let refusal = "WARNING: probe process(\"/a\").statement(0x1) at inode-offset 2:3 registration error \
                       [man warning::pass5] (rc -5)";
        for closed in [true, false] {
            assert!(!handed_on(&[fine], closed));
            assert!(handed_on(&[fine, refusal, "\n", fine], closed));
            assert!(handed_on(&[refusal], closed));
        }
    }

    /// The words lie in two reads.
    #[test]
    fn a_refusal_is_seen_in_pieces() {
        let (from, mut to) = io::pipe().unwrap();
        let (ended, running) = io::pipe().unwrap();
        let reader = thread::spawn(move || hand_on(from, &ended).unwrap());
        for piece in ["x registra", "tion er", "ror\n"] {
            to.write_all(piece.as_bytes()).unwrap();
            thread::yield_now();
        }
        drop((to, running));
        assert!(reader.join().unwrap());
    }

    #[test]
    fn a_status_is_a_shells() {
        for (raw, status) in [(0, 0), (0x100, 1), (0xff00, 255), (2, 130), (9, 137)] {
            assert_eq!(of_shell(ExitStatus::from_raw(raw)), status);
        }
    }
}
