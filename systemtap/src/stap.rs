//! `stap` itself.

use crate::{Error, Script, signals};
use std::io::{BufRead as _, BufReader, Read, Write as _};
use std::os::unix::process::ExitStatusExt as _;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::{io, thread};

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

impl Script {
    /// Runs the script to its end (Ctrl-C ends it), with this process's standard output and error. Signals that are sent to
    /// this process alone are passed on.
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
        command.arg("-").stdin(Stdio::piped()).stderr(Stdio::piped());
        let passed_on = signals::attend()?;
        let mut child = command.spawn().map_err(Error::NoStap)?;
        signals::pass_on_to(child.id());
        let refused = self.feed(&mut child, run);
        let status = child.wait().map_err(|source| Error::System("wait", source));
        drop(passed_on);
        let (refused, status) = (refused?, status?);
        let ended = Ended { status: of_shell(status) };
        if refused && ended.status == 0 { Err(Error::Refused) } else { Ok(ended) }
    }

    /// Gives it the script, and hands on what it says. Whether the kernel refused probes.
    fn feed(&self, child: &mut Child, run: &Run) -> Result<bool, Error> {
        let (stdin, stderr) = (child.stdin.take(), child.stderr.take());
        let greeting =
            if run.greet { "probe begin { print(\"Running script, <Ctrl>-c to quit\\n\") }\n" } else { "" };
        thread::scope(|scope| {
            let told = scope.spawn(move || stderr.map_or(Ok(false), hand_on));
            if let Some(mut stdin) = stdin {
                // one that ends early has said why
                _ = stdin.write_all(greeting.as_bytes()).and_then(|()| stdin.write_all(self.text.as_bytes()));
            }
            told.join()
                .unwrap_or(Ok(false))
                .map_err(|source| Error::System("read stap's standard error", source))
        })
    }
}

fn hand_on(from: impl Read) -> io::Result<bool> {
    let (mut from, mut line, mut refused) = (BufReader::new(from), Vec::new(), false);
    loop {
        line.clear();
        // a line without end is handed on in pieces
        if from.by_ref().take(1 << 16).read_until(b'\n', &mut line)? == 0 {
            return Ok(refused);
        }
        refused |= line.windows(REFUSED.len()).any(|bytes| bytes == REFUSED.as_bytes());
        // whoever closed it does not want to know
        _ = io::stderr().write_all(&line);
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

    #[test]
    fn a_refusal_is_seen_among_warnings() {
        let fine = "WARNING: Kernel function symbol table missing [man warning::symbols]\n";
        let refusal = "WARNING: probe process(\"/a\").statement(0x1) at inode-offset 2:3 registration error \
                       [man warning::pass5] (rc -5)";
        assert!(!hand_on(fine.as_bytes()).unwrap());
        assert!(hand_on(format!("{fine}{refusal}\n{fine}").as_bytes()).unwrap());
        assert!(hand_on(refusal.as_bytes()).unwrap());
    }

    #[test]
    fn a_status_is_a_shells() {
        for (raw, status) in [(0, 0), (0x100, 1), (0xff00, 255), (2, 130), (9, 137)] {
            assert_eq!(of_shell(ExitStatus::from_raw(raw)), status);
        }
    }
}
