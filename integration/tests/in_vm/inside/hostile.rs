//! A VMM whose instance somebody else meddles with: it goes on, no event is misplaced, and every loss is counted and
//! told.

use super::emitter::{self, Emitter};
use super::vmm_trace::VmmTrace;
use crate::{Test, TestResult};
use ftrace::{Error, Instance, Tracefs};
use integration::monitored as events;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};

pub(crate) const TESTS: &[Test] = &[
    Test::new("tracefs_goes_and_comes_back", tracefs_goes_and_comes_back),
    Test::new("no_tracefs_at_the_start", no_tracefs_at_the_start),
    Test::new("tracing_is_switched", tracing_is_switched),
    Test::new("markers_are_switched", markers_are_switched),
    Test::new("the_ring_is_full_and_keeps_the_oldest", the_ring_is_full_and_keeps_the_oldest),
    Test::new("the_ring_is_shrunk", the_ring_is_shrunk),
    Test::new("a_vmm_tells_its_losses_at_its_end", a_vmm_tells_its_losses_at_its_end),
    Test::new("the_instance_is_removed_by_another", the_instance_is_removed_by_another),
    Test::new("long_strings_are_cut_and_marked", long_strings_are_cut_and_marked),
    Test::new("two_vmms_in_two_instances", two_vmms_in_two_instances),
];

pub(crate) const USUAL: &str = "/sys/kernel/tracing";

/// An instance with room for all that a test emits.
fn instance() -> Result<Instance, ftrace::Error> {
    let instance = Instance::create(&Tracefs::find()?)?;
    instance.set_clock("mono")?;
    instance.set_buffer_kb(16 << 10)?;
    Ok(instance)
}

/// umount(8) as far as that goes while files are open: `umount -l`.
pub(crate) fn unmount(place: &str) -> TestResult {
    let done = Command::new("umount").args(["-l", place]).status()?;
    if done.success() { Ok(()) } else { Err(format!("umount -l {place}: {done}").into()) }
}

pub(crate) fn mount() -> TestResult {
    let done = Command::new("mount").args(["-t", "tracefs", "nodev", USUAL]).status()?;
    if done.success() { Ok(()) } else { Err(format!("mount {USUAL}: {done}").into()) }
}

/// Unmounted under a VMM that emits, and mounted again, over and over: nothing is lost, since the marker stays.
fn tracefs_goes_and_comes_back() -> TestResult {
    let instance = instance()?;
    let tracing = emitter::set_up(instance.path())?;
    let vmm = Emitter::start();
    for _ in 0..5 {
        vmm.wait_for_more();
        unmount(USUAL)?;
        assert!(!instance.path().exists());
        vmm.wait_for_more();
        mount()?;
    }
    let emitted = vmm.end();
    assert_eq!((emitter::losses(tracing).records, emitter::overrun(&instance)?), (0, 0));
    assert!(emitter::ticks(&instance)?.into_iter().eq(0..emitted), "of {emitted} some are missing");
    Ok(())
}

/// A VMM that is to write to an instance runs where there is no tracefs, and says what would give it one.
fn no_tracefs_at_the_start() -> TestResult {
    // the debugfs has a tracefs too
    unmount(USUAL)?;
    let through_debugfs = demo_vmm(None, "machine_start").output()?;
    unmount("/sys/kernel/debug")?;
    let without = demo_vmm(None, "machine_start").output()?;
    let named = demo_vmm(Some(Path::new("some")), "machine_start").output()?;
    let handed = demo_vmm(Some(&Path::new(USUAL).join("instances/some")), "machine_start").output()?;
    mount()?;
    let done = Command::new("mount").args(["-t", "debugfs", "nodev", "/sys/kernel/debug"]).status()?;
    assert!(done.success());
    let again = demo_vmm(None, "machine_start").output()?;

    for (output, why) in [
        (through_debugfs, ""),
        (
            without,
            "trace sink `ftrace` is not available: tracefs is not mounted: run `mount -t tracefs nodev",
        ),
        (named, "tracefs is not mounted: run `mount -t tracefs nodev"),
        (handed, "tracefs is not mounted: run `mount -t tracefs nodev"),
        (again, ""),
    ] {
        assert!(output.status.success());
        let told = String::from_utf8(output.stderr)?;
        assert!(told.contains(why) && told.is_empty() == why.is_empty(), "{why}: {told}");
    }
    Ok(())
}

