//! The semaphore of a process that is attached to.
//!
//! Each test has a file of its own: the kernel has one breakpoint for all tracers of a place, so that another test's end of one may
//! take that of a forked child away.

use crate::probed::{Folder, Probed, probe};
use usdt::{Attachment, Error, Probe, Refused, Target};

pub(crate) fn up_and_down() {
    let folder = Folder::new("up-and-down");
    let copy = folder.copy();
    let (mut probed, mut other) = (Probed::start_of(&copy), Probed::start_of(&copy));
    let guarded = probe("guarded");
    assert_eq!(probed.ask("semaphore"), "Semaphore(0)");
    let first = Attachment::new(&copy, &guarded, probed.target()).unwrap();
    assert_eq!(probed.ask("guarded 1"), "Semaphore(1)");
    assert_eq!(other.ask("guarded 1"), "Semaphore(0)");
    let second = Attachment::new(&copy, &guarded, probed.target()).unwrap();
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
    let folder = Folder::new("killed");
    let copy = folder.copy();
    let mut probed = Probed::start_of(&copy);
    probed.ask("semaphore");
    let tracer = Probed::tracer(&copy, probed.id());
    assert_eq!(probed.ask("guarded 1"), "Semaphore(1)");
    tracer.kill();
    assert_eq!(probed.ask("guarded 2"), "Semaphore(0)");
}

/// A child has its parent's breakpoints and semaphores; both go with the attachment.
pub(crate) fn down_in_a_child() {
    let folder = Folder::new("child");
    let copy = folder.copy();
    let mut probed = Probed::start_of(&copy);
    probed.ask("semaphore");
    let attached = Attachment::new(&copy, &probe("guarded"), probed.target()).unwrap();
    assert_eq!(probed.ask("fork"), "Semaphore(1)");
    drop(attached);
    assert_eq!(probed.ask("guarded 1"), "Semaphore(0)");
    assert_eq!(probed.ask("exit"), "exits");
    assert_eq!(probed.answer(), "Semaphore(0)");
}

pub(crate) fn up_in_processes_that_begin_later() {
    let folder = Folder::new("later");
    let copy = folder.copy();
    let attached = Attachment::new(&copy, &probe("guarded"), Target::Everyone).unwrap();
    let mut later = Probed::start_of(&copy);
    assert_eq!(later.ask("guarded 1"), "Semaphore(1)");
    assert_eq!(attached.hits(), 1);
}

/// A kernel has one breakpoint at a place, with one semaphore or none.
pub(crate) fn two_tracers_of_two_minds() {
    let folder = Folder::new("minds");
    let copy = folder.copy();
    let mut probed = Probed::start_of(&copy);
    let with = probe("guarded");
    let without = Probe { semaphore: None, ..with.clone() };

    let attached = Attachment::new(&copy, &with, probed.target()).unwrap();
    let refused = Attachment::new(&copy, &without, probed.target()).unwrap_err();
    assert!(matches!(&refused, Error::Attach { why: Refused::Place { .. }, .. }), "{refused}");
    assert!(refused.to_string().contains("another tracer"), "{refused}");
    probed.ask("guarded 1");
    assert_eq!(attached.hits(), 1);
    drop(attached);
    // its breakpoint is there, and nobody comes by
    let attached = Attachment::new(&copy, &without, probed.target()).unwrap();
    probed.ask("guarded 2");
    assert_eq!(attached.hits(), 0);
}
