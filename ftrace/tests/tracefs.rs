//! On the real tracefs, in private instances.

use ftrace::{Error, Instance, Loss, Marker, Tracefs};
use std::fs;
use std::path::Path;
use std::process::Command;

/// tracefs, if it can be had; otherwise says what is skipped.
fn tracefs(test: &str) -> Option<Tracefs> {
    match Tracefs::find_or_mount().and_then(|(tracefs, _)| Instance::create(&tracefs).map(|_| tracefs)) {
        Ok(tracefs) => Some(tracefs),
        Err(error) => {
            eprintln!("SKIP {test}: {error}");
            None
        }
    }
}

/// The messages in an instance's ring, in order.
fn messages(instance: &Instance) -> Vec<String> {
    let text = instance.read("trace").unwrap();
    text.lines().filter_map(|line| Some(line.split_once("tracing_mark_write: ")?.1.to_owned())).collect()
}

#[test]
fn messages_arrive_in_order_and_the_host_is_left_alone() {
    let Some(tracefs) = tracefs("messages_arrive_in_order_and_the_host_is_left_alone") else { return };
    let host = || fs::read_to_string(tracefs.root().join("tracing_on")).unwrap();
    let before = host();
    let instance = Instance::create(&tracefs).unwrap();
    instance.set_clock("mono").unwrap();
    instance.set_buffer_kb(64).unwrap();
    let marker = Marker::open(instance.path()).unwrap();
    for number in 0..100 {
        marker.write(format!("event {number}").as_bytes()).unwrap();
    }
    instance.set_tracing(false).unwrap();
    assert_eq!(messages(&instance), (0..100).map(|number| format!("event {number}")).collect::<Vec<_>>());
    assert_eq!(marker.losses().total(), 0);
    assert_eq!(host(), before);
    let path = instance.path().to_path_buf();
    drop(marker);
    drop(instance);
    assert!(!path.exists());
}

#[test]
fn tracing_that_is_off_is_counted_and_errno_kept() {
    let Some(tracefs) = tracefs("tracing_that_is_off_is_counted_and_errno_kept") else { return };
    let instance = Instance::create(&tracefs).unwrap();
    let marker = Marker::open(instance.path()).unwrap();
    instance.set_tracing(false).unwrap();
    nix::errno::Errno::set_raw(77);
    assert_eq!(marker.write(b"lost"), Err(Loss::TracingOff));
    assert_eq!(nix::errno::Errno::last_raw(), 77);
    instance.set_tracing(true).unwrap();
    marker.write(b"kept").unwrap();
    let losses = marker.losses();
    assert_eq!((losses.total(), losses.of(Loss::TracingOff), losses.errno), (1, 1, libc::EBADF));
    assert_eq!(losses.reason(), Some(Loss::TracingOff));
    assert_eq!(messages(&instance), ["kept"]);
}

#[test]
fn an_instance_that_takes_no_markers_is_named_as_such() {
    let Some(tracefs) = tracefs("an_instance_that_takes_no_markers_is_named_as_such") else { return };
    let instance = Instance::create(&tracefs).unwrap();
    let marker = Marker::open(instance.path()).unwrap();
    instance.set_option("markers", false).unwrap();
    assert_eq!(marker.write(b"lost"), Err(Loss::MarkersOff));
    instance.set_option("markers", true).unwrap();
    marker.write(b"kept").unwrap();
    assert_eq!((marker.losses().total(), marker.losses().errno), (1, libc::EINVAL));
    assert_eq!(messages(&instance), ["kept"]);
}

#[test]
fn a_long_message_is_one_entry_cut_on_a_border() {
    let Some(tracefs) = tracefs("a_long_message_is_one_entry_cut_on_a_border") else { return };
    let instance = Instance::create(&tracefs).unwrap();
    let marker = Marker::open(instance.path()).unwrap();
    for (letter, shift) in [("x", 0), ("é", 0), ("é", 1), ("€", 1), ("🦀", 2)] {
        instance.write("trace", "").unwrap();
        let message = "-".repeat(shift) + &letter.repeat(9000 / letter.len());
        marker.write(message.as_bytes()).unwrap();
        marker.write(b"next").unwrap();
        let found = messages(&instance);
        assert_eq!(found.len(), 2, "{letter}");
        let kept = found[0].strip_suffix('…').expect("a mark where it was cut");
        assert!(message.starts_with(kept) && kept.len() > 900, "{letter}: {}", kept.len());
        assert!(kept.trim_start_matches('-').chars().all(|c| c.to_string() == letter));
    }
    let losses = marker.losses();
    assert_eq!((losses.total(), losses.cut), (0, 5));
}

