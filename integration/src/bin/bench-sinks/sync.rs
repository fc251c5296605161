//! Sinks that take an event at once: one system call, and what comes on top.

use crate::private_dev;
use crate::{Result, events};
use integration::bench;
use integration::measuring::{Case, compare, each, measure, write};
use std::ffi::CString;
use std::fs::{self, File, OpenOptions};
use std::os::fd::AsRawFd;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::net::UnixDatagram;
use vmtrace::Setup;

pub(crate) fn log() -> Result<()> {
    let path = std::env::temp_dir().join(format!("vmtrace-bench-sinks-{}", std::process::id()));
    let (log, bare, c) = (path.with_extension("log"), path.with_extension("bare"), path.with_extension("c"));
    let tracing = Setup::new().group(&bench::GROUP).log_file(&log).init()?;
    tracing.enable_to("bench_*", &["log"])?;
    let open = |path| OpenOptions::new().append(true).create(true).open(path);
    let files: [File; 3] = [open(&log)?, open(&bare)?, open(&c)?];
    let empty = || files.iter().for_each(|file| file.set_len(0).expect("a file of ours is emptied"));
    let two = b"12345@1795380463.967268:bench_two cpu_index 3 addr 0xfee000b0\n";
    let four = b"12345@1795380463.967268:bench_four sector 0x123456 count 8 write 1 virtio-disk0\n";
    let stream = Stream::open(&c)?;
    let figures = measure(
        20_000,
        &empty,
        &mut [
            ("log, 2 arguments", &mut |calls| each(calls, |_| events::two())),
            ("bare `write` of a line as long", &mut |calls| each(calls, |_| write(&files[1], two))),
            ("`fprintf` and `fflush`", &mut |calls| each(calls, |_| stream.two())),
            ("log, 4 arguments", &mut |calls| each(calls, |_| events::four())),
            ("bare `write` of a line as long", &mut |calls| each(calls, |_| write(&files[1], four))),
            ("`fprintf` and `fflush`", &mut |calls| each(calls, |_| stream.four())),
        ],
    );
    for ours in [0, 3] {
        compare(&figures[ours], &figures[ours + 1]);
        compare(&figures[ours], &figures[ours + 2]);
    }
    [log, bare, c].iter().try_for_each(fs::remove_file)?;
    Ok(())
}

/// C's own stream: a line as QEMU's log prints it.
struct Stream(*mut libc::FILE);

impl Stream {
    fn open(path: &std::path::Path) -> Result<Self> {
        let path = CString::new(path.as_os_str().as_bytes())?;
        // SAFETY: both strings end in NUL.
        let stream = unsafe { libc::fopen(path.as_ptr(), c"a".as_ptr()) };
        if stream.is_null() { Err(std::io::Error::last_os_error().into()) } else { Ok(Self(stream)) }
    }

    fn two(&self) {
        let now = now();
        let format = c"%d@%zu.%06zu:bench_two cpu_index %d addr 0x%lx\n";
        // SAFETY: the stream is open, and the arguments are what the format asks for.
        unsafe {
            libc::fprintf(self.0, format.as_ptr(), 12345, now.tv_sec, now.tv_usec, 3, 0xfee0_00b0_u64);
        }
        self.flush();
    }

    fn four(&self) {
        let now = now();
        let format = c"%d@%zu.%06zu:bench_four sector 0x%lx count %u write %d %s\n";
        let name = c"virtio-disk0";
        // SAFETY: the stream is open, and the arguments are what the format asks for.
        unsafe {
            let (stream, format) = (self.0, format.as_ptr());
            libc::fprintf(
                stream,
                format,
                12345,
                now.tv_sec,
                now.tv_usec,
                0x0012_3456_u64,
                8,
                1,
                name.as_ptr(),
            );
        }
        self.flush();
    }

    fn flush(&self) {
        // SAFETY: the stream is open.
        unsafe { libc::fflush(self.0) };
    }
}

fn now() -> libc::timeval {
    let mut now = libc::timeval { tv_sec: 0, tv_usec: 0 };
    // SAFETY: gettimeofday(2) writes a timeval, to ours.
    unsafe { libc::gettimeofday(&raw mut now, std::ptr::null_mut()) };
    now
}

/// Fewer lines than the sender's socket has memory for, which are read in between: the sender's cost alone, since nobody is
/// woken.
const LINES: u32 = 100;

pub(crate) fn syslog() -> Result<()> {
    let Ok(receiver) = private_dev::listen() else {
        println!("| syslog | not measured: it takes root | | | |");
        return Ok(());
    };
    receiver.set_nonblocking(true)?;
    let tracing = Setup::new().group(&bench::GROUP).option("bench_*,sink=syslog,syslog=sync")?.init()?;
    let bare = UnixDatagram::unbound()?;
    bare.connect("/dev/log")?;
    let pid = std::process::id();
    let datagram = format!("<30>Nov 22 17:30:00 bench-sinks[{pid}]: bench_two cpu_index 3 addr 0xfee000b0");
    // SAFETY: the identity is static.
    unsafe { libc::openlog(c"bench-sinks".as_ptr(), libc::LOG_PID | libc::LOG_NDELAY, libc::LOG_DAEMON) };
    let empty = || while receiver.recv(&mut [0; 9000]).is_ok() {};
    let mut cases: [Case<'_>; 3] = [
        ("syslog, 2 arguments", &mut |calls| each(calls, |_| events::two())),
        ("bare `sendto` of the same bytes", &mut |calls| each(calls, |_| send(&bare, datagram.as_bytes()))),
        ("`libc::syslog`", &mut |calls| each(calls, |_| libc_syslog())),
    ];
    let figures = measure(LINES, &empty, &mut cases);
    compare(&figures[0], &figures[1]);
    compare(&figures[0], &figures[2]);
    let lost = tracing.sinks().into_iter().find(|sink| sink.name == "syslog").map(|sink| sink.losses.records);
    assert_eq!(lost, Some(0));
    Ok(())
}

fn send(socket: &UnixDatagram, bytes: &[u8]) {
    let (to, len) = (socket.as_raw_fd(), bytes.len());
    // SAFETY: sendto(2) reads `len` bytes of `bytes`; the descriptor is open.
    let sent =
        unsafe { libc::sendto(to, bytes.as_ptr().cast(), len, libc::MSG_NOSIGNAL, std::ptr::null(), 0) };
    assert_eq!(sent, len.cast_signed());
}

fn libc_syslog() {
    let format = c"bench_two cpu_index %d addr 0x%lx";
    // SAFETY: the arguments are what the format asks for.
    unsafe { libc::syslog(libc::LOG_INFO, format.as_ptr(), 3, 0xfee0_00b0_u64) };
}
