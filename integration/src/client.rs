//! Programs that tests run: QEMU's own clients, servers that end with the test, and how any is fed and read.

use nix::errno::Errno;
use nix::sys::prctl::set_pdeathsig;
use nix::sys::signal::Signal;
use nix::unistd::{Pid, getppid};
use std::io::Write;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, Output, Stdio};

/// Python with QEMU's own client `qemu.qmp`, where `cargo xtask test` installs it: in the target folder's `tmp`, which
/// only a test knows (`CARGO_TARGET_TMPDIR`). `None`, having said so, if it is not there.
#[must_use]
pub fn qemu_qmp(test: &str, tmpdir: &str) -> Option<Command> {
    let folder = format!("{tmpdir}/python/qemu.qmp-0.0.6");
    if !Path::new(&folder).is_dir() {
        eprintln!(
            "SKIP {test}: no qemu.qmp (python3 -m pip install --no-deps --target {folder} qemu.qmp==0.0.6)"
        );
        return None;
    }
    let mut python = Command::new("python3");
    python.env("PYTHONPATH", folder).env("PYTHONDONTWRITEBYTECODE", "1");
    Some(python)
}

/// socat. `None`, having said so, if there is none.
#[must_use]
pub fn socat(test: &str) -> Option<Command> {
    match Command::new("socat").arg("-V").output() {
        Ok(_) => Some(Command::new("socat")),
        Err(error) => {
            eprintln!("SKIP {test}: socat: {error} (apt-get install socat)");
            None
        }
    }
}

/// A command of a program that ends when the calling thread does, however that ends (prctl(2), PR_SET_PDEATHSIG).
#[must_use]
pub fn tied(program: &Path) -> Command {
    let parent = Pid::this();
    let mut command = Command::new(program);
    let tie = move || {
        set_pdeathsig(Signal::SIGKILL)?;
        // a parent that died before that sends no signal
        if getppid() == parent { Ok(()) } else { Err(Errno::ESRCH.into()) }
    };
    // SAFETY: `tie` is two system calls, neither of which allocates or takes a lock.
    unsafe { command.pre_exec(tie) };
    command
}

/// Runs a command with bytes on its standard input and gives back what it printed.
///
/// # Panics
/// If it cannot be run, fails, or prints what is not UTF-8.
pub fn succeeds(command: &mut Command, input: &[u8]) -> String {
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    let fed = child.stdin.take().expect("it is a pipe").write_all(input);
    let Output { status, stdout, stderr } = child.wait_with_output().expect("it can be waited for");
    let told = String::from_utf8_lossy(&stderr);
    assert!(
        status.success() && fed.is_ok(),
        "{command:?}: {status}, {fed:?}\n{told}{}",
        String::from_utf8_lossy(&stdout)
    );
    String::from_utf8(stdout).expect("what it prints is UTF-8")
}
