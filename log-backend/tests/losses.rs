//! Full disks, pipes that nobody reads, files that may not grow: counted, told of once, and the process goes on. One process a
//! case, since signals are the process's.

use log_backend::{Log, Lost};
use std::fs;
use std::io::Read;
use std::os::fd::{AsRawFd, OwnedFd};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

fn scratch(name: &str) -> PathBuf {
    let folder = std::env::temp_dir().join(format!("log-backend-{name}-{}", std::process::id()));
    fs::create_dir(&folder).unwrap();
    folder
}

fn of(fd: &impl AsRawFd) -> Log {
    Log::to_file(Path::new(&format!("/proc/self/fd/{}", fd.as_raw_fd()))).unwrap()
}

/// Runs a test of this file in a process of its own, in which SIGPIPE kills, as in a C program.
fn in_c_program(test: &str, run: fn()) {
    if std::env::var_os("LOG_BACKEND_INSIDE").is_some() {
        for signal in [libc::SIGPIPE, libc::SIGXFSZ] {
            // SAFETY: signal(2) sets the default, for which there is no handler to be wrong.
            unsafe { libc::signal(signal, libc::SIG_DFL) };
        }
        return run();
    }
    let mut command = std::process::Command::new(std::env::current_exe().unwrap());
    let output = command.args(["--exact", test]).env("LOG_BACKEND_INSIDE", "1").output().unwrap();
    assert!(output.status.success(), "{}: {output:?}", output.status);
}

#[test]
fn a_full_device_is_counted_and_told_of_once() {
    let folder = scratch("full");
    let log = Log::to_file(Path::new("/dev/full")).unwrap();
    (0..3).for_each(|_| log.write_line(1, b"lost"));
    let mut batch = log.batch();
    (0..4).for_each(|_| batch.push(0, 1, b"lost"));
    batch.flush();
    assert_eq!(log.lost(), Lost { lines: 7, errno: libc::ENOSPC });
    log.switch_to_file(&folder.join("log")).unwrap();
    log.write_line(7, b"there");
    log.write_line(7, b"again");
    let text = fs::read_to_string(folder.join("log")).unwrap();
    let lines: Vec<&str> = text.lines().map(|line| line.split_once(':').unwrap().1).collect();
    assert_eq!(lines, ["vmtrace: 7 lines lost: No space left on device", "there", "again"]);
    fs::remove_dir_all(folder).unwrap();
}

/// A limit in place of a full disk: both let a line in partly, and the rest not.
#[test]
fn a_file_that_is_full_has_at_most_one_torn_line_and_goes_on_when_it_may() {
    in_c_program("a_file_that_is_full_has_at_most_one_torn_line_and_goes_on_when_it_may", || {
        for batched in [false, true] {
            let folder = scratch(if batched { "limit-batch" } else { "limit" });
            let path = folder.join("log");
            let write = |log: &Log, numbers: std::ops::Range<u32>| {
                let mut batch = log.batch();
                for number in numbers {
                    let line = format!("line {number}");
                    if batched {
                        batch.push(0, 1, line.as_bytes());
                    } else {
                        log.write_line(1, line.as_bytes());
                    }
                }
            };
            limit(10_007);
            let log = Log::to_file(&path).unwrap();
            log.set_form(log_backend::Form::Plain);
            write(&log, 0..3000);
            assert_eq!(fs::metadata(&path).unwrap().len(), 10_007);
            limit(libc::RLIM_INFINITY);
            write(&log, 3000..3100);
            let text = fs::read_to_string(&path).unwrap();
            let notice = text.lines().position(|line| line.starts_with("vmtrace: ")).unwrap();
            let lost = log.lost().lines;
            assert_eq!(
                text.lines().nth(notice).unwrap(),
                format!("vmtrace: {lost} lines lost: File too large")
            );
            let whole = text.lines().take(notice - 1).enumerate();
            whole.for_each(|(number, line)| assert_eq!(line, format!("line {number}")));
            // the torn line stands before the notice, and counts as lost
            assert_eq!(notice as u64 - 1 + lost, 3000, "{}", text.lines().nth(notice - 1).unwrap());
            assert_eq!(text.lines().skip(notice + 1).count(), 100);
            assert!(text.ends_with("\nline 3099\n"));
            fs::remove_dir_all(folder).unwrap();
        }
    });
}

fn limit(bytes: u64) {
    let limit = libc::rlimit { rlim_cur: bytes, rlim_max: libc::RLIM_INFINITY };
    // SAFETY: setrlimit(2) reads a limit of ours.
    assert_eq!(unsafe { libc::setrlimit(libc::RLIMIT_FSIZE, &raw const limit) }, 0);
}

#[test]
fn a_pipe_that_nobody_reads_any_more_kills_nobody() {
    in_c_program("a_pipe_that_nobody_reads_any_more_kills_nobody", || {
        let folder = scratch("pipe");
        let path = folder.join("fifo");
        rustix::fs::mkfifoat(rustix::fs::CWD, &path, rustix::fs::Mode::from_raw_mode(0o600)).unwrap();
        let open = || fs::OpenOptions::new().read(true).custom_flags(libc::O_NONBLOCK).open(&path).unwrap();
        let reader = open();
        let log = Log::to_file(&path).unwrap();
        log.write_line(1, b"read");
        drop(reader);
        // SAFETY: the address of this thread's errno is always good.
        let errno = unsafe { libc::__errno_location() };
        // SAFETY: as above.
        unsafe { *errno = 4711 };
        log.write_line(1, b"lost");
        // SAFETY: as above.
        assert_eq!(unsafe { *errno }, 4711);
        std::thread::scope(|scope| _ = scope.spawn(|| log.write_line(2, b"lost")).join());
        log.batch().push(0, 1, b"lost");
        assert_eq!(log.lost(), Lost { lines: 3, errno: libc::EPIPE });
        assert_eq!(pending(), 0);
        let mut reader = open();
        log.write_line(1, b"read again");
        drop(log);
        let mut text = String::new();
        reader.read_to_string(&mut text).unwrap();
        let lines: Vec<&str> = text.lines().map(|line| line.split_once(':').unwrap().1).collect();
        assert_eq!(lines, ["read", "vmtrace: 3 lines lost: Broken pipe", "read again"]);
        fs::remove_dir_all(folder).unwrap();
    });
}

