//! Children.

use super::say;
use integration::emitter as trace;
use std::error::Error;
use std::time::Duration;
use vmtrace::Tracing;

/// What a child emits.
const EVENTS: u64 = 3;

/// Children one after the other, while the others' load goes on. Each emits, asks for what there is, and ends; the parent waits for
/// it, and says how many ended well.
pub(crate) fn many(tracing: Tracing, count: u64) {
    let mut well = 0;
    for index in 0..count {
        // SAFETY: what the child does is what is tried here: all that vmtrace promises to a child of a threaded program.
        let child = unsafe { libc::fork() };
        if child == 0 {
            be_a_child(tracing, index);
        }
        trace::trace_emitter_child(u64::from(child.unsigned_abs()), EVENTS);
        let mut status = 0;
        // SAFETY: waitpid(2) on a child of ours writes its status to ours.
        unsafe { libc::waitpid(child, &raw mut status, 0) };
        well += u64::from(libc::WIFEXITED(status) && libc::WEXITSTATUS(status) == 7);
    }
    say(&format!("children {well}"));
}

fn be_a_child(tracing: Tracing, index: u64) -> ! {
    let pid = u64::from(std::process::id());
    for count in 0..EVENTS {
        trace::trace_emitter_child(pid, count);
    }
    let sinks = tracing.sinks();
    let knows = tracing.states("*").len() == 4 && tracing.unavailable().count() == 0 && sinks.len() > 3;
    // nobody empties a queue here
    let drained = tracing.drain(Duration::from_secs(60));
    let switched =
        tracing.enable_to("emitter_signal", &["now"]).is_ok() && tracing.disable("emitter_signal").is_ok();
    let code = if knows && !drained && switched { 7 } else { 1 };
    if index.is_multiple_of(2) {
        // SAFETY: exit(3) runs the handlers of atexit(3): tracing's own must find that there is nothing to wait for.
        unsafe { libc::exit(code) };
    }
    // SAFETY: _exit(2) ends the process.
    unsafe { libc::_exit(code) };
}

/// Forks; the parent waits for its child and ends as it does, and the child, whose steps the rest are, calls
/// [`Tracing::forked`].
pub(crate) fn daemon(tracing: Tracing) -> Result<bool, Box<dyn Error>> {
    // SAFETY: as in `many`.
    let child = unsafe { libc::fork() };
    if child != 0 {
        let mut status = 0;
        // SAFETY: as in `many`.
        unsafe { libc::waitpid(child, &raw mut status, 0) };
        say(&format!("daemon {child} {status}"));
        return Ok(false);
    }
    trace::trace_emitter_child(u64::from(std::process::id()), 0);
    tracing.forked()?;
    tracing.forked()?;
    Ok(true)
}
