//! Asking a program that is called like QEMU for its version.

use crate::qemu::Version;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use std::io::Read as _;
use std::os::fd::AsFd as _;
use std::path::Path;
use std::process::{ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

/// It answers in 20 ms; a wrapper on a slow disk may take longer.
const PATIENCE: Duration = Duration::from_secs(10);

/// The answer is two lines.
const LONGEST: usize = 4096;

/// Runs `program --version` and reads its answer, for 10 seconds at most.
///
/// # Errors
/// Why there was none, for the operator.
pub(crate) fn ask(program: &Path) -> Result<Version, String> {
    let mut child = Command::new(program)
        .arg("--version")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .map_err(|error| error.to_string())?;
    let answer = child.stdout.take().map_or_else(String::new, read);
    // It has answered, or had its time.
    let _ = child.kill();
    let _ = child.wait();
    Version::parse(&answer)
        .ok_or_else(|| format!("--version answers {:?}", answer.lines().next().unwrap_or_default()))
}

fn read(mut stdout: ChildStdout) -> String {
    let deadline = Instant::now() + PATIENCE;
    let mut answer = Vec::new();
    let mut part = [0; 512];
    while answer.len() < LONGEST && !answer.contains(&b'\n') {
        let left = deadline.saturating_duration_since(Instant::now());
        let timeout = PollTimeout::try_from(left).unwrap_or(PollTimeout::ZERO);
        let ready = poll(&mut [PollFd::new(stdout.as_fd(), PollFlags::POLLIN)], timeout);
        match (ready, left.is_zero()) {
            (Ok(1..), _) => match stdout.read(&mut part) {
                Ok(length @ 1..) => answer.extend_from_slice(&part[..length]),
                _ => break,
            },
            (Err(nix::errno::Errno::EINTR), false) => {}
            _ => break,
        }
    }
    String::from_utf8_lossy(&answer).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_that_is_no_qemu_says_so() {
        assert!(ask(Path::new("/bin/true")).unwrap_err().starts_with("--version answers"));
        assert!(ask(Path::new("/nonexistent")).unwrap_err().contains("No such file"));
    }
}
