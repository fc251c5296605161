//! The system log as a machine with systemd has it: journald, which hands lines on to rsyslog.

use crate::machine::Machine;
use crate::{Test, TestResult};
use serde_json::Value;
use std::fs;
use std::path::Path;
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

pub(crate) const TESTS: &[Test] = &[
    Test::new("is_pid_1_with_both_daemons", is_pid_1_with_both_daemons).on(Machine::SYSTEMD),
    Test::new("a_services_log_is_in_the_journal", a_services_log_is_in_the_journal).on(Machine::SYSTEMD),
    Test::new("a_daemons_line_arrives_in_both_logs", a_daemons_line_arrives_in_both_logs)
        .on(Machine::SYSTEMD),
    Test::new("the_sink_syslog_arrives_in_both_logs", the_sink_syslog_arrives_in_both_logs)
        .on(Machine::SYSTEMD),
    Test::new("the_journal_finds_arguments", the_journal_finds_arguments).on(Machine::SYSTEMD),
    Test::new("what_journald_drops_is_told", what_journald_drops_is_told).on(Machine::SYSTEMD),
];

/// What rsyslog writes, as Debian has it.
const SYSLOG: &str = "/var/log/syslog";

/// How long a line may take from one daemon to the other, on a machine that is busy.
const PATIENCE: Duration = Duration::from_secs(30);

fn is_pid_1_with_both_daemons() -> TestResult {
    assert_eq!(fs::read_to_string("/proc/1/comm")?, "systemd\n");
    let states = Command::new("systemctl").args(["is-active", "systemd-journald", "rsyslog"]).output()?;
    assert_eq!(String::from_utf8_lossy(&states.stdout), "active\nactive\n");
    let told = Command::new("vmtrace").arg("doctor").output()?;
    let told = String::from_utf8_lossy(&told.stdout);
    let syslog = told.lines().find(|line| line.contains(" syslog ")).unwrap_or_default();
    assert!(syslog.trim_start().starts_with("works "), "{told}");
    Ok(())
}

/// What a VMM that is a service writes to standard error: line by line, with the unit and the process.
fn a_services_log_is_in_the_journal() -> TestResult {
    let unit = "vmtrace-vmm";
    run(unit, "/usr/local/bin/demo-vmm --rounds 2 -trace 'kvm_run_*' -msg timestamp=off")?;
    let lines = journal(unit)?;
    let events: Vec<&Value> =
        lines.iter().filter(|line| text(line, "MESSAGE").starts_with("kvm_run_")).collect();
    assert!(events.len() >= 10, "{lines:#?}");
    let process = text(events[0], "_PID");
    for event in &events {
        let of =
            ["_TRANSPORT", "PRIORITY", "SYSLOG_IDENTIFIER", "_COMM", "_PID"].map(|field| text(event, field));
        assert_eq!(of, ["stdout", "6", "demo-vmm", "demo-vmm", process], "{event:#}");
    }
    let counts: Vec<&str> = events
        .iter()
        .filter_map(|line| text(line, "MESSAGE").split_once("seq "))
        .map(|(_, seq)| seq)
        .collect();
    assert!(counts.iter().enumerate().all(|(number, seq)| *seq == number.to_string()), "{counts:?}");
    Ok(())
}

/// Facility, priority and process of a line, by logger(1) and by syslog(3), in the journal and in rsyslog's file.
fn a_daemons_line_arrives_in_both_logs() -> TestResult {
    let process = std::process::id().to_string();
    let (by_logger, by_libc) = (format!("by logger, {process}"), format!("by libc, {process}"));
    let logger = Command::new("logger")
        .args(["-p", "daemon.info", "-t", "vmtrace", &format!("--id={process}"), &by_logger])
        .status()?;
    assert!(logger.success());
    let line = std::ffi::CString::new(by_libc.clone())?;
    // SAFETY: the identity is static.
    unsafe { libc::openlog(c"vmtrace".as_ptr(), libc::LOG_PID, libc::LOG_DAEMON) };
    // SAFETY: the format takes one string that ends in NUL, which is that.
    unsafe { libc::syslog(libc::LOG_INFO, c"%s".as_ptr(), line.as_ptr()) };
    let lines = journal_of(&["-t", "vmtrace"])?;
    for told in [&by_logger, &by_libc] {
        let line = lines.iter().find(|line| text(line, "MESSAGE") == told);
        let line = line.unwrap_or_else(|| panic!("{told}: {lines:#?}"));
        let of = ["_TRANSPORT", "SYSLOG_FACILITY", "PRIORITY", "SYSLOG_IDENTIFIER", "SYSLOG_PID"];
        assert_eq!(of.map(|field| text(line, field)), ["syslog", "3", "6", "vmtrace", &process], "{line:#}");
        let written = format!(" vmtrace[{process}]: {told}");
        until(|| {
            fs::read_to_string(SYSLOG).is_ok_and(|log| log.lines().any(|line| line.ends_with(&written)))
        });
    }
    Ok(())
}

