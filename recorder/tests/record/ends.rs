//! How recordings end that do not end by themselves.

use crate::recorder::{Recorder, Scratch, eventually};
use nix::sys::signal::{Signal, kill};
use recording::{End, Exit};
use std::fs;
use std::io::Write as _;
use std::os::fd::AsRawFd as _;
use std::os::unix::process::CommandExt as _;
use std::process::Stdio;

/// Counts the signals that it gets and ends with the second.
const COUNTS: &str = "n=0; trap 'n=$((n+1)); echo got $n' INT TERM; echo ready
                      while [ $n -lt 2 ]; do sleep 0.05; done; sleep 0.3; exit 40";

pub(crate) fn signals_are_passed_on() {
    for signal in [Signal::SIGINT, Signal::SIGTERM] {
        let scratch = Scratch::new();
        let mut recorder = scratch.start(&[], &["sh", "-c", COUNTS]);
        assert_eq!(recorder.line(), "ready\n");
        for count in ["got 1\n", "got 2\n"] {
            recorder.send(signal);
            assert_eq!(recorder.line(), count);
        }
        let ended = recorder.wait();
        assert_eq!(ended.status, Some(40), "{ended:?}");
        assert!(!ended.instance.exists());
        assert!(matches!(scratch.load().end, Some(End { exit: Exit::Status(40), .. })));
    }
}

pub(crate) fn ctrl_c_goes_to_the_command_once() {
    let scratch = Scratch::new();
    let pty = nix::pty::openpty(None, None).unwrap();
    let mut terminal = fs::File::from(pty.master);
    let mut command = scratch.command(&[], &["sh", "-c", COUNTS]);
    let slave = pty.slave.try_clone().unwrap();
    command.stdin(Stdio::from(pty.slave)).stdout(Stdio::piped()).stderr(Stdio::piped());
    let become_foreground = move || {
        nix::unistd::setsid()?;
        // SAFETY: takes an open terminal; the argument is a plain number.
        match unsafe { libc::ioctl(slave.as_raw_fd(), libc::TIOCSCTTY, 0) } {
            0 => Ok(()),
            _ => Err(std::io::Error::last_os_error()),
        }
    };
    // SAFETY: makes two system calls and allocates nothing.
    unsafe { command.pre_exec(become_foreground) };
    let mut recorder = Recorder::attach(command.spawn().unwrap());
    assert_eq!(recorder.line(), "ready\n");
    for count in ["got 1\n", "got 2\n"] {
        terminal.write_all(b"\x03").unwrap();
        assert_eq!(recorder.line(), count);
    }
    let ended = recorder.wait();
    assert_eq!((ended.status, &*ended.out), (Some(40), ""), "{ended:?}");
    assert!(!ended.instance.exists());
}

pub(crate) fn a_killed_recorder_leaves_a_recording() {
    let scratch = Scratch::new();
    let script = "echo before > $VMTRACE_INSTANCE/trace_marker; echo ready; exec sleep 2 > /dev/null 2>&1";
    let mut recorder = scratch.start(&[], &["sh", "-c", script]);
    assert_eq!(recorder.line(), "ready\n");
    recorder.send(Signal::SIGKILL);
    let ended = recorder.wait();
    eventually("the instance goes", || !ended.instance.exists());
    let end = scratch.load().end;
    assert!(matches!(end, Some(End { exit: Exit::Running, kernel_bytes: 1.. })), "{end:?}");
    assert!(scratch.has("before"));
}

pub(crate) fn a_killed_recorder_whose_command_holds_the_marker() {
    let scratch = Scratch::new();
    let script = "exec 3> $VMTRACE_INSTANCE/trace_marker; echo before >&3; echo ready
                  exec > /dev/null 2>&1; sleep 2; echo after >&3; touch done";
    let mut recorder = scratch.start(&[], &["sh", "-c", script]);
    assert_eq!(recorder.line(), "ready\n");
    recorder.send(Signal::SIGKILL);
    let ended = recorder.wait();
    eventually("the recording is finished", || scratch.load().end.is_some());
    assert!(scratch.has("before") && !scratch.has("after"));
    eventually("the instance goes", || !ended.instance.exists());
    eventually("the command goes on to its end", || scratch.path().join("done").exists());
}

pub(crate) fn a_killed_keeper_is_cleared_away() {
    let scratch = Scratch::new();
    let script = "echo ready; while [ ! -e go ]; do sleep 0.05; done; exit 5";
    let mut recorder = scratch.start(&[], &["sh", "-c", script]);
    assert_eq!(recorder.line(), "ready\n");
    kill(recorder.keeper(), Signal::SIGKILL).unwrap();
    fs::write(scratch.path().join("go"), "").unwrap();
    let ended = recorder.wait();
    assert_eq!(ended.status, Some(5), "the command is none the worse: {ended:?}");
    assert!(ended.told.contains("not whole"), "{ended:?}");
    assert_eq!(scratch.load().end, None);

    let next = Scratch::new();
    assert_eq!(next.record(&[], &["true"]).status, Some(0));
    eventually("its instance goes", || !ended.instance.exists());
}

pub(crate) fn a_command_that_leaves_a_process_behind() {
    let scratch = Scratch::new();
    let script = "exec 3> $VMTRACE_INSTANCE/trace_marker; echo kept >&3
                  (exec > /dev/null 2>&1; sleep 2) & exit 6";
    let ended = scratch.record(&[], &["sh", "-c", script]);
    assert_eq!(ended.status, Some(6), "{ended:?}");
    assert!(ended.told.contains("still held"), "{ended:?}");
    assert!(scratch.has("kept"));
    eventually("the instance goes", || !ended.instance.exists());
}
