//! Signals while `stap` runs: it ends by them in its own time, and this process after it.

use crate::Error;
use libc::{c_int, c_void, siginfo_t};
use nix::errno::Errno;
use nix::sys::signal::{SaFlags, SigAction, SigHandler, SigSet, Signal, sigaction};
use std::io;
use std::sync::atomic::{AtomicI32, Ordering};

const PASSED_ON: [Signal; 4] = [Signal::SIGHUP, Signal::SIGINT, Signal::SIGQUIT, Signal::SIGTERM];

/// `stap`'s process; 0 before it is there and after it has gone.
static CHILD: AtomicI32 = AtomicI32::new(0);

/// A signal that came while it was 0.
static EARLY: AtomicI32 = AtomicI32::new(0);

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
        let before = unsafe { sigaction(signal, &action) }
            .map_err(|errno| Error::System("sigaction", io::Error::from(errno)))?;
        attended.before.push((signal, before));
    }
    Ok(attended)
}

/// Names the process, which gets what came before it was there.
pub(crate) fn pass_on_to(child: u32) {
    let child = i32::try_from(child).unwrap_or(0);
    CHILD.store(child, Ordering::SeqCst);
    let signal = EARLY.swap(0, Ordering::SeqCst);
    if signal > 0 && child > 0 {
        // SAFETY: kill(2) takes any numbers, and the child is not waited for yet.
        unsafe { libc::kill(child, signal) };
    }
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
/// sigaction(2)), and a second one would make it leave its module behind.
extern "C" fn pass_on(signal: c_int, info: *mut siginfo_t, _: *mut c_void) {
    // SAFETY: the kernel gives a handler with SA_SIGINFO (which nix sets) a valid siginfo_t.
    if unsafe { info.as_ref() }.is_none_or(|info| info.si_code > 0) {
        return;
    }
    let child = CHILD.load(Ordering::SeqCst);
    if child > 0 {
        let errno = Errno::last_raw();
        // SAFETY: kill(2) takes any numbers. The child is not waited for yet, or its number has not been taken again.
        unsafe { libc::kill(child, signal) };
        Errno::set_raw(errno);
    } else {
        EARLY.store(signal, Ordering::SeqCst);
    }
}
