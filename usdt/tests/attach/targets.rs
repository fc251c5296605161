//! Whose hits are seen.

use crate::probed::{Folder, Probed, file, own, probe};
use std::fs;
use std::io;
use std::os::unix::process::CommandExt;
use std::process::{Command, Stdio};
use std::thread;
use std::time::Duration;
use usdt::{Attachment, Error, Hit, Listener, Refused, Target, Value};

fn numbers(listener: &mut Listener) -> Vec<(u32, Value)> {
    let mut told = Vec::new();
    while let Some(Hit { pid, mut values, .. }) = listener.read() {
        told.push((pid, values.remove(0)));
    }
    told
}

pub(crate) fn one_process_or_all() {
    let (mut one, mut other) = (Probed::start(), Probed::start());
    let mut listener = Listener::new(0).unwrap();
    let told = probe("told");
    let of_one = listener.attach(&file(), &told, one.target(), &[]).unwrap();
    let of_all = Attachment::new(&file(), &told, Target::Everyone).unwrap();
    let of_us = Attachment::new(&file(), &told, own()).unwrap();
    let before = of_all.hits();
    one.ask("hit 1");
    other.ask("hit 2");
    one.ask("hit 3");
    // one that begins after the attachment
    let mut later = Probed::start();
    later.ask("hit 4");
    assert_eq!((of_one.hits(), of_us.hits()), (2, 0));
    // other tests' are among these
    assert!(of_all.hits() - before >= 4, "{of_all:?}");
    let of = |number| (one.id(), Value::Unsigned(number));
    assert_eq!(numbers(&mut listener), [of(1), of(3)]);
}

pub(crate) fn threads_there_and_made_later() {
    let mut probed = Probed::start();
    probed.ask("semaphore");
    let mut listener = Listener::new(0).unwrap();
    let attached = listener.attach(&file(), &probe("told"), probed.target(), &[]).unwrap();
    for what in ["hit 1", "thread 2", "new-thread 3", "new-thread 4", "thread 5"] {
        probed.ask(what);
    }
    assert_eq!((attached.hits(), attached.lost()), (5, 0));
    let hits: Vec<_> = std::iter::from_fn(|| listener.read()).collect();
    let numbers: Vec<_> = hits.iter().map(|hit| hit.values[0].clone()).collect();
    assert_eq!(numbers, [1, 2, 3, 4, 5].map(Value::Unsigned));
    assert!(hits.iter().all(|hit| hit.pid == probed.id()));
    let tids: Vec<_> = hits.iter().map(|hit| hit.tid).collect();
    assert_eq!(tids[0], probed.id());
    assert_eq!(tids[1], tids[4]);
    for (one, other) in [(0, 1), (1, 2), (2, 3), (0, 3)] {
        assert_ne!(tids[one], tids[other]);
    }
    assert!(hits.windows(2).all(|pair| pair[0].time < pair[1].time));
}

pub(crate) fn a_child_is_another_process() {
    let mut probed = Probed::start();
    let attached = Attachment::new(&file(), &probe("told"), probed.target()).unwrap();
    probed.ask("hit 1");
    // the child goes on in its place
    probed.ask("fork");
    probed.ask("hit 2");
    assert_eq!(probed.ask("exit"), "exits");
    probed.answer();
    probed.ask("hit 3");
    assert_eq!(attached.hits(), 2);
}

