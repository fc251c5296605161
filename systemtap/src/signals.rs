//! Signals while `stap` runs: it ends by them in its own time, and this process after it.

use crate::Error;
use libc::{c_int, c_void, siginfo_t};
use nix::errno::Errno;
use nix::sys::signal::{SaFlags, SigAction, SigHandler, SigSet, Signal, sigaction};
use nix::sys::wait::{Id, WaitPidFlag, waitid};
use nix::unistd::Pid;
use std::process::{Child, ExitStatus};
use std::sync::atomic::{AtomicI32, AtomicUsize, Ordering};
use std::{hint, io};

const PASSED_ON: [Signal; 4] = [Signal::SIGHUP, Signal::SIGINT, Signal::SIGQUIT, Signal::SIGTERM];

/// `stap`'s process; 0 before it is there and after it has gone.
static CHILD: AtomicI32 = AtomicI32::new(0);

/// A signal that came while it was 0.
static EARLY: AtomicI32 = AtomicI32::new(0);

/// How many threads are in the handler, and may be about to signal the process that they have read of.
static INSIDE: AtomicUsize = AtomicUsize::new(0);

/// Until it is dropped, signals end `stap` instead of this process.
pub(crate) struct PassedOn {
    before: Vec<(Signal, SigAction)>,
}

/// Begins with it. A handler, and not a mask or `SIG_IGN`: those a program that is started inherits.
pub(crate) fn attend() -> Result<PassedOn, Error> {
    let handler = SigHandler::SigAction(pass_on);
    let action = SigAction::new(handler, SaFlags::SA_RESTART, SigSet::empty());
    let mut attended = PassedOn { before: Vec::new() };
    for signal in PASSED_ON {
        // SAFETY: `pass_on` calls kill(2) alone, which is async-signal-safe (signal-safety(7)), keeps errno, and
        // uses atomics.
        let before = unsafe { sigaction(signal, &action) }.map_err(failed("sigaction"))?;
        attended.before.push((signal, before));
    }
    Ok(attended)
}

/// Names the process, which gets what came before it was there.
pub(crate) fn pass_on_to(child: &Child) {
    let child = id(child).as_raw();
    CHILD.store(child, Ordering::SeqCst);
    let signal = EARLY.swap(0, Ordering::SeqCst);
    if signal > 0 {
        // SAFETY: kill(2) takes any numbers, and the child is not waited for yet.
        unsafe { libc::kill(child, signal) };
    }
}

/// Waits until the process has ended, and leaves it unreaped, so that nobody else gets its number.
pub(crate) fn until_end(child: &Child) -> Result<(), Error> {
    loop {
        match waitid(Id::Pid(id(child)), WaitPidFlag::WEXITED | WaitPidFlag::WNOWAIT) {
            Ok(_) => return Ok(()),
            Err(Errno::EINTR) => {}
            Err(errno) => return Err(failed("waitid")(errno)),
        }
    }
}

/// Reaps it, when no handler can be about to signal it.
pub(crate) fn reap(child: &mut Child) -> Result<ExitStatus, Error> {
    CHILD.store(0, Ordering::SeqCst);
    while INSIDE.load(Ordering::SeqCst) > 0 {
        hint::spin_loop();
    }
    child.wait().map_err(|source| Error::System("wait", source))
}

impl Drop for PassedOn {
    fn drop(&mut self) {
        CHILD.store(0, Ordering::SeqCst);
        EARLY.store(0, Ordering::SeqCst);
        for (signal, before) in &self.before {
            // SAFETY: this is the action that was there before.
            _ = unsafe { sigaction(*signal, before) };
        }
    }
}

/// Passes a signal on unless the kernel made it: then it went to the whole foreground group, `stap` included (`si_code` > 0,
/// sigaction(2)), and a second one would make it leave its module behind. Before `stap` is there, no such one has reached it.
extern "C" fn pass_on(signal: c_int, info: *mut siginfo_t, _: *mut c_void) {
    INSIDE.fetch_add(1, Ordering::SeqCst);
    let child = CHILD.load(Ordering::SeqCst);
    // SAFETY: the kernel gives a handler with SA_SIGINFO (which nix sets) a valid siginfo_t.
    let of_kernel = unsafe { info.as_ref() }.is_none_or(|info| info.si_code > 0);
    if child == 0 {
        EARLY.store(signal, Ordering::SeqCst);
        // on another thread it may just have been named
        let child = CHILD.load(Ordering::SeqCst);
        if child > 0 && EARLY.swap(0, Ordering::SeqCst) > 0 {
            send(child, signal);
        }
    } else if !of_kernel {
        send(child, signal);
    }
    INSIDE.fetch_sub(1, Ordering::SeqCst);
}

/// From the handler, which keeps errno as it was.
fn send(child: c_int, signal: c_int) {
    let errno = Errno::last_raw();
    // SAFETY: kill(2) takes any numbers. The child is not reaped while `INSIDE` counts this thread.
    unsafe { libc::kill(child, signal) };
    Errno::set_raw(errno);
}

fn id(child: &Child) -> Pid {
    // the kernel's numbers of processes are below 2^22
    Pid::from_raw(child.id().cast_signed())
}

fn failed(call: &'static str) -> impl Fn(Errno) -> Error {
    move |errno| Error::System(call, io::Error::from(errno))
}
