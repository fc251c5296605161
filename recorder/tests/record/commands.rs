//! Commands that fail, that cannot be run, and that are not run.

use crate::recorder::Scratch;
use recorder::{Error, Plan};
use recording::{End, Exit};
use std::fs;
use std::os::unix::fs::PermissionsExt as _;

pub(crate) fn a_status_is_passed_on() {
    for (script, status, exit) in [
        ("exit 0", 0, Exit::Status(0)),
        ("exit 3", 3, Exit::Status(3)),
        ("kill -9 $$", 137, Exit::Signal(9)),
        ("kill -TERM $$", 143, Exit::Signal(15)),
    ] {
        let scratch = Scratch::new();
        let ended = scratch.record(&[], &["sh", "-c", script]);
        assert_eq!(ended.status, Some(status), "{script}: {ended:?}");
        assert!(matches!(scratch.load().end, Some(End { exit: told, .. }) if told == exit), "{script}");
        assert!(!ended.instance.exists());
    }
}

pub(crate) fn what_cannot_be_run_leaves_nothing() {
    let scratch = Scratch::new();
    let file = |name: &str, text: &str, mode| {
        let path = scratch.path().join(name);
        fs::write(&path, text).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let folder = scratch.path().to_str().unwrap().to_owned();
    let plain = file("plain", "#!/bin/sh\n", 0o644);
    // This one is found and executable, and only the kernel finds out.
    let orphan = file("orphan", "#!/nonexistent/interpreter\n", 0o755);
    for (program, status, told) in [
        ("no-such-command-anywhere", 127, "no-such-command-anywhere: command not found"),
        ("./missing", 127, "./missing: command not found"),
        (&*plain, 126, "plain: cannot be executed: Permission denied"),
        (&*folder, 126, "cannot be executed: is a directory"),
        (&*orphan, 127, "orphan: command not found"),
    ] {
        let ended = scratch.record(&[], &[program]);
        assert_eq!(ended.status, Some(status), "{program}: {ended:?}");
        assert!(ended.told.contains(told), "{program}: {ended:?}");
        assert!(!scratch.dir().exists(), "{program}");
        assert!(ended.instance.as_os_str().is_empty() || !ended.instance.exists(), "{program}");
    }

    // An earlier recording is not touched for a command that is not there.
    scratch.record(&[], &["true"]);
    let before = scratch.load();
    assert_eq!(scratch.record(&[], &["no-such-command-anywhere"]).status, Some(127));
    assert_eq!(scratch.load(), before);
    // Nor is a folder that holds something else.
    fs::write(scratch.dir().join("../thesis.tex"), "years").unwrap();
    fs::remove_dir_all(scratch.dir()).unwrap();
    fs::create_dir(scratch.dir()).unwrap();
    fs::write(scratch.dir().join("thesis.tex"), "years").unwrap();
    let ended = scratch.record(&[], &["true"]);
    assert!(ended.status == Some(1) && ended.told.contains("holds no recording"), "{ended:?}");
    assert_eq!(fs::read_dir(scratch.dir()).unwrap().count(), 1);
}

pub(crate) fn an_event_that_cannot_be_had() {
    for (event, told) in [
        ("kvm:no_such_event", "kvm:no_such_event"),
        ("nonsense:kvm_pio", "nonsense:kvm_pio"),
        ("sched:sched_switch/no_such_field == 1", "no_such_field"),
    ] {
        let scratch = Scratch::new();
        let ended = scratch.record(&["-e", event], &["true"]);
        assert_eq!(ended.status, Some(1), "{event}: {ended:?}");
        assert!(ended.told.contains(told), "{event}: {ended:?}");
        assert!(!scratch.dir().exists(), "{event}");
    }
}

pub(crate) fn a_recording_that_is_not_run() {
    let scratch = Scratch::new();
    let ended = scratch.record(&["--drop"], &["true"]);
    assert_eq!(ended.status, Some(0), "{ended:?}");
    crate::recorder::eventually("it leaves nothing", || !ended.instance.exists() && !scratch.dir().exists());
}

pub(crate) fn a_process_with_threads_is_refused() {
    let scratch = Scratch::new();
    let plan = Plan::new(scratch.dir(), ["true"]);
    // This test's thread may be the only one.
    let refused = std::thread::spawn(move || plan.prepare().map(drop)).join().unwrap();
    assert!(matches!(refused, Err(Error::Threads { count: 2.. })), "{refused:?}");
    assert!(!scratch.dir().exists());
}