/// The kernel tells a process by its first thread, so that others that live on are not seen; that much can be asked.
pub(crate) fn what_the_first_thread_leaves() {
    let folder = Folder::new("leaves");
    let copy = folder.copy();
    let mut probed = Probed::start_of(&copy);
    let guarded = probe("guarded");
    let of_process = Attachment::new(&copy, &guarded, probed.target()).unwrap();
    probed.ask("guarded 1");
    assert!(!of_process.has_ended().unwrap());
    assert_eq!(of_process.hits(), 1);

    probed.tell("end-first");
    while !of_process.has_ended().unwrap() {
        thread::sleep(Duration::from_millis(1));
    }
    probed.ask("guarded 2");
    assert_eq!((probed.ask("semaphore").as_str(), of_process.hits()), ("Semaphore(0)", 1));
    let refused = Attachment::new(&copy, &guarded, probed.target()).unwrap_err();
    assert!(matches!(refused, Error::Attach { why: Refused::NoProcess(_), .. }), "{refused}");

    let of_all = Attachment::new(&copy, &guarded, Target::Everyone).unwrap();
    assert_eq!(probed.ask("guarded 3"), "Semaphore(1)");
    assert_eq!(of_all.hits(), 1);
    probed.kill();
    assert!(of_process.has_ended().unwrap());
    assert!(!of_all.has_ended().unwrap());
}

/// An upgrade replaces a program that runs on; what it runs is found by its process.
pub(crate) fn a_program_whose_file_is_gone() {
    let folder = Folder::new("gone");
    let copy = folder.copy();
    let mut probed = Probed::start_of(&copy);
    probed.ask("semaphore");
    fs::remove_file(&copy).unwrap();

    let mut mapped = usdt::probes_of(probed.id()).unwrap();
    let program = mapped.find(|mapped| mapped.path == copy).expect("it is mapped");
    let of_program = program.probes.as_ref().unwrap();
    let guarded = of_program.iter().find(|probe| probe.name == "guarded").expect("it has the probe");
    let mut listener = Listener::new(0).unwrap();
    let attached = listener.attach(&program.file, guarded, probed.target(), &[]).unwrap();
    assert_eq!(probed.ask("guarded 9"), "Semaphore(1)");
    assert_eq!(numbers(&mut listener), [(probed.id(), Value::Unsigned(9))]);
    drop(attached);
    assert_eq!(probed.ask("guarded 10"), "Semaphore(0)");
}

/// There a process has other numbers, and so have those that a listener tells.
pub(crate) fn in_a_pid_namespace() {
    let mut command = Command::new(file());
    command.arg("as-first").stdin(Stdio::null()).stdout(Stdio::piped());
    // SAFETY: it makes system calls alone.
    unsafe { command.pre_exec(into_a_namespace) };
    let output = match command.output() {
        Err(error) if matches!(error.raw_os_error(), Some(libc::EPERM | libc::EINVAL)) => {
            return eprintln!("SKIP in_a_pid_namespace: unshare: {error}");
        }
        output => output.unwrap(),
    };
    let output = String::from_utf8_lossy(&output.stdout);
    assert_eq!(output, "pid 1 tid 1 [Unsigned(77)]\n");
}

/// What goes on is the first process of a new namespace; who called it waits for that one's end.
fn into_a_namespace() -> io::Result<()> {
    // SAFETY: it takes a number.
    if unsafe { libc::unshare(libc::CLONE_NEWPID) } < 0 {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: this is the child of a fork itself, with one thread.
    match unsafe { libc::fork() } {
        -1 => Err(io::Error::last_os_error()),
        0 => Ok(()),
        child => {
            let mut status = 0;
            // SAFETY: the status is ours.
            unsafe { libc::waitpid(child, &raw mut status, 0) };
            // SAFETY: nothing of this process's is left to do.
            unsafe { libc::_exit(i32::from(status != 0)) }
        }
    }
}

/// Attaches to itself as the first process of a pid namespace.
pub(crate) fn as_first() {
    #[inline(never)]
    fn hit(number: u32) {
        usdt::probe!("attach", "first"; number: u32);
    }
    let mut listener = Listener::new(0).unwrap();
    // the path of /proc is that of the namespace outside, and so is what it says of this process
    let _attached = listener.attach(&file(), &probe("first"), own(), &[]).unwrap();
    hit(77);
    let Hit { pid, tid, values, .. } = listener.read().unwrap();
    println!("pid {pid} tid {tid} {values:?}");
}
