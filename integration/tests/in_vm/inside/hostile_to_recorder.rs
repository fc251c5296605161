//! `vmtrace record`, whose instance somebody else meddles with: what came is kept, nothing is misplaced, and what is
//! missing is told, by the recorder at its end and by the report.

use super::hostile::{USUAL, mount, unmount};
use super::vmm_trace::VmmTrace;
use crate::{Test, TestResult};
use ftrace::{Instance, Tracefs};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

pub(crate) const TESTS: &[Test] = &[
    Test::new("tracefs_goes", tracefs_goes),
    Test::new("the_ring_is_shrunk", the_ring_is_shrunk),
    Test::new("tracing_is_switched_off", tracing_is_switched_off),
];

/// Unmounted while it records: what comes is kept to the end, and what stays goes with the next recording.
fn tracefs_goes() -> TestResult {
    let recording = Recording::start("goes")?;
    unmount(USUAL)?;
    let (told, path) = recording.end();
    mount()?;
    let told = told?;
    assert!(told.contains("how much the kernel lost is not known"), "{told}");
    VmmTrace::of(&report("goes")?).assert_whole();
    let next = Command::new("vmtrace").args(["record", "-o", "/tmp/next", "--", "true"]).output()?;
    let told = String::from_utf8(next.stderr)?;
    assert!(told.contains("removed a tracefs instance") && !path.exists(), "{told}");
    Ok(())
}

/// To the least, and a keeper that is stopped meanwhile: the recorder and the report count what the kernel overwrote,
/// and the report says where.
fn the_ring_is_shrunk() -> TestResult {
    let recording = Recording::start("shrunk")?;
    for _ in 0..3 {
        signal_keeper(Signal::SIGSTOP)?;
        recording.instance.set_buffer_kb(1)?;
        recording.wait_for_more()?;
        signal_keeper(Signal::SIGCONT)?;
        recording.wait_for_more()?;
    }
    let told = recording.end().0?;
    let lost: u64 = count_before(&told, " of the kernel's events were lost").ok_or_else(|| told.clone())?;
    let report = report("shrunk")?;
    let warned = count_before(&report, " kernel events were lost, where `lost` stands");
    assert!(lost > 0 && warned == Some(lost), "{lost} {warned:?}");
    // while the kernel resizes a ring it takes nothing, and counts nothing: the VMM's sink does
    let refused = count_before(&told, " events: the instance's tracing is off").unwrap_or(0);
    let (mut before, mut marked, mut missing, mut unmarked) = (None, false, 0, 0);
    for line in report.lines() {
        marked |= line.split_whitespace().any(|word| word == "lost");
        if let Some(&seq) = VmmTrace::of(line).seqs.first() {
            let expected = before.map_or(0, |before: u64| before + 1);
            assert!(seq >= expected, "{before:?}, then {line}");
            *if marked { &mut missing } else { &mut unmarked } += seq - expected;
            (before, marked) = (Some(seq), false);
        }
    }
    assert!(missing > 0 && missing < lost, "{missing} of {lost}");
    assert!(unmarked <= refused, "{unmarked} of {refused}");
    Ok(())
}

/// `1,234` before some words.
fn count_before(text: &str, words: &str) -> Option<u64> {
    let (before, _) = text.split_once(words)?;
    before.split_whitespace().last()?.replace(',', "").parse().ok()
}

/// Off, by another, before the VMM ends: the VMM tells of its events, the recorder that the kernel's are missing.
fn tracing_is_switched_off() -> TestResult {
    let recording = Recording::start("off")?;
    recording.instance.set_tracing(false)?;
    let told = recording.end().0?;
    let missing = "switched the instance's tracing off before the command ended";
    assert!(told.contains("trace sink `ftrace` lost ") && told.contains(missing), "{told}");
    let report = report("off")?;
    assert!(report.contains(missing), "{report}");
    let seqs = VmmTrace::of(&report).seqs;
    assert!(!seqs.is_empty() && seqs.iter().copied().eq(0..seqs.len() as u64), "{seqs:?}");
    Ok(())
}

/// A `vmtrace record` of the demo VMM that has begun.
struct Recording {
    recorder: Child,
    instance: Instance,
}

impl Recording {
    fn start(name: &str) -> Result<Self, Box<dyn std::error::Error>> {
        let instances = || -> Result<Vec<PathBuf>, Box<dyn std::error::Error>> {
            let entries = std::fs::read_dir(Tracefs::find()?.root().join("instances"))?;
            Ok(entries.map(|entry| Ok(entry?.path())).collect::<std::io::Result<_>>()?)
        };
        let before = instances()?;
        let mut recorder = Command::new("vmtrace")
            .args(["record", "-o", &format!("/tmp/{name}"), "--"])
            .args(["demo-vmm", "--rounds", "60", "-trace", "*"])
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()?;
        loop {
            assert!(recorder.try_wait()?.is_none(), "it ended before it began");
            // it is there before its files are; this one is written last
            let is_set_up = |path: &PathBuf| {
                std::fs::read_to_string(path.join("set_event_pid")).is_ok_and(|pids| !pids.contains("no pid"))
            };
            if let Some(path) = instances()?.iter().find(|path| !before.contains(path) && is_set_up(path)) {
                let recording = Self { recorder, instance: Instance::open(path)? };
                recording.wait_for_more()?;
                return Ok(recording);
            }
        }
    }

    /// Waits until some more events have come.
    fn wait_for_more(&self) -> Result<(), ftrace::Error> {
        let count = || {
            let stats =
                self.instance.rings()?.iter().map(ftrace::Ring::stats).collect::<Result<Vec<_>, _>>()?;
            Ok::<u64, ftrace::Error>(stats.iter().map(|ring| ring.entries + ring.overrun + ring.read).sum())
        };
        let goal = count()? + 500;
        while count()? < goal {}
        Ok(())
    }

    /// What it tells at its end, and where its instance was.
    fn end(self) -> (Result<String, Box<dyn std::error::Error>>, PathBuf) {
        let told = self.recorder.wait_with_output().map_err(Into::into).and_then(|output| {
            let told = String::from_utf8(output.stderr)?;
            if output.status.success() { Ok(told) } else { Err(format!("{}: {told}", output.status).into()) }
        });
        (told, self.instance.path().to_path_buf())
    }
}

/// Sends the one keeper that there is a signal.
fn signal_keeper(signal: Signal) -> TestResult {
    for entry in std::fs::read_dir("/proc")? {
        let folder = entry?.path();
        let is_keeper = |comm: String| comm.trim_end() == "vmtrace-keeper";
        if std::fs::read_to_string(folder.join("comm")).is_ok_and(is_keeper) {
            let pid = folder.file_name().and_then(|name| name.to_str()?.parse().ok()).ok_or("no number")?;
            return Ok(kill(Pid::from_raw(pid), signal)?);
        }
    }
    Err("there is no keeper".into())
}

fn report(name: &str) -> Result<String, Box<dyn std::error::Error>> {
    let report = Command::new("vmtrace").arg("report").arg(Path::new("/tmp").join(name)).output()?;
    assert!(report.status.success(), "{}", String::from_utf8_lossy(&report.stderr));
    Ok(String::from_utf8(report.stdout)?)
}
