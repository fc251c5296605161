//! A crash of the VMM: what is queued is written before the process ends.

use crate::queue;
use std::mem::MaybeUninit;
use std::ptr;
use std::sync::OnceLock;
use std::time::Duration;

/// The signals of a crash. Not SIGBUS of bad memory alone: a VMM that lives on after one has a handler of its own, which
/// comes after this.
const SIGNALS: [libc::c_int; 5] = [libc::SIGSEGV, libc::SIGBUS, libc::SIGILL, libc::SIGFPE, libc::SIGABRT];

/// How long the end may take, while sinks take what is queued.
const PATIENCE: Duration = Duration::from_secs(10);

/// What was there for each signal before.
static BEFORE: OnceLock<[libc::sigaction; SIGNALS.len()]> = OnceLock::new();

/// Puts a handler before those that are there.
pub(crate) fn watch() {
    BEFORE.get_or_init(|| {
        SIGNALS.map(|signal| {
            let mut before = MaybeUninit::<libc::sigaction>::zeroed();
            // SAFETY: sigaction(2) without a new action writes the one that is there, to ours.
            unsafe { libc::sigaction(signal, ptr::null(), before.as_mut_ptr()) };
            // SAFETY: it is written, and zeros are a sigaction as well.
            unsafe { before.assume_init() }
        })
    });
    for signal in SIGNALS {
        let mut action = libc::sigaction {
            sa_sigaction: crashed as *const () as usize,
            // on the stack that is there for this, if any: the other may be what has overflowed
            sa_flags: libc::SA_SIGINFO | libc::SA_ONSTACK | libc::SA_NODEFER,
            sa_mask: empty(),
            sa_restorer: None,
        };
        // SAFETY: the handler has the form that SA_SIGINFO asks for, and does what a signal handler may.
        unsafe { libc::sigaction(signal, &raw mut action, ptr::null_mut()) };
    }
}

extern "C" fn crashed(signal: libc::c_int, info: *mut libc::siginfo_t, _: *mut libc::c_void) {
    queue::drain_to_the_end(PATIENCE);
    // whatever comes next is for the one before: the same instruction faults again, and a signal that no instruction raised is
    // sent again
    let before = SIGNALS.iter().position(|&other| other == signal).zip(BEFORE.get());
    let before = before.and_then(|(index, before)| before.get(index));
    let before = before.map_or(ptr::null(), ptr::from_ref);
    // SAFETY: sigaction(2) takes what it once gave.
    unsafe { libc::sigaction(signal, before, ptr::null_mut()) };
    // SAFETY: the kernel gives a siginfo_t to a handler with SA_SIGINFO.
    let code = unsafe { (*info).si_code };
    // memory has gone bad somewhere, which no instruction has touched yet
    let is_news = signal == libc::SIGBUS && code == libc::BUS_MCEERR_AO;
    if code <= 0 || is_news {
        send_again(signal, info);
    }
}

/// Sends this thread a signal with all that was said of it: the handler before may want to know who sent it, or which memory.
fn send_again(signal: libc::c_int, info: *mut libc::siginfo_t) {
    // SAFETY: getpid(2) takes nothing and cannot fail.
    let process = unsafe { libc::getpid() };
    let thread = rustix::thread::gettid().as_raw_nonzero().get();
    // SAFETY: rt_tgsigqueueinfo(2) reads a siginfo_t, which the kernel gave.
    let sent = unsafe { libc::syscall(libc::SYS_rt_tgsigqueueinfo, process, thread, signal, info) };
    if sent != 0 {
        // a jail may not know that call; raise(3) is what abort(3) uses
        // SAFETY: raise(3) may be called in a handler.
        unsafe { libc::raise(signal) };
    }
}

fn empty() -> libc::sigset_t {
    let mut set = MaybeUninit::<libc::sigset_t>::zeroed();
    // SAFETY: sigemptyset(3) writes the set that it is given.
    unsafe { libc::sigemptyset(set.as_mut_ptr()) };
    // SAFETY: it is written.
    unsafe { set.assume_init() }
}