/// Where a file has a limit, the signals are held back for pipes too, as on a kernel that cannot do without.
#[test]
fn a_pipe_kills_nobody_on_an_old_kernel() {
    in_c_program("a_pipe_kills_nobody_on_an_old_kernel", || {
        let folder = scratch("old");
        limit(1 << 20);
        drop(Log::to_file(&folder.join("log")).unwrap());
        let (reader, writer) = std::io::pipe().unwrap();
        let log = of(&writer);
        drop((reader, writer));
        // SAFETY: the address of this thread's errno is always good.
        let errno = unsafe { libc::__errno_location() };
        // SAFETY: as above.
        unsafe { *errno = 4711 };
        (0..3).for_each(|_| log.write_line(1, b"lost"));
        // SAFETY: as above.
        assert_eq!(unsafe { *errno }, 4711);
        assert_eq!((log.lost(), pending()), (Lost { lines: 3, errno: libc::EPIPE }, 0));
        fs::remove_dir_all(folder).unwrap();
    });
}

#[test]
fn a_pipe_takes_the_place_of_a_file_and_breaks() {
    in_c_program("a_pipe_takes_the_place_of_a_file_and_breaks", || {
        let folder = scratch("kinds");
        let path = folder.join("log");
        let log = Log::to_file(&path).unwrap();
        log.write_line(1, b"one");
        let (reader, writer) = std::io::pipe().unwrap();
        let (reader, writer): (OwnedFd, OwnedFd) = (reader.into(), writer.into());
        log.switch_to_file(Path::new(&format!("/proc/self/fd/{}", writer.as_raw_fd()))).unwrap();
        log.write_line(1, b"into the pipe");
        drop((reader, writer));
        log.write_line(1, b"lost");
        log.switch_to_file(&path).unwrap();
        log.write_line(1, b"two");
        let text = fs::read_to_string(&path).unwrap();
        let lines: Vec<&str> = text.lines().map(|line| line.split_once(':').unwrap().1).collect();
        assert_eq!(lines, ["vmtrace: 1 line lost: Broken pipe", "two"]);
        fs::remove_dir_all(folder).unwrap();
    });
}

#[test]
fn a_socket_that_nobody_reads_any_more_kills_nobody() {
    in_c_program("a_socket_that_nobody_reads_any_more_kills_nobody", || {
        let (one, other) = std::os::unix::net::UnixStream::pair().unwrap();
        // SAFETY: dup2(2) puts the socket in the place of standard error, which this process needs no more.
        assert_eq!(unsafe { libc::dup2(one.as_raw_fd(), 2) }, 2);
        let log = Log::to_stderr().unwrap();
        log.write_line(1, b"read");
        drop(other);
        log.write_line(1, b"lost");
        assert_eq!(log.lost(), Lost { lines: 1, errno: libc::EPIPE });
    });
}

#[test]
fn a_pipe_that_is_full_and_does_not_wait_keeps_lines_whole() {
    let (reader, writer) = std::io::pipe().unwrap();
    let log = of(&writer);
    let flags = rustix::fs::fcntl_getfl(&writer).unwrap();
    // the log has a description of its own, so it is found among this process's descriptors
    let mut done = 0;
    for entry in fs::read_dir("/proc/self/fd").unwrap() {
        let fd: i32 = entry.unwrap().file_name().to_str().unwrap().parse().unwrap();
        let same = fs::read_link(format!("/proc/self/fd/{fd}")).ok()
            == fs::read_link(format!("/proc/self/fd/{}", writer.as_raw_fd())).ok();
        if same && fd != writer.as_raw_fd() && fd != reader.as_raw_fd() {
            // SAFETY: a descriptor of this process that is open, of a pipe that is the test's.
            let fd = unsafe { std::os::fd::BorrowedFd::borrow_raw(fd) };
            rustix::fs::fcntl_setfl(fd, flags | rustix::fs::OFlags::NONBLOCK).unwrap();
            done += 1;
        }
    }
    assert_eq!(done, 1);
    let mut batch = log.batch();
    (0..10_000u64).for_each(|number| batch.push(0, 1, format!("line {number}").as_bytes()));
    batch.flush();
    let lost = log.lost();
    assert_eq!(lost.errno, libc::EAGAIN);
    drop(batch);
    drop((log, writer));
    let mut text = String::new();
    std::fs::File::from(OwnedFd::from(reader)).read_to_string(&mut text).unwrap();
    assert!(text.ends_with('\n'));
    assert_eq!(text.lines().count() as u64 + lost.lines, 10_000);
}

fn pending() -> i32 {
    let mut set = std::mem::MaybeUninit::<libc::sigset_t>::zeroed();
    // SAFETY: sigpending(2) fills the set.
    unsafe { libc::sigpending(set.as_mut_ptr()) };
    // SAFETY: filled, and SIGPIPE is a signal.
    unsafe { libc::sigismember(set.as_ptr(), libc::SIGPIPE) }
}
