//! The bytes, beside those of the C library's syslog(3).

use crate::TestResult;
use crate::sender::{LONG, now, open};
use std::ffi::CString;
use std::fs;
use std::io::Read;
use std::os::unix::net::{UnixDatagram, UnixListener};
use syslog_backend::{Message, Protocol, SYSLOG};

const LINES: [&str; 4] = ["kvm_run_exit cpu_index 0, reason 2", "", "é…", "  blanks: 100% [1]: "];

pub(super) fn the_bytes_are_those_of_syslog_3() -> TestResult {
    let socket = UnixDatagram::bind(SYSLOG)?;
    in_the_same_second(|line| {
        let read = || {
            let mut datagram = [0; 1000];
            socket.recv(&mut datagram).map(|len| datagram[..len].to_vec())
        };
        let syslog = open(Protocol::Rfc3164, LONG)?;
        by_glibc(line)?;
        by_us(&syslog, line);
        Ok((read()?, read()?))
    })?;
    fs::remove_file(SYSLOG)?;
    let listener = UnixListener::bind(SYSLOG)?;
    in_the_same_second(|line| {
        let syslog = open(Protocol::Rfc3164, LONG)?;
        let (mut ours, mut theirs) = (Vec::new(), Vec::new());
        by_us(&syslog, line);
        // both ends are closed when they are read
        drop(syslog);
        listener.accept()?.0.read_to_end(&mut ours)?;
        by_glibc(line)?;
        listener.accept()?.0.read_to_end(&mut theirs)?;
        Ok((theirs, ours))
    })
}

fn in_the_same_second(
    mut send: impl FnMut(&str) -> Result<(Vec<u8>, Vec<u8>), Box<dyn std::error::Error>>,
) -> TestResult {
    for line in LINES {
        let (theirs, ours) = loop {
            let second = now() / 1_000_000_000;
            let both = send(line)?;
            if now() / 1_000_000_000 == second {
                break both;
            }
        };
        assert_eq!(String::from_utf8(ours)?, String::from_utf8(theirs)?);
    }
    Ok(())
}

fn by_us(syslog: &syslog_backend::Syslog, line: &str) {
    syslog.send(&Message { realtime: now(), line: line.as_bytes(), ..Message::default() });
}

/// With the descriptor closed, and thereby opened anew for the next line.
fn by_glibc(line: &str) -> TestResult {
    let line = CString::new(line)?;
    // SAFETY: the identity is static.
    unsafe { libc::openlog(c"vmm".as_ptr(), libc::LOG_PID, libc::LOG_DAEMON) };
    // SAFETY: the format takes one string that ends in NUL, which is that.
    unsafe { libc::syslog(libc::LOG_INFO, c"%s".as_ptr(), line.as_ptr()) };
    // SAFETY: takes nothing.
    unsafe { libc::closelog() };
    Ok(())
}