/// What the demo VMM sends as syslog(3) would, at once and queued: all of it, in order, in the journal and in rsyslog's file.
fn the_sink_syslog_arrives_in_both_logs() -> TestResult {
    for (unit, mode) in [("vmtrace-sync", "sync"), ("vmtrace-queued", "queued")] {
        run(
            unit,
            &format!(
                "/usr/local/bin/demo-vmm --rounds 2 -trace kvm_run_exit,sink=syslog,syslog={mode},wait=on"
            ),
        )?;
        let lines = journal(unit)?;
        let events: Vec<&Value> =
            lines.iter().filter(|line| text(line, "MESSAGE").starts_with("kvm_run_exit ")).collect();
        assert!(events.len() >= 100, "{mode}: {}", events.len());
        let process = text(events[0], "_PID");
        for (number, event) in events.iter().enumerate() {
            let of = ["_TRANSPORT", "SYSLOG_FACILITY", "PRIORITY", "SYSLOG_IDENTIFIER", "SYSLOG_PID"];
            assert_eq!(
                of.map(|field| text(event, field)),
                ["syslog", "3", "6", "demo-vmm", process],
                "{event:#}"
            );
            assert!(text(event, "MESSAGE").ends_with(&format!(" seq {number}")), "{event:#}");
        }
        let last = format!(" demo-vmm[{process}]: {}", text(events[events.len() - 1], "MESSAGE"));
        until(|| fs::read_to_string(SYSLOG).is_ok_and(|log| log.lines().any(|line| line.ends_with(&last))));
        let log = fs::read_to_string(SYSLOG)?;
        let head = format!(" demo-vmm[{process}]: kvm_run_exit ");
        assert_eq!(log.lines().filter(|line| line.contains(&head)).count(), events.len(), "{mode}");
    }
    Ok(())
}

/// In the journal's own protocol: `journalctl FIELD=VALUE` selects by event and by argument, and an entry has its event's time.
fn the_journal_finds_arguments() -> TestResult {
    let unit = "vmtrace-journal";
    run(unit, "/usr/local/bin/demo-vmm --rounds 2 -trace kvm_run_exit,sink=syslog,syslog=journal,wait=on")?;
    let all = journal_of(&["-u", unit, "VMTRACE_EVENT=kvm_run_exit"])?;
    assert!(all.len() >= 100, "{}", all.len());
    let mut times = Vec::new();
    for (number, entry) in all.iter().enumerate() {
        assert_eq!(text(entry, "VMTRACE_ARG_SEQ"), number.to_string(), "{entry:#}");
        let of = ["_TRANSPORT", "SYSLOG_FACILITY", "PRIORITY", "SYSLOG_IDENTIFIER", "VMTRACE_ARG_CPU_INDEX"];
        assert_eq!(of.map(|field| text(entry, field)), ["journal", "3", "6", "demo-vmm", "0"], "{entry:#}");
        times.push(text(entry, "VMTRACE_MONOTONIC_NS").parse::<u64>()?);
        let arrived: u64 = text(entry, "__MONOTONIC_TIMESTAMP").parse()?;
        assert!(times[number] / 1000 <= arrived, "{entry:#}");
    }
    assert!(times.is_sorted());
    let one = journal_of(&["-u", unit, "VMTRACE_EVENT=kvm_run_exit", "VMTRACE_ARG_SEQ=7"])?;
    assert_eq!(one.len(), 1);
    assert!(text(&one[0], "MESSAGE").starts_with("kvm_run_exit cpu_index 0"), "{:#}", one[0]);
    Ok(())
}

/// A service that says more than it may, and what the doctor says of it.
fn what_journald_drops_is_told() -> TestResult {
    let unit = "vmtrace-loud";
    let loud = "/bin/sh -c 'for line in $(seq 50); do echo $line; done; sleep 2; echo after'";
    run_with(unit, loud, "LogRateLimitIntervalSec=1s\nLogRateLimitBurst=10\n")?;
    let kept = journal(unit)?.iter().filter(|line| text(line, "_TRANSPORT") == "stdout").count();
    assert!(kept < 50, "{kept} lines were kept");
    let told = Command::new("vmtrace").arg("doctor").output()?;
    let told = String::from_utf8_lossy(&told.stdout);
    let dropped = format!("{} of {unit}.service", 51 - kept);
    assert!(told.contains(&dropped), "{dropped}: {told}");
    Ok(())
}

/// Runs a command as a service, to its end.
fn run(unit: &str, command: &str) -> TestResult {
    run_with(unit, command, "")
}

/// The same with more lines in its unit's section `[Service]`.
fn run_with(unit: &str, command: &str, lines: &str) -> TestResult {
    let file = Path::new("/run/systemd/system").join(format!("{unit}.service"));
    let of = format!("[Unit]\nDefaultDependencies=no\n[Service]\nType=oneshot\nExecStart={command}\n{lines}");
    fs::write(file, of)?;
    // one that was written just now is read by itself; systemd-run(1) would need D-Bus to wait
    let started = Command::new("systemctl").args(["start", unit]).output()?;
    assert!(started.status.success(), "{}", String::from_utf8_lossy(&started.stderr));
    Ok(())
}

/// What the journal has of a unit.
fn journal(unit: &str) -> Result<Vec<Value>, Box<dyn std::error::Error>> {
    journal_of(&["-u", unit])
}

/// What the journal has that matches, once all is written that was sent.
fn journal_of(matching: &[&str]) -> Result<Vec<Value>, Box<dyn std::error::Error>> {
    let journalctl = |args: &[&str]| Command::new("journalctl").args(args).output();
    assert!(journalctl(&["--sync"])?.status.success());
    let lines = journalctl(&[&["--no-pager", "-o", "json"], matching].concat())?;
    let lines = String::from_utf8(lines.stdout)?;
    Ok(lines.lines().map(serde_json::from_str).collect::<Result<_, _>>()?)
}

/// A field of an entry, empty if it has none.
fn text<'a>(entry: &'a Value, field: &str) -> &'a str {
    entry[field].as_str().unwrap_or_default()
}

fn until(mut so: impl FnMut() -> bool) {
    let start = Instant::now();
    while !so() {
        assert!(start.elapsed() < PATIENCE, "it did not come to be");
        thread::sleep(Duration::from_millis(50));
    }
}