#[test]
fn what_the_kernel_refuses_is_named() {
    let Some(tracefs) = tracefs("what_the_kernel_refuses_is_named") else { return };
    let instance = Instance::create(&tracefs).unwrap();
    assert!(
        tracefs.has_event("sched", "sched_switch") && !tracefs.has_event("sched", "../sched/sched_switch")
    );
    instance.enable("sched", "sched_switch", Some("prev_pid == 1")).unwrap();
    for (system, event, filter, expected) in [
        ("kvm", "nosuch", None, "the kernel has no event kvm:nosuch"),
        ("..", "enable", None, "the kernel has no event ..:enable"),
        (
            "sched",
            "sched_switch",
            Some("nosuch == 1"),
            "refuses the filter `nosuch == 1` of sched:sched_switch: Field not found",
        ),
        ("sched", "sched_switch", Some(" "), "refuses the filter ` ` of sched:sched_switch: it is empty"),
    ] {
        let error = instance.enable(system, event, filter).unwrap_err().to_string();
        assert!(error.contains(expected), "{error}");
    }
    assert_eq!(instance.read("events/sched/sched_switch/filter").unwrap(), "none\n");
    let error = instance.set_clock("sundial").unwrap_err().to_string();
    assert!(error.contains("trace_clock"), "{error}");
}

#[test]
fn an_instance_in_use_is_busy_and_then_goes() {
    let Some(tracefs) = tracefs("an_instance_in_use_is_busy_and_then_goes") else { return };
    let mut instance = Instance::create(&tracefs).unwrap();
    let marker = Marker::open(instance.path()).unwrap();
    assert!(matches!(instance.try_remove(), Err(Error::Busy { .. })));
    drop(marker);
    let path = instance.path().to_path_buf();
    instance.remove().unwrap();
    assert!(!path.exists());
}

#[test]
fn an_instance_that_was_handed_over_stays() {
    let Some(tracefs) = tracefs("an_instance_that_was_handed_over_stays") else { return };
    let instance = Instance::create(&tracefs).unwrap();
    drop(Instance::open(instance.path()).unwrap());
    assert!(instance.path().exists());
    assert!(matches!(Instance::open(Path::new("/tmp")), Err(Error::Foreign { .. })));
    assert!(matches!(Instance::open(Path::new("/nowhere")), Err(Error::Io { .. })));
    let absent = tracefs.root().join("instances/vmtrace-nobody-made-this");
    assert!(matches!(Instance::open(&absent), Err(Error::NoInstance { .. })));
    assert!(matches!(Marker::open(&absent), Err(Error::NoInstance { .. })));
    assert!(matches!(Instance::open(tracefs.root()), Err(Error::TopLevel { .. })));
    assert!(matches!(Instance::open(&instance.path().join("per_cpu")), Err(Error::Foreign { .. })));
    let link = std::env::temp_dir().join(format!("ftrace-link-{}", std::process::id()));
    std::os::unix::fs::symlink(instance.path(), &link).unwrap();
    assert!(matches!(Instance::open(&link), Err(Error::Foreign { .. })));
    fs::remove_file(link).unwrap();
}

#[test]
fn another_file_of_that_name_is_no_marker() {
    let folder = std::env::temp_dir().join(format!("ftrace-foreign-{}", std::process::id()));
    fs::create_dir(&folder).unwrap();
    fs::write(folder.join("trace_marker"), "precious").unwrap();
    assert!(matches!(Marker::open(&folder), Err(Error::Foreign { .. })));
    fs::remove_file(folder.join("trace_marker")).unwrap();
    // opened for writing it would wait for a reader
    nix::unistd::mkfifo(&folder.join("trace_marker"), nix::sys::stat::Mode::S_IRWXU).unwrap();
    assert!(matches!(Marker::open(&folder), Err(Error::Foreign { .. })));
    fs::remove_file(folder.join("trace_marker")).unwrap();
    std::os::unix::fs::symlink("/etc/hostname", folder.join("trace_marker")).unwrap();
    assert!(Marker::open(&folder).is_err());
    fs::remove_dir_all(folder).unwrap();
}

