//! Waiting for the command: signals that are meant for it are passed on, its end is collected.

use crate::Error;
use nix::errno::Errno;
use nix::sys::signal::{SigSet, SigmaskHow, Signal, kill, sigprocmask};
use nix::sys::signalfd::{SfdFlags, SignalFd, siginfo};
use nix::unistd::Pid;
use recording::Exit;
use std::io;
use std::os::unix::process::ExitStatusExt as _;
use std::process::ExitStatus;

/// What is passed on. What the terminal sends (Ctrl-C, Ctrl-\, hanging up) reaches the command by itself.
const PASSED_ON: [Signal; 6] =
    [Signal::SIGHUP, Signal::SIGINT, Signal::SIGQUIT, Signal::SIGTERM, Signal::SIGUSR1, Signal::SIGUSR2];

/// The signals of this process, held back and read one by one; as they were again when dropped.
pub(crate) struct Signals {
    before: SigSet,
    held: SignalFd,
}

impl Signals {
    /// Holds them back from now on.
    ///
    /// # Errors
    /// [`Error::System`].
    pub(crate) fn hold() -> Result<Self, Error> {
        let set: SigSet = PASSED_ON.into_iter().chain([Signal::SIGCHLD]).collect();
        let held = SignalFd::with_flags(&set, SfdFlags::SFD_CLOEXEC).map_err(Error::system("signalfd"))?;
        let mut before = SigSet::empty();
        sigprocmask(SigmaskHow::SIG_BLOCK, Some(&set), Some(&mut before))
            .map_err(Error::system("sigprocmask"))?;
        Ok(Self { before, held })
    }

    /// The mask as it was, which the command gets.
    pub(crate) fn before(&self) -> &SigSet {
        &self.before
    }

    /// Waits until `child` has ended, and passes signals on to it meanwhile.
    ///
    /// # Errors
    /// [`Error::System`].
    pub(crate) fn attend(&self, child: Pid) -> Result<Exit, Error> {
        loop {
            // Asked first: a SIGCHLD may have come for a process before this one, or have been ignored.
            if let Some(exit) = ended(child)? {
                return Ok(exit);
            }
            match self.held.read_signal() {
                Ok(Some(signal)) => pass_on(&signal, child),
                Ok(None) | Err(Errno::EINTR) => {}
                Err(errno) => return Err(Error::system("read from the signalfd")(errno)),
            }
        }
    }
}

impl Drop for Signals {
    fn drop(&mut self) {
        let _ = sigprocmask(SigmaskHow::SIG_SETMASK, Some(&self.before), None);
    }
}

/// Passes a signal on unless the kernel made it: then it went to the whole foreground group, the command included
/// (`si_code` > 0, sigaction(2)).
fn pass_on(signal: &siginfo, child: Pid) {
    let Some(number) = i32::try_from(signal.ssi_signo).ok().and_then(|number| Signal::try_from(number).ok())
    else {
        return;
    };
    if signal.ssi_code <= 0 && PASSED_ON.contains(&number) {
        // The child is not waited for yet, so that the number is its own still.
        let _ = kill(child, number);
    }
}

fn ended(child: Pid) -> Result<Option<Exit>, Error> {
    let mut status = 0;
    // nix's waitpid fails for a process that a real-time signal ended.
    // SAFETY: `status` is valid for the time of the call.
    let got = unsafe { libc::waitpid(child.as_raw(), &raw mut status, libc::WNOHANG) };
    match got {
        0 => Ok(None),
        -1 => Err(Error::system("waitpid")(io::Error::last_os_error())),
        _ => {
            let status = ExitStatus::from_raw(status);
            Ok(Some(match status.signal() {
                Some(signal) => Exit::Signal(signal),
                None => Exit::Status(status.code().unwrap_or_default()),
            }))
        }
    }
}
