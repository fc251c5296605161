//! The semaphore of a process that is attached to.

use crate::probed::{Probed, file, own, probe};
use usdt::{Attachment, Error, Probe, Refused, Target};

pub(crate) fn up_and_down() {
    let (mut probed, mut other) = (Probed::start(), Probed::start());
    let guarded = probe("guarded");
    assert_eq!(probed.ask("semaphore"), "Semaphore(0)");
    let first = Attachment::new(&file(), &guarded, probed.target()).unwrap();
    assert_eq!(probed.ask("guarded 1"), "Semaphore(1)");
    assert_eq!(other.ask("guarded 1"), "Semaphore(0)");
    let second = Attachment::new(&file(), &guarded, probed.target()).unwrap();
    // the kernel has one breakpoint for both, and counts that
    assert_eq!(probed.ask("guarded 2"), "Semaphore(1)");
    assert_eq!((first.hits(), second.hits()), (2, 1));
    drop(first);
    assert_eq!(probed.ask("guarded 3"), "Semaphore(1)");
    assert_eq!(second.hits(), 2);
    drop(second);
    assert_eq!(probed.ask("guarded 4"), "Semaphore(0)");
}

pub(crate) fn down_when_the_tracer_is_killed() {
    let mut probed = Probed::start();
    probed.ask("semaphore");
    let tracer = Probed::tracer(probed.id());
    assert_eq!(probed.ask("guarded 1"), "Semaphore(1)");
    tracer.kill();
    assert_eq!(probed.ask("guarded 2"), "Semaphore(0)");
}

/// A child has its parent's breakpoints and semaphores; both go with the attachment.
pub(crate) fn down_in_a_child() {
    let mut probed = Probed::start();
    probed.ask("semaphore");
    let attached = Attachment::new(&file(), &probe("guarded"), probed.target()).unwrap();
    assert_eq!(probed.ask("fork"), "Semaphore(1)");
    drop(attached);
    assert_eq!(probed.ask("guarded 1"), "Semaphore(0)");
    assert_eq!(probed.ask("exit"), "exits");
    assert_eq!(probed.answer(), "Semaphore(0)");
}

pub(crate) fn up_in_processes_that_begin_later() {
    let attached = Attachment::new(&file(), &probe("guarded"), Target::Everyone).unwrap();
    let before = attached.hits();
    let mut later = Probed::start();
    assert_eq!(later.ask("guarded 1"), "Semaphore(1)");
    // other tests' are among these
    assert!(attached.hits() > before);
}

/// A kernel has one breakpoint at a place, with one semaphore or none.
pub(crate) fn two_tracers_of_two_minds() {
    usdt::semaphore!(static MIND);
    let hit = || usdt::probe!("attach", "mind", if MIND);
    let with = probe("mind");
    let without = Probe { semaphore: None, ..with.clone() };

    let attached = Attachment::new(&file(), &with, own()).unwrap();
    let refused = Attachment::new(&file(), &without, own()).unwrap_err();
    assert!(matches!(&refused, Error::Attach { why: Refused::Place { .. }, .. }), "{refused}");
    assert!(refused.to_string().contains("another tracer"), "{refused}");
    hit();
    assert_eq!(attached.hits(), 1);
    drop(attached);
    // its breakpoint is there, and nobody comes by
    let attached = Attachment::new(&file(), &without, own()).unwrap();
    hit();
    assert_eq!(attached.hits(), 0);
}
