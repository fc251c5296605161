//! An event that is on allocates nothing, takes no lock, and may come in a signal handler.

use ftrace::{Instance, Tracefs};
use integration::conversions;
use std::alloc::{GlobalAlloc, Layout, System};
use std::path::PathBuf;
use std::process::Command;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::{fs, thread};
use vmtrace::{Setup, Tracing};

/// Counts what is allocated on threads that say so.
struct Counting;

static ALLOCATIONS: AtomicU64 = AtomicU64::new(0);

thread_local! {
    static COUNTED: std::cell::Cell<bool> = const { std::cell::Cell::new(false) };
}

// SAFETY: every call is handed on to the system's allocator as it is.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        if COUNTED.get() {
            ALLOCATIONS.fetch_add(1, Ordering::Relaxed);
        }
        // SAFETY: the caller's promise is the same.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, place: *mut u8, layout: Layout) {
        // SAFETY: the caller's promise is the same.
        unsafe { System.dealloc(place, layout) }
    }
}

#[global_allocator]
static COUNTING: Counting = Counting;

fn log() -> PathBuf {
    std::env::temp_dir().join(format!("vmtrace-hot-{}.log", std::process::id()))
}

/// A test binary is one process: it sets up once. Its log goes when it ends, with the name.
fn tracing() -> Tracing {
    static ONCE: OnceLock<Tracing> = OnceLock::new();
    *ONCE.get_or_init(|| {
        let tracing = Setup::new().group(&conversions::GROUP).log_file(log()).init().unwrap();
        tracing.enable_to("conv_*", &["log"]).unwrap();
        tracing
    })
}

fn emit_all(number: i32) {
    conversions::trace_conv_none();
    conversions::trace_conv_flags(number, 2, 3, 4, 5);
    conversions::trace_conv_strings("one", c"two", b"three\n");
    conversions::trace_conv_stars(5, 6, 2, "abc", -7, 8);
    conversions::trace_conv_pointers(&number, &number, 0usize);
}

/// In a process of its own, which is handed an instance as `vmtrace record` would.
#[test]
fn nothing_is_allocated() {
    const ROLE: &str = "VMTRACE_TEST_COUNTED";
    if std::env::var_os(ROLE).is_none() {
        let instance = Tracefs::find().and_then(|tracefs| Instance::create(&tracefs));
        let mut child = Command::new(std::env::current_exe().unwrap());
        child.args(["--exact", "nothing_is_allocated", "--nocapture"]).env(ROLE, "1");
        match &instance {
            Ok(instance) => _ = child.env(vmtrace::INSTANCE_VARIABLE, instance.path()),
            Err(error) => eprintln!("SKIP nothing_is_allocated, its part on ftrace: {error}"),
        }
        let output = child.output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        return;
    }
    let tracing = tracing();
    if std::env::var_os(vmtrace::INSTANCE_VARIABLE).is_some() {
        tracing.enable_to("conv_*", &["ftrace"]).unwrap();
    }
    // on a thread of its own, whose first event is counted as well
    let thread = thread::spawn(|| {
        COUNTED.set(true);
        (0..1000).for_each(emit_all);
        COUNTED.set(false);
    });
    thread.join().unwrap();
    assert_eq!(ALLOCATIONS.load(Ordering::Relaxed), 0);
    let losses: u64 = tracing.sinks().iter().map(|sink| sink.losses.records).sum();
    assert_eq!(losses, 0);
    fs::remove_file(log()).unwrap();
}

/// Lines of a handler come in between those of the thread that it stopped, whole.
#[test]
fn a_signal_handler_may_emit() {
    extern "C" fn handle(_: libc::c_int) {
        conversions::trace_conv_octal(8, 64);
    }
    const SIGNALS: usize = 500;
    tracing();
    // SAFETY: all zeros are a sigaction: no flags, no mask.
    let mut action: libc::sigaction = unsafe { std::mem::zeroed() };
    action.sa_sigaction = handle as *const () as usize;
    action.sa_flags = libc::SA_RESTART;
    // SAFETY: sigaction(2) with a handler that does what a handler may, and no old action wanted.
    unsafe { libc::sigaction(libc::SIGUSR1, &raw const action, std::ptr::null_mut()) };
    let done = AtomicBool::new(false);
    thread::scope(|scope| {
        let (send, receive) = std::sync::mpsc::channel();
        let done = &done;
        scope.spawn(move || {
            // SAFETY: pthread_self(3) cannot fail.
            send.send(unsafe { libc::pthread_self() }).unwrap();
            while !done.load(Ordering::Relaxed) {
                conversions::trace_conv_mixed(1, "busy", 2, "busy");
            }
        });
        let thread = receive.recv().unwrap();
        for _ in 0..SIGNALS {
            // SAFETY: the thread runs until `done`, which comes later.
            unsafe { libc::pthread_kill(thread, libc::SIGUSR1) };
            thread::sleep(std::time::Duration::from_micros(50));
        }
        done.store(true, Ordering::Relaxed);
    });
    let text = fs::read_to_string(log()).unwrap();
    let mut from_handler = 0;
    for line in text.lines().filter(|line| line.contains("conv_octal") || line.contains("conv_mixed")) {
        let (stamp, event) = line.split_once(':').unwrap();
        let digits = |c: char| c.is_ascii_digit() || c == '@' || c == '.';
        assert!(stamp.chars().all(digits), "{line}");
        assert!(event == "conv_octal 10 0100" || event == "conv_mixed 1busy2busy", "{line}");
        from_handler += usize::from(event.starts_with("conv_octal"));
    }
    assert!(from_handler > 0, "no signal came");
    fs::remove_file(log()).unwrap();
}
