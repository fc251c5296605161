//! What the kernel has that the other tests are about, as docs/testing.md tells it.

use crate::machine::Machine;
use crate::{Test, TestResult};
use ftrace::{Instance, Tracefs};
use std::fs::{self, OpenOptions};
use std::io::Write;
use std::path::Path;

pub(crate) const TESTS: &[Test] = &[
    Test::new("has_what_the_page_says", has_what_the_page_says),
    Test::new("has_what_the_page_says_of_user_events", has_what_the_page_says).on(Machine::USER_EVENTS),
];

const PAGE: &str = include_str!("../../../../docs/testing.md");

fn has_what_the_page_says() -> TestResult {
    let release = fs::read_to_string("/proc/sys/kernel/osrelease")?;
    let mut rows = PAGE
        .lines()
        .skip_while(|line| !line.starts_with("| feature |"))
        .take_while(|line| line.starts_with('|'))
        .map(|line| line.trim_matches('|').split('|').map(str::trim).collect::<Vec<_>>());
    let kernels = rows.next().ok_or("docs/testing.md has no table of features")?;
    let is_this = |kernel: &&str| kernel.split(' ').next().is_some_and(|start| release.starts_with(start));
    let Some(column) = kernels.iter().skip(1).position(is_this) else {
        eprintln!(
            "SKIP kernel::has_what_the_page_says: docs/testing.md has no column for {}",
            release.trim()
        );
        return Ok(());
    };
    let told: Vec<(&str, &str)> = rows.skip(1).map(|row| (row[0], row[column + 1])).collect();
    let found: Vec<(&str, &str)> = features()?
        .into_iter()
        .map(|(feature, is_there)| (feature, if is_there { "yes" } else { "no" }))
        .collect();
    assert_eq!(told, found, "{release}");
    Ok(())
}

/// Each feature, tried.
fn features() -> Result<Vec<(&'static str, bool)>, Box<dyn std::error::Error>> {
    let tracefs = Tracefs::find()?;
    let root = tracefs.root();
    let instance = Instance::create(&tracefs)?;
    // the ring is left as it was found: empty
    let marks = |folder: &Path| {
        let marked = fs::write(folder.join("trace_marker"), "a mark\n").is_ok();
        let trace = fs::read_to_string(folder.join("trace")).unwrap_or_default();
        marked
            && fs::write(folder.join("trace"), "").is_ok()
            && trace.contains("tracing_mark_write: a mark\n")
    };
    // to empty the file as it is opened would remove the probes of all
    let tell = |file: &str, line: &str| {
        let file = OpenOptions::new().append(true).open(root.join(file));
        file.and_then(|mut file| file.write_all(line.as_bytes())).is_ok()
    };
    let probes = |file: &str, place: &str| {
        tell(file, &format!("p:vmtrace_kernel/probe {place}\n")) && tell(file, "-:vmtrace_kernel/probe\n")
    };
    let available = fs::read_to_string(root.join("available_tracers"))?;
    Ok(vec![
        ("marker", marks(root)),
        ("marker in an instance", marks(instance.path())),
        (
            "kvm_entry and kvm_exit",
            Path::new("/dev/kvm").exists()
                && tracefs.has_event("kvm", "kvm_entry")
                && tracefs.has_event("kvm", "kvm_exit"),
        ),
        ("uprobes", probes("uprobe_events", "/vm/host/bin/sh:0x1000")),
        ("long nops become calls", usdt::long_nops().map(|long| long.five || long.ten)?),
        ("kprobes", probes("kprobe_events", "do_exit")),
        ("function tracer", available.split_whitespace().any(|tracer| tracer == "function")),
        ("user_events", root.join("user_events_data").exists()),
        ("copy_trace_marker", instance.path().join("options/copy_trace_marker").exists()),
    ])
}
