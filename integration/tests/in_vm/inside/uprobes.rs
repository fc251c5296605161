//! Probes that the kernel's breakpoints are on: what they leave of a function's locals, and what a listener is told.

use crate::machine::Machine;
use crate::{Test, TestResult};
use nix::sys::signal::{Signal, kill};
use nix::sys::wait::waitpid;
use nix::unistd::{ForkResult, fork, pause, pipe, read, write};
use std::process;
use std::thread;
use usdt::{Attachment, HitText, Listener, Probe, Target, Text, Value};

pub(crate) const TESTS: &[Test] = &[
    Test::new("leave_the_locals_alone", integration::red_zone::check),
    Test::new("leave_the_locals_alone_on_6_12", integration::red_zone::check).on(Machine::USER_EVENTS),
    Test::new("are_told", are_told),
    Test::new("are_told_on_6_12", are_told).on(Machine::USER_EVENTS),
    Test::new("are_told_when_locked_down", are_told).on(Machine::LOCKED_DOWN),
    Test::new("end_with_the_tracer", end_with_the_tracer),
    Test::new("end_with_the_tracer_on_6_12", end_with_the_tracer).on(Machine::USER_EVENTS),
];

usdt::semaphore!(static WANTED);

#[inline(never)]
fn hit(number: i16, string: &str) {
    if WANTED.is_on() {
        let copy = Text::new(Some(string.as_bytes()));
        usdt::probe!("in_vm", "wanted", if WANTED; number: i16, copy: ptr = copy.as_ptr());
    }
}

fn wanted() -> Result<Probe, Box<dyn std::error::Error>> {
    let probes = usdt::probes(&std::env::current_exe()?)?;
    Ok(probes
        .into_iter()
        .find(|probe| probe.provider == "in_vm")
        .ok_or("this program has no probe of its own")?)
}

/// In both ways of reading what may not be in memory.
fn are_told() -> TestResult {
    let (file, probe, own) = (std::env::current_exe()?, wanted()?, Target::Process(process::id()));
    for attach in [Listener::attach, Listener::attach_bringing_in] {
        let mut listener = Listener::new(0)?;
        assert!(!WANTED.is_on());
        let attached = attach(&mut listener, &file, &probe, own, &[1])?;
        assert!(WANTED.is_on());
        hit(-1, "here");
        thread::spawn(|| hit(2, "there")).join().expect("it hits");
        assert!(!attached.has_ended()?);
        drop(attached);
        assert!(!WANTED.is_on());
        let hits: Vec<_> = std::iter::from_fn(|| listener.read()).collect();
        let values = |number, string: &str| {
            vec![Value::Signed(number), Value::Text(HitText { bytes: string.into(), is_cut: false })]
        };
        let told: Vec<_> = hits.iter().map(|hit| hit.values.clone()).collect();
        assert_eq!(told, [values(-1, "here"), values(2, "there")]);
        assert!(hits.iter().all(|hit| hit.pid == process::id()));
        assert_ne!(hits[0].tid, hits[1].tid);
    }
    Ok(())
}

fn end_with_the_tracer() -> TestResult {
    let (file, probe, own) = (std::env::current_exe()?, wanted()?, Target::Process(process::id()));
    let (from, to) = pipe()?;
    // SAFETY: this program has one thread.
    let ForkResult::Parent { child } = (unsafe { fork() })? else {
        let _attached = Attachment::new(&file, &probe, own).expect("root may");
        write(to, b".").expect("the parent reads");
        loop {
            pause();
        }
    };
    drop(to);
    assert_eq!(read(&from, &mut [0])?, 1);
    assert!(WANTED.is_on());
    kill(child, Signal::SIGKILL)?;
    waitpid(child, None)?;
    assert!(!WANTED.is_on());
    hit(3, "nobody");
    Ok(())
}
