//! A VMM in a jail: no file system, no rights, and a seccomp(2) filter that kills it for any system call but those that
//! tracing and its monitor are documented to make. Standard input is the monitor's socket, the arguments are a VMM's about
//! tracing, and it prints `jailed` when it is. `integration/tests/jail.rs` runs it, and `tests/sinks/jail.rs` with every sink.

use integration::conversions;
use monitor::{Endpoint, Json, Monitor, Protocol, Server};
use nix::unistd::{Gid, Uid, chdir, chroot, setgid, setgroups, setuid};
use seccompiler::{BpfProgram, SeccompAction, SeccompFilter, apply_filter_all_threads};
use std::error::Error;
use std::io;
use std::os::fd::AsFd;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Barrier};
use std::thread;
use std::time::Duration;
use vmtrace::Tracing;

/// What `docs/monitor.md` says that the monitor's thread needs, with a socket.
const MONITOR: &[i64] =
    &[libc::SYS_ppoll, libc::SYS_accept4, libc::SYS_recvfrom, libc::SYS_sendto, libc::SYS_close];
/// What any event needs, and one that goes to `log` or `ftrace` at once: `docs/backends.md`, "In a jail".
const EVENTS: &[i64] = &[libc::SYS_write, libc::SYS_clock_gettime, libc::SYS_gettid];
/// The same of each sink, and of what is queued.
const SINKS: &[(&str, &[i64])] = &[
    ("log", &[]),
    ("ftrace", &[]),
    ("simple", &[libc::SYS_rt_sigprocmask, libc::SYS_futex, libc::SYS_madvise]),
    ("syslog", &[libc::SYS_sendto, libc::SYS_sendmmsg, libc::SYS_futex, libc::SYS_madvise]),
    ("syslog", DAEMON_AWAY),
    ("flight", &[libc::SYS_madvise, libc::SYS_fallocate]),
];
/// What looking for a daemon that is away needs.
const DAEMON_AWAY: &[i64] = &[
    libc::SYS_socket,
    libc::SYS_connect,
    libc::SYS_setsockopt,
    libc::SYS_dup3,
    libc::SYS_close,
    libc::SYS_ppoll,
];
/// What every Rust program needs: memory, sleep, threads that end, and the end.
const PROGRAM: &[i64] = &[
    libc::SYS_brk,
    libc::SYS_mmap,
    libc::SYS_munmap,
    libc::SYS_mremap,
    libc::SYS_madvise,
    libc::SYS_mprotect,
    libc::SYS_futex,
    libc::SYS_clock_nanosleep,
    libc::SYS_rt_sigprocmask,
    libc::SYS_rt_sigreturn,
    libc::SYS_sigaltstack,
    // a debug build of Rust looks at a descriptor before it closes it
    libc::SYS_fcntl,
    libc::SYS_exit,
    libc::SYS_exit_group,
];

fn main() -> Result<(), Box<dyn Error>> {
    let mut args: Vec<_> = std::env::args_os().skip(1).collect();
    let tracing = vmtrace::Setup::new().group(&conversions::GROUP).arguments(&mut args)?.init()?;
    if let Some(missing) = tracing.unavailable().next() {
        return Err(missing.into());
    }
    let running = Arc::new(AtomicBool::new(true));
    let stop = Arc::clone(&running);
    let monitor = Monitor::new(tracing)
        .without_files()
        .command("quit", move |arguments| {
            arguments.finish()?;
            stop.store(false, Ordering::Relaxed);
            Ok(Json::object([]))
        })
        .command("x-escape", |_| Ok(std::fs::exists("/").is_ok().into()));
    let socket = io::stdin().as_fd().try_clone_to_owned()?;
    let server = Server::start(monitor, vec![Endpoint::descriptor(Protocol::Qmp, socket)])?;
    let begun = Arc::new(Barrier::new(3));
    let vcpus: Vec<_> = (0..2)
        .map(|_| {
            let (running, begun) = (Arc::clone(&running), Arc::clone(&begun));
            thread::spawn(move || {
                begun.wait();
                while running.load(Ordering::Relaxed) {
                    conversions::trace_conv_none();
                    thread::sleep(Duration::from_micros(100));
                }
            })
        })
        .collect();

    // a thread that begins asks the kernel for more than one that runs
    begun.wait();
    jail(tracing)?;
    println!("jailed");
    for vcpu in vcpus {
        vcpu.join().map_err(|_| "a vcpu's thread panicked")?;
    }
    drop(server);
    Ok(())
}

/// Takes from all threads what they do not need any more.
fn jail(tracing: Tracing) -> Result<(), Box<dyn Error>> {
    let nobody = 65534;
    if Uid::effective().is_root() {
        chroot(Path::new("/proc/self/fdinfo"))?;
        chdir("/")?;
        setgroups(&[])?;
        setgid(Gid::from_raw(nobody))?;
        setuid(Uid::from_raw(nobody))?;
    }
    let mut allowed = [MONITOR, EVENTS, PROGRAM].concat();
    let on: Vec<String> = tracing.states("*").into_iter().flat_map(|event| event.sinks).collect();
    for (_, calls) in SINKS.iter().filter(|(name, _)| on.iter().any(|sink| sink == name)) {
        allowed.extend_from_slice(calls);
    }
    let allowed = allowed.into_iter().map(|call| (call, vec![])).collect();
    let (others, these) = (SeccompAction::KillProcess, SeccompAction::Allow);
    let filter: BpfProgram =
        SeccompFilter::new(allowed, others, these, std::env::consts::ARCH.try_into()?)?.try_into()?;
    Ok(apply_filter_all_threads(&filter)?)
}