/// Off and on under a VMM that emits: what is not in the ring is counted, and told with the reason.
fn tracing_is_switched() -> TestResult {
    switched("tracing_on", "the instance's tracing is off")
}

/// The same with the option by which an instance takes no markers.
fn markers_are_switched() -> TestResult {
    switched("options/markers", "the instance's option `markers` is off")
}

fn switched(file: &str, why: &str) -> TestResult {
    let instance = instance()?;
    let tracing = emitter::set_up(instance.path())?;
    let vmm = Emitter::start();
    for _ in 0..5 {
        vmm.wait_for_more();
        instance.write(file, "0")?;
        vmm.wait_for_more();
        instance.write(file, "1")?;
    }
    vmm.wait_for_more();
    let emitted = vmm.end();
    let (kept, lost) = (emitter::ticks(&instance)?, emitter::losses(tracing));
    assert!(lost.records >= 5 * 49 && kept.len() >= 6 * 49, "{} kept, {lost:?}", kept.len());
    assert_eq!(kept.len() as u64 + lost.records, emitted);
    assert!(lost.why.as_ref().is_some_and(|told| told.contains(why)), "{lost:?}");
    Ok(())
}

/// A ring that does not overwrite and is full takes no more: the same number as for tracing that is off.
fn the_ring_is_full_and_keeps_the_oldest() -> TestResult {
    let instance = instance()?;
    instance.set_option("overwrite", false)?;
    instance.set_buffer_kb(1)?;
    let tracing = emitter::set_up(instance.path())?;
    for count in 0..2000 {
        events::trace_monitored_tick(count);
    }
    let (kept, lost) = (emitter::ticks(&instance)?, emitter::losses(tracing));
    assert!(lost.records > 0 && kept.iter().copied().eq(0..2000 - lost.records), "{lost:?} {kept:?}");
    assert!(lost.why.as_ref().is_some_and(|told| told.contains("its ring is full")), "{lost:?}");
    Ok(())
}

/// To the least and back, under a VMM that emits: the kernel counts what it drops, and while it does so the VMM what
/// finds no ring.
fn the_ring_is_shrunk() -> TestResult {
    let instance = instance()?;
    let tracing = emitter::set_up(instance.path())?;
    let vmm = Emitter::start();
    for _ in 0..5 {
        for size in [1, 64] {
            vmm.wait_for_more();
            instance.set_buffer_kb(size)?;
        }
    }
    let emitted = vmm.end();
    let (kept, lost) = (emitter::ticks(&instance)?, emitter::losses(tracing));
    let overrun = emitter::overrun(&instance)?;
    println!("{emitted} emitted, {} kept, {overrun} overrun, {lost:?}", kept.len());
    assert!(overrun > 0);
    assert_eq!(kept.len() as u64 + overrun + lost.records, emitted);
    Ok(())
}

/// The demo VMM at its end, and its monitor at any time.
fn a_vmm_tells_its_losses_at_its_end() -> TestResult {
    let instance = instance()?;
    instance.set_tracing(false)?;
    let vmm =
        demo_vmm(Some(instance.path()), "kvm_run_exit").args(["-trace", "machine_stop,sink=log"]).output()?;
    assert!(vmm.status.success());
    let told = String::from_utf8(vmm.stderr)?;
    let exits = VmmTrace::of(&told).exits().ok_or("it has not ended")?;
    let expected =
        format!("demo-vmm: trace sink `ftrace` lost {exits} events: the instance's tracing is off");
    assert!(told.contains(&expected), "{told}");
    Ok(())
}

