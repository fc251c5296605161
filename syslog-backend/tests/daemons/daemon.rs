//! A daemon as a child of ours.

use nix::sys::signal::{Signal, kill};
use nix::sys::wait::{WaitPidFlag, waitpid};
use nix::unistd::Pid;
use std::fs;
use std::os::unix::fs::FileTypeExt;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

type Error = Box<dyn std::error::Error>;

/// How long something may take on a machine that is busy.
const PATIENCE: Duration = Duration::from_secs(120);

/// A running daemon, which ends with this value.
#[derive(Debug)]
pub(crate) struct Daemon(Child);

impl Daemon {
    /// Starts it, and waits until a socket is there.
    pub(crate) fn start(command: &mut Command, socket: &str) -> Result<Self, Error> {
        let log = fs::File::create("/run/test/daemon.log")?;
        command.stdin(Stdio::null()).stdout(log.try_clone()?).stderr(log);
        // SAFETY: prctl(2) is all that is called between fork and exec: the daemon ends with the thread that started it.
        unsafe {
            command.pre_exec(|| nix::sys::prctl::set_pdeathsig(Signal::SIGKILL).map_err(Into::into));
        }
        let mut daemon = Self(command.spawn()?);
        until(|| {
            let ended = daemon.0.try_wait().ok().flatten();
            assert!(
                ended.is_none(),
                "{ended:?}: {}",
                fs::read_to_string("/run/test/daemon.log").unwrap_or_default()
            );
            Path::new(socket).metadata().is_ok_and(|metadata| metadata.file_type().is_socket())
        });
        Ok(daemon)
    }

    /// Sends it a signal. One that is to stand still does when this returns, all its threads.
    pub(crate) fn signal(&self, signal: Signal) -> Result<(), Error> {
        let pid = Pid::from_raw(self.0.id().cast_signed());
        kill(pid, signal)?;
        if signal == Signal::SIGSTOP {
            waitpid(pid, Some(WaitPidFlag::WUNTRACED))?;
        }
        Ok(())
    }

    /// Ends it as init does, and waits for its end.
    pub(crate) fn stop(mut self) -> Result<(), Error> {
        self.signal(Signal::SIGTERM)?;
        self.0.wait()?;
        Ok(())
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Waits until something is so.
pub(crate) fn until(mut so: impl FnMut() -> bool) {
    let start = Instant::now();
    while !so() {
        assert!(start.elapsed() < PATIENCE, "it did not come to be");
        thread::sleep(Duration::from_millis(10));
    }
}

/// Whether a program is there, by its path.
pub(crate) fn is_there(program: &str) -> bool {
    Path::new(program).exists()
}
