//! Starting a command in two steps: first the process, so that the kernel can be told its number, then the program.

use crate::Error;
use crate::program;
use nix::errno::Errno;
use nix::fcntl::OFlag;
use nix::sys::signal::{SaFlags, SigAction, SigHandler, SigSet, SigmaskHow, Signal, sigaction, sigprocmask};
use nix::sys::wait::waitpid;
use nix::unistd::{ForkResult, Pid, close, execvpe, fork, pipe2, read, write};
use std::ffi::{CString, OsString};
use std::io;
use std::os::fd::{AsRawFd as _, BorrowedFd, OwnedFd};
use std::os::unix::ffi::{OsStrExt as _, OsStringExt as _};
use std::path::{Path, PathBuf};

/// A program with all that `execve` wants, checked and ready.
#[derive(Debug)]
pub(crate) struct Program {
    /// The file.
    path: PathBuf,
    file: CString,
    arguments: Vec<CString>,
}

impl Program {
    /// Finds the program of `command`, which must have at least one part.
    ///
    /// # Errors
    /// [`Error::NoCommand`], [`Error::NotFound`], [`Error::NotExecutable`], [`Error::Nul`].
    pub(crate) fn find(command: &[OsString]) -> Result<Self, Error> {
        let name = command.first().ok_or(Error::NoCommand)?;
        let path = program::find(name, std::env::var_os("PATH").as_deref())?;
        let arguments =
            command.iter().map(|argument| c_string(argument.as_bytes())).collect::<Result<_, _>>()?;
        Ok(Self { file: c_string(path.as_os_str().as_bytes())?, path, arguments })
    }

    /// Adds arguments at the end.
    ///
    /// # Errors
    /// [`Error::Nul`].
    pub(crate) fn add(&mut self, arguments: &[OsString]) -> Result<(), Error> {
        for argument in arguments {
            self.arguments.push(c_string(argument.as_bytes())?);
        }
        Ok(())
    }

    /// Program and arguments, for the manifest.
    pub(crate) fn to_strings(&self) -> Vec<String> {
        self.arguments.iter().map(|argument| argument.to_string_lossy().into_owned()).collect()
    }
}

fn c_string(bytes: &[u8]) -> Result<CString, Error> {
    CString::new(bytes).map_err(|_| Error::Nul { what: String::from_utf8_lossy(bytes).into_owned() })
}

/// The environment of this process with `extra` in it.
///
/// # Errors
/// [`Error::Nul`].
pub(crate) fn environment(extra: &[(&str, &Path)]) -> Result<Vec<CString>, Error> {
    let entry = |name: OsString, value: OsString| {
        let bytes = [name.into_vec(), value.into_vec()].join(&b'=');
        c_string(&bytes)
    };
    std::env::vars_os()
        .filter(|(name, _)| !extra.iter().any(|(other, _)| name == other))
        .chain(extra.iter().map(|(name, value)| (OsString::from(name), value.as_os_str().to_owned())))
        .map(|(name, value)| entry(name, value))
        .collect()
}

/// A process that waits for the word to become the program. Dropped without it, it is gone.
pub(crate) struct Waiting {
    pid: Pid,
    gate: Option<OwnedFd>,
    failure: OwnedFd,
}

impl Waiting {
    /// Forks the process. It takes the signal mask `mask` and closes `ours` before it waits.
    ///
    /// # Errors
    /// [`Error::System`].
    pub(crate) fn fork(
        program: &Program,
        environment: &[CString],
        mask: &SigSet,
        ours: BorrowedFd<'_>,
    ) -> Result<Self, Error> {
        let (gate_in, gate) = pipe2(OFlag::O_CLOEXEC).map_err(Error::system("pipe2"))?;
        let (failure, failure_out) = pipe2(OFlag::O_CLOEXEC).map_err(Error::system("pipe2"))?;
        // SAFETY: the child makes no other thread and runs none of the caller's code: it waits, then execs or exits.
        match unsafe { fork() }.map_err(Error::system("fork"))? {
            ForkResult::Parent { child } => Ok(Self { pid: child, gate: Some(gate), failure }),
            ForkResult::Child => {
                // As long as we held these ourselves, we would not see our maker's end.
                drop(gate);
                let _ = close(ours.as_raw_fd());
                if wait_at(&gate_in) {
                    let errno = become_program(program, environment, mask);
                    let _ = write(&failure_out, &(errno as i32).to_ne_bytes());
                }
                // SAFETY: ends the process at once, without the exit handlers, which are our maker's.
                unsafe { libc::_exit(127) }
            }
        }
    }

    /// The process.
    pub(crate) fn pid(&self) -> Pid {
        self.pid
    }

    /// Gives the word. When this returns, the program runs (or has run).
    ///
    /// # Errors
    /// [`Error::NotFound`], [`Error::NotExecutable`] if it could not; then the process is gone.
    pub(crate) fn release(mut self, program: &Program) -> Result<Pid, Error> {
        if let Some(gate) = self.gate.take() {
            write(&gate, b"!").map_err(Error::system("write to the waiting process"))?;
        }
        let mut errno = [0; 4];
        loop {
            match read(&self.failure, &mut errno) {
                Ok(4) => {
                    let source = io::Error::from_raw_os_error(i32::from_ne_bytes(errno));
                    let name = OsString::from_vec(program.arguments[0].as_bytes().to_vec());
                    return Err(program::refusal(&name, program.path.clone(), source));
                }
                // Closed by the exec.
                Ok(_) => break,
                Err(Errno::EINTR) => {}
                Err(errno) => return Err(Error::system("read from the waiting process")(errno)),
            }
        }
        let pid = self.pid;
        std::mem::forget(self);
        Ok(pid)
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        drop(self.gate.take());
        let _ = waitpid(self.pid, None);
    }
}

/// Whether the word came.
fn wait_at(gate: &OwnedFd) -> bool {
    loop {
        match read(gate, &mut [0]) {
            Err(Errno::EINTR) => {}
            other => return other == Ok(1),
        }
    }
}

/// Only returns with why it could not.
fn become_program(program: &Program, environment: &[CString], mask: &SigSet) -> Errno {
    let default = SigAction::new(SigHandler::SigDfl, SaFlags::empty(), SigSet::empty());
    // SAFETY: the default action runs no code of this process. Rust's start-up ignores SIGPIPE, and a command that
    // inherited that would not end when its reader does.
    if let Err(errno) = unsafe { sigaction(Signal::SIGPIPE, &default) } {
        return errno;
    }
    if let Err(errno) = sigprocmask(SigmaskHow::SIG_SETMASK, Some(mask), None) {
        return errno;
    }
    match execvpe(&program.file, &program.arguments, environment) {
        Err(errno) => errno,
    }
}