/// rmdir(2) is refused while a VMM holds the marker, and loses nothing; when the VMM has ended it works.
fn the_instance_is_removed_by_another() -> TestResult {
    let instance = instance()?;
    let path = instance.path().to_path_buf();
    let by_another = || std::fs::remove_dir(&path);
    let mut vmm = Vmm(monitored(&path).spawn()?);
    let has_begun = || instance.read("trace").map(|trace| trace.contains("monitored_tick"));
    while !has_begun()? {
        assert!(vmm.0.try_wait()?.is_none());
    }
    assert_eq!(by_another().unwrap_err().raw_os_error(), Some(libc::EBUSY));
    assert!(matches!(Instance::open(&path)?.try_remove(), Err(Error::Busy { .. })));
    drop(vmm);
    let trace = instance.read("trace")?;
    let ticks = trace.lines().filter_map(|line| line.split_once("monitored_tick count ")?.1.parse().ok());
    let ticks: Vec<u64> = ticks.collect();
    assert!(!ticks.is_empty() && ticks.iter().copied().eq(0..ticks.len() as u64), "{ticks:?}");
    by_another()?;

    // and one that comes too late runs, and says that its instance is gone
    let late = demo_vmm(Some(&path), "*").output()?;
    let told = String::from_utf8(late.stderr)?;
    let gone = format!("{}: there is no such instance", path.display());
    assert!(late.status.success() && told.contains(&gone), "{told}");
    Ok(())
}

/// 1,000 events of 4 KiB: one entry each, cut where the kernel would split it, and marked.
fn long_strings_are_cut_and_marked() -> TestResult {
    let instance = instance()?;
    let tracing = emitter::set_up(instance.path())?;
    for number in 0..1000 {
        // a newline of the guest's forges no entry
        let text = format!("{number} \n{}", "é".repeat(2045));
        events::trace_monitored_start(text.as_str());
    }
    assert_eq!(emitter::losses(tracing).records, 0);
    let trace = instance.read("trace")?;
    let entries: Vec<&str> = trace.lines().filter(|line| !line.starts_with('#')).collect();
    assert_eq!(entries.len(), 1000);
    for (number, entry) in entries.into_iter().enumerate() {
        let expected = format!("tracing_mark_write: monitored_start name {number} \\n");
        let text = entry.split_once(&expected).and_then(|(_, text)| text.strip_suffix('…'));
        let text = text.unwrap_or_else(|| panic!("{number}: {entry}"));
        assert!(text.len() > 900 && text.chars().all(|c| c == 'é'), "{number}: {entry}");
    }
    Ok(())
}

/// Each has its own events, all of them, and none of the other's.
fn two_vmms_in_two_instances() -> TestResult {
    let instances = [instance()?, instance()?];
    let vmms = instances.each_ref().map(|instance| {
        let mut command = demo_vmm(Some(instance.path()), "*");
        command.args(["--rounds", "20"]).stdout(Stdio::null()).stderr(Stdio::piped()).spawn()
    });
    for vmm in vmms {
        let Output { status, stderr, .. } = vmm?.wait_with_output()?;
        assert!(status.success() && stderr.is_empty(), "{}", String::from_utf8_lossy(&stderr));
    }
    let mut threads = Vec::new();
    for instance in &instances {
        let trace = VmmTrace::of(&instance.read("trace")?);
        trace.assert_whole();
        threads.extend(trace.threads);
    }
    let [one, other] = &threads[..] else { panic!("{threads:?}") };
    assert_ne!(one, other);
    Ok(())
}

/// The demo VMM with events into an instance, by default the top level.
fn demo_vmm(instance: Option<&Path>, events: &str) -> Command {
    let mut command = Command::new("demo-vmm");
    command.args(["-trace", &format!("{events},sink=ftrace")]);
    if let Some(instance) = instance {
        command.env(vmtrace::INSTANCE_VARIABLE, instance);
    }
    command
}

/// A VMM that emits until it is killed.
fn monitored(instance: &Path) -> Command {
    let mut command = Command::new(integration::vm::inside(Path::new(env!("CARGO_BIN_EXE_monitored"))));
    command.args(["-trace", "*,sink=ftrace"]).env(vmtrace::INSTANCE_VARIABLE, instance);
    command
}

/// Killed, however the test ends.
struct Vmm(Child);

impl Drop for Vmm {
    fn drop(&mut self) {
        _ = self.0.kill();
        _ = self.0.wait();
    }
}
