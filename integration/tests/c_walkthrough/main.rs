//! The walkthrough in C: `integration/c-demo` declared, made and switched as a user does it, with our backend and with QEMU's; each
//! sink; and a program that emits events where nobody expects them, with sanitizers as well.

mod demo;
mod hostile;
#[allow(dead_code)] // what the tests of Rust's walkthrough need besides
#[path = "../walkthrough/page.rs"]
mod page;
#[allow(dead_code)] // what the tests of sinks need besides
#[path = "../sinks/private.rs"]
mod private;

use demo::Demo;
use ftrace::{Instance, Tracefs};
use integration::{installed, qemu_qmp, succeeds, wait_for};
use private::{dev_log, with_mounts};
use std::fs;
use std::os::unix::fs::symlink;
use std::os::unix::net::UnixDatagram;
use std::process::Command;

const STATES: [&str; 3] = ["setup", "active", "completed"];
const PAGE: &str = include_str!("../../../docs/c.md");
const TMP: &str = env!("CARGO_TARGET_TMPDIR");

/// Whether it is what the event prints.
fn is_text(text: &str) -> bool {
    text.strip_prefix("migrate_set_state_user new state ").is_some_and(|state| STATES.contains(&state))
}

#[test]
fn from_a_declaration_to_a_line_in_the_log() {
    const NAME: &str = "from_a_declaration_to_a_line_in_the_log";
    // a sanitizer that finds something ends the program
    let sanitizers: &[&str] = if hostile::has_sanitizers(NAME) { &hostile::SANITIZERS } else { &[] };
    for (backends, flags) in
        [("vmtrace", &[][..]), ("log", &[]), ("vmtrace", sanitizers), ("log", sanitizers)]
    {
        let mut demo = Demo::make_with(backends, flags);
        let id = demo.run(&[], None);
        let log = demo.folder().join("test.log");
        let Some(shell) = qemu_qmp(NAME, TMP) else { return };
        let page = page::session(PAGE, "qmp-shell qmp.sock");
        page.is_told_by_qemus_shell(&demo.types(shell, &[], &page.typed));
        let Some(shell) = qemu_qmp(NAME, TMP) else { return };
        let page = page::session(PAGE, "qmp-shell -H qmp.sock");
        let typed = page.typed.replace("/tmp/test.log", log.to_str().unwrap());
        page.is_told_by_qemus_shell(&demo.types(shell, &["-H"], &typed));
        let line = wait_for("a line in test.log", || {
            Some(fs::read_to_string(&log).ok()?.split_once('\n')?.0.to_owned())
        });
        // 15868@1602750016.645000:migrate_set_state_user new state setup
        let (stamp, text) = line.split_once(':').unwrap();
        let (thread, time) = stamp.split_once('@').unwrap();
        let (seconds, microseconds) = time.split_once('.').unwrap();
        assert_eq!(thread.parse(), Ok(id), "{backends}: {line}");
        assert!(seconds.parse::<u64>().unwrap() > 1_600_000_000 && microseconds.len() == 6, "{line}");
        assert!(microseconds.parse::<u32>().is_ok() && is_text(text), "{backends}: {line}");
        let Some(shell) = qemu_qmp(NAME, TMP) else { return };
        let told = demo.types(shell, &["-H"], "info trace-events migrate*\n");
        assert!(told.contains("migrate_set_state_user : state 1"), "{backends}: {told}");
        assert!(demo.lives(), "{backends}: it has ended");
    }
}

#[test]
fn the_binary_trace_is_read_again() {
    const NAME: &str = "the_binary_trace_is_read_again";
    for backends in ["vmtrace", "simple"] {
        let mut demo = Demo::make(backends);
        demo.run(&["-trace", "migrate_*,sink=simple,file=first"], None);
        let second = demo.folder().join("second");
        let Some(shell) = qemu_qmp(NAME, TMP) else { return };
        demo.types(shell, &["-H"], &format!("trace-file set {}\n", second.display()));
        for file in ["first", "second"] {
            let lines = wait_for("a record", || {
                let mut reader = Command::new(installed().join("bin/vmtrace"));
                reader.args(["simpletrace", "trace-events", file]).current_dir(demo.folder());
                let told = succeeds(&mut reader, b"");
                (file == "first" || told.contains("migrate_set_state_user")).then_some(told)
            });
            for line in lines.lines() {
                let (_, state) =
                    line.split_once("migrate_set_state_user ").unwrap_or_else(|| panic!("{line}"));
                assert!(STATES.iter().any(|name| state.contains(name)), "{backends}: {line}");
            }
        }
        assert!(demo.lives(), "{backends}: it has ended");
    }
}

#[test]
fn the_kernels_ring_has_the_events() {
    const NAME: &str = "the_kernels_ring_has_the_events";
    for backends in ["vmtrace", "ftrace"] {
        let instance = match Tracefs::find_or_mount().and_then(|(tracefs, _)| Instance::create(&tracefs)) {
            Ok(instance) => instance,
            Err(error) => return eprintln!("SKIP {NAME}: {error}"),
        };
        let mut demo = Demo::make(backends);
        demo.run(&["-trace", "migrate_*"], Some(instance.path()));
        let trace = wait_for("an entry", || {
            let trace = instance.read("trace").unwrap();
            trace.lines().any(|line| line.contains("tracing_mark_write: ")).then_some(trace)
        });
        assert!(demo.lives(), "{backends}: it has ended");
        drop(demo);
        instance.remove().unwrap();
        for line in trace.lines().filter(|line| !line.starts_with('#')) {
            let (_, text) = line.split_once("tracing_mark_write: ").unwrap_or_else(|| panic!("{line}"));
            assert!(is_text(text), "{backends}: {line}");
        }
    }
}

#[test]
fn the_systems_log_has_the_events() {
    with_mounts("the_systems_log_has_the_events", || {
        let place = std::env::temp_dir().join(format!("vmtrace-c-walkthrough-{}.log", std::process::id()));
        for (number, backends) in ["vmtrace", "syslog"].into_iter().enumerate() {
            let mut demo = Demo::make(backends);
            let socket = demo.folder().join("log.sock");
            let daemon = UnixDatagram::bind(&socket).unwrap();
            daemon.set_read_timeout(Some(integration::PATIENCE)).unwrap();
            _ = fs::remove_file(&place);
            symlink(&socket, &place).unwrap();
            if number == 0 {
                dev_log(demo.folder(), &place);
            }
            let id = demo.run(&["-trace", "migrate_*,sink=syslog"], None);
            let mut room = [0; 1000];
            let len = daemon.recv(&mut room).unwrap();
            let line = String::from_utf8_lossy(&room[..len]);
            let (head, text) = line.split_once(&format!(" demo[{id}]: ")).unwrap_or_else(|| panic!("{line}"));
            assert!(head.starts_with("<30>") && is_text(text), "{backends}: {line}");
            assert!(demo.lives(), "{backends}: it has ended");
            fs::remove_file(&place).unwrap();
        }
    });
}
