//! Asking a program a question: run it, read what it says, and never wait for long.

use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use std::io::{PipeReader, Read as _, Write as _};
use std::os::fd::AsFd as _;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// QEMU answers in 20 ms; a wrapper on a slow disk may take longer.
const PATIENCE: Duration = Duration::from_secs(10);

/// The answers that are asked for are a few lines.
const LONGEST: usize = 64 << 10;

/// Runs a program, gives it `input`, and reads what it writes to standard output and standard error until a line is
/// `enough`, it ends, has written 64 KiB, or 10 seconds have gone by. Then it is killed. Gives back that line.
///
/// # Errors
/// Why there was none, for the operator.
pub(crate) fn ask<T>(
    program: &Path,
    arguments: &[&str],
    input: &str,
    enough: impl Fn(&str) -> Option<T>,
) -> Result<T, String> {
    let (answer, into) = std::io::pipe().map_err(|error| error.to_string())?;
    let into_too = into.try_clone().map_err(|error| error.to_string())?;
    let mut command = Command::new(program);
    command.args(arguments).stdin(Stdio::piped()).stdout(into).stderr(into_too);
    let mut child = command.spawn().map_err(|error| error.to_string())?;
    // It holds the ends of the pipe that the program has, and without them ours sees the end.
    drop(command);
    // A program that does not read its input is asked by its arguments.
    let _ = child.stdin.take().map(|mut stdin| stdin.write_all(input.as_bytes()));
    let found = read(answer, enough);
    let _ = child.kill();
    let _ = child.wait();
    found
}

fn read<T>(mut pipe: PipeReader, enough: impl Fn(&str) -> Option<T>) -> Result<T, String> {
    let deadline = Instant::now() + PATIENCE;
    let mut answer = Vec::new();
    let mut part = [0; 4096];
    while answer.len() < LONGEST {
        let left = deadline.saturating_duration_since(Instant::now());
        let timeout = PollTimeout::try_from(left).unwrap_or(PollTimeout::ZERO);
        match poll(&mut [PollFd::new(pipe.as_fd(), PollFlags::POLLIN)], timeout) {
            Err(nix::errno::Errno::EINTR) if !left.is_zero() => continue,
            Ok(1..) => {}
            _ => break,
        }
        match pipe.read(&mut part) {
            Ok(length @ 1..) => answer.extend_from_slice(&part[..length]),
            _ => break,
        }
        if let Some(found) = String::from_utf8_lossy(&answer).lines().find_map(&enough) {
            return Ok(found);
        }
    }
    let answer = String::from_utf8_lossy(&answer);
    Err(format!("it answers {:?}", answer.lines().next().unwrap_or_default()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers() {
        let sh = |script, input| {
            ask(Path::new("/bin/sh"), &["-c", script], input, |line| {
                line.strip_prefix("answer ").map(str::to_owned)
            })
        };
        assert_eq!(sh("echo noise; echo answer 42; sleep 60", ""), Ok("42".into()));
        assert_eq!(sh("read word; echo answer $word >&2", "yes\n"), Ok("yes".into()));
        assert_eq!(sh("echo no idea", ""), Err("it answers \"no idea\"".into()));
        assert_eq!(sh("exec yes", ""), Err("it answers \"y\"".into()));
        assert!(ask(Path::new("/nonexistent"), &[], "", |_| Some(())).unwrap_err().contains("No such file"));
    }
}
