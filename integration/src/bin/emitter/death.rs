//! Ends, violent and other.

use super::{say, workers};
use std::ptr;
use std::str::FromStr;
use std::sync::atomic::{AtomicPtr, AtomicU64, Ordering};

pub(crate) enum Death {
    Abort,
    Fault,
    Kill,
    Panic,
    PanicInC,
    Overflow,
    PanicInThread,
    Exit,
    ExitInThread,
    ExitAtOnce,
}

impl FromStr for Death {
    type Err = String;

    fn from_str(how: &str) -> Result<Self, String> {
        Ok(match how {
            "abort" => Self::Abort,
            "segv" => Self::Fault,
            "kill" => Self::Kill,
            "panic" => Self::Panic,
            "panic-in-c" => Self::PanicInC,
            "overflow" => Self::Overflow,
            "panic-thread" => Self::PanicInThread,
            "exit" => Self::Exit,
            "exit-thread" => Self::ExitInThread,
            "_exit" => Self::ExitAtOnce,
            _ => return Err(format!("nobody dies of `{how}`")),
        })
    }
}

impl Death {
    /// Says what was emitted by now, and dies.
    pub(crate) fn come(self) {
        workers::tell();
        say("end");
        match self {
            Self::Abort => std::process::abort(),
            Self::Fault => {
                let nothing = std::hint::black_box(8_usize) as *mut u8;
                // SAFETY: none: the fault is what is wanted.
                unsafe { nothing.write_volatile(1) };
            }
            Self::Kill => {
                let here = std::process::id().cast_signed();
                // SAFETY: kill(2) of this very process.
                unsafe { libc::kill(here, libc::SIGKILL) };
            }
            Self::Panic => panic!("wanted"),
            Self::PanicInC => panic_in_c(),
            Self::Overflow => {
                std::hint::black_box(overflow(1));
            }
            Self::PanicInThread => {
                // the program goes on, and comes to its end
                _ = std::thread::spawn(|| panic!("wanted")).join();
            }
            Self::Exit => std::process::exit(0),
            Self::ExitInThread => {
                _ = std::thread::spawn(|| std::process::exit(0)).join();
            }
            Self::ExitAtOnce => {
                // SAFETY: _exit(2) ends the process.
                unsafe { libc::_exit(0) };
            }
        }
    }
}

/// A panic that may not unwind aborts.
extern "C" fn panic_in_c() {
    panic!("wanted");
}

/// Takes all of the stack. Rust's own handler tells of it, and aborts.
#[allow(unconditional_recursion)] // that is it
fn overflow(depth: u64) -> u64 {
    std::hint::black_box([depth; 64])[0] + overflow(depth + 1)
}

/// A fault that the VMM's own handler repairs: tracing's comes first, and lets it.
pub(crate) fn survive() {
    let page = PAGE.load(Ordering::Relaxed);
    // SAFETY: the page is there, and the handler of `repair` makes it one that may be written to.
    unsafe { page.write_volatile(1) };
    say(&format!("survived {}", REPAIRED.load(Ordering::Relaxed)));
}

/// The kernel's news of bad memory that nobody has touched yet (SIGBUS, BUS_MCEERR_AO), which the VMM's own handler takes.
pub(crate) fn bad_memory() {
    // SAFETY: all zero is a siginfo_t.
    let mut info: libc::siginfo_t = unsafe { std::mem::zeroed() };
    (info.si_signo, info.si_code) = (libc::SIGBUS, libc::BUS_MCEERR_AO);
    // SAFETY: getpid(2) takes nothing and cannot fail.
    let process = unsafe { libc::getpid() };
    // SAFETY: nor does gettid(2).
    let thread = unsafe { libc::gettid() };
    // SAFETY: a process may send itself any siginfo_t.
    unsafe { libc::syscall(libc::SYS_rt_tgsigqueueinfo, process, thread, libc::SIGBUS, &raw const info) };
    say(&format!("news {}", NEWS.load(Ordering::Relaxed)));
}

static NEWS: AtomicU64 = AtomicU64::new(0);
static PAGE: AtomicPtr<u8> = AtomicPtr::new(ptr::null_mut());
static REPAIRED: AtomicU64 = AtomicU64::new(0);

/// To be called before tracing is set up: makes a page that may not be written to, and a handler that changes this.
pub(crate) fn repair() {
    extern "C" fn handler(_: libc::c_int) {
        REPAIRED.fetch_add(1, Ordering::Relaxed);
        let page = PAGE.load(Ordering::Relaxed).cast();
        // SAFETY: the page is ours.
        unsafe { libc::mprotect(page, 4096, libc::PROT_READ | libc::PROT_WRITE) };
    }
    extern "C" fn news(_: libc::c_int, info: *mut libc::siginfo_t, _: *mut libc::c_void) {
        // SAFETY: SA_SIGINFO has the kernel give one.
        let code = unsafe { (*info).si_code };
        NEWS.fetch_add(u64::from(code == libc::BUS_MCEERR_AO), Ordering::Relaxed);
    }
    let flags = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS;
    // SAFETY: a new mapping anywhere.
    let page = unsafe { libc::mmap(ptr::null_mut(), 4096, libc::PROT_READ, flags, -1, 0) }.cast();
    PAGE.store(page, Ordering::Relaxed);
    // SAFETY: all zero is a sigaction.
    let mut action: libc::sigaction = unsafe { std::mem::zeroed() };
    action.sa_sigaction = handler as *const () as usize;
    // SAFETY: mprotect(2) may be called in a handler.
    unsafe { libc::sigaction(libc::SIGSEGV, &raw const action, ptr::null_mut()) };
    action.sa_sigaction = news as *const () as usize;
    action.sa_flags = libc::SA_SIGINFO;
    // SAFETY: an atomic may be changed in a handler.
    unsafe { libc::sigaction(libc::SIGBUS, &raw const action, ptr::null_mut()) };
}