/// The maker is a process of its own, this test's binary, which is killed.
#[test]
fn an_instance_whose_maker_was_killed_goes_at_the_next_start() {
    const ROLE: &str = "VMTRACE_TEST_MAKER";
    let name = "an_instance_whose_maker_was_killed_goes_at_the_next_start";
    let Some(tracefs) = tracefs(name) else { return };
    if std::env::var_os(ROLE).is_some() {
        println!("made {}", Instance::create(&tracefs).unwrap().disown().display());
        loop {
            std::thread::park();
        }
    }
    let mut maker = Command::new(std::env::current_exe().unwrap());
    maker.args(["--exact", name, "--nocapture"]).env(ROLE, "1").stdout(std::process::Stdio::piped());
    let mut maker = maker.spawn().unwrap();
    let mut told = std::io::BufRead::lines(std::io::BufReader::new(maker.stdout.take().unwrap()));
    let path = told.find_map(|line| Some(line.unwrap().split_once("made ")?.1.to_owned())).unwrap();
    let path = Path::new(&path);
    let ours = Instance::create(&tracefs).unwrap();
    Instance::remove_stale(&tracefs).unwrap();
    assert!(path.exists(), "its maker lives");
    maker.kill().unwrap();
    maker.wait().unwrap();
    Instance::remove_stale(&tracefs).unwrap();
    assert!(!path.exists() && ours.path().exists());
}

#[test]
fn a_missing_right_is_told_with_what_would_give_it() {
    const ROLE: &str = "VMTRACE_TEST_UNPRIVILEGED";
    let name = "a_missing_right_is_told_with_what_would_give_it";
    if std::env::var_os(ROLE).is_some() {
        nix::unistd::setgid(65534.into()).unwrap();
        nix::unistd::setuid(65534.into()).unwrap();
        let error = Marker::open(Path::new("/sys/kernel/tracing")).unwrap_err();
        assert!(matches!(error, Error::Rights { .. }));
        println!("told: {error}");
        return;
    }
    if tracefs(name).is_none() {
        return;
    }
    let mut child = Command::new(std::env::current_exe().unwrap());
    let output = child.args(["--exact", name, "--nocapture"]).env(ROLE, "1").output().unwrap();
    let told = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{told}");
    let expected = "told: open /sys/kernel/tracing/trace_marker: Permission denied (os error 13): run as root \
                    (CAP_DAC_OVERRIDE), or give your group the right: \
                    `sudo mount -o remount,gid=65534,mode=750 /sys/kernel/tracing`\n";
    assert!(told.contains(expected), "{told}");
}

#[test]
fn pages_and_counts_of_a_ring() {
    let Some(tracefs) = tracefs("pages_and_counts_of_a_ring") else { return };
    let instance = Instance::create(&tracefs).unwrap();
    instance.set_event_pids(&[std::process::id()]).unwrap();
    instance.set_option("event-fork", true).unwrap();
    instance.set_buffer_percent(10).unwrap();
    let marker = Marker::open(instance.path()).unwrap();
    (0..50).for_each(|_| marker.write(&[b'x'; 200]).unwrap());
    let rings = instance.rings().unwrap();
    assert_eq!(rings[0].cpu(), 0);
    let entries: u64 = rings.iter().map(|ring| ring.stats().unwrap().entries).sum();
    assert_eq!(entries, 50);
    let mut bytes = 0;
    for ring in &rings {
        let mut pages = ring.open_pages().unwrap();
        let mut page = vec![0; 65536];
        while let Ok(read @ 1..) = std::io::Read::read(&mut pages, &mut page) {
            bytes += read;
        }
    }
    assert!(bytes >= 50 * 200, "{bytes}");
    assert_eq!(rings.iter().map(|ring| ring.stats().unwrap().read).sum::<u64>(), 50);
}

#[test]
fn a_forked_child_leaves_its_parents_instance() {
    let Some(tracefs) = tracefs("a_forked_child_leaves_its_parents_instance") else { return };
    let instance = Instance::create(&tracefs).unwrap();
    // SAFETY: the child only frees memory and makes system calls, then ends without exit handlers.
    match unsafe { nix::unistd::fork() }.unwrap() {
        nix::unistd::ForkResult::Child => {
            drop(instance);
            // SAFETY: ends this child.
            unsafe { libc::_exit(0) }
        }
        nix::unistd::ForkResult::Parent { child } => {
            nix::sys::wait::waitpid(child, None).unwrap();
            assert!(instance.path().exists());
        }
    }
}
