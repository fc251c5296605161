//! A kernel that is locked down (kernel_lockdown(7)): `integrity` leaves tracefs alone, `confidentiality` forbids it. The
//! VMM runs in any case, and whoever is asked says what it is.

use super::emitter;
use super::vmm_trace::VmmTrace;
use crate::machine::Machine;
use crate::{Test, TestResult};
use ftrace::{Error, Instance, Marker, Tracefs};
use integration::monitored as events;
use std::fs;
use std::path::Path;
use std::process::Command;

pub(crate) const TESTS: &[Test] = &[
    Test::new("while_a_vmm_runs", while_a_vmm_runs).on(Machine::TO_LOCK_DOWN),
    Test::new("from_the_start", from_the_start).on(Machine::LOCKED_DOWN),
];

const SECURITY: &str = "/sys/kernel/security";

/// What the error of `ftrace` says, and the one that has the way out.
const WHY: &str = "the kernel is locked down for confidentiality";
const WAY_OUT: &str = "boot it without `lockdown=confidentiality`";

/// `none integrity [confidentiality]`; securityfs is not mounted at the start.
fn level() -> Result<String, Box<dyn std::error::Error>> {
    let file = Path::new(SECURITY).join("lockdown");
    if !file.exists() {
        let done = Command::new("mount").args(["-t", "securityfs", "nodev", SECURITY]).status()?;
        assert!(done.success());
    }
    Ok(fs::read_to_string(file)?)
}

fn while_a_vmm_runs() -> TestResult {
    assert!(level()?.starts_with("[none] "));
    let tracefs = Tracefs::find()?;
    let instance = Instance::create(&tracefs)?;
    let tracing = emitter::set_up(instance.path())?;
    let pages = instance.rings()?.remove(0).open_pages()?;

    fs::write(Path::new(SECURITY).join("lockdown"), "integrity")?;
    let vmm = demo_vmm(instance.path())?;
    assert_eq!(vmm, "");
    VmmTrace::of(&instance.read("trace")?).assert_whole();

    fs::write(Path::new(SECURITY).join("lockdown"), "confidentiality")?;
    instance_is_refused(&tracefs);
    assert!(matches!(Marker::open(instance.path()), Err(Error::LockedDown { .. })));
    nothing_is_recorded_and_it_is_told(&demo_vmm(instance.path())?)?;

    // what is open stays open: who writes, and who reads
    let mut read_so_far = vec![0; 64 << 10];
    while std::io::Read::read(&mut &pages, &mut read_so_far).is_ok_and(|length| length > 0) {}
    events::trace_monitored_tick(12345);
    assert_eq!(emitter::losses(tracing).records, 0);
    let length = std::io::Read::read(&mut &pages, &mut read_so_far)?;
    let tick = b"monitored_tick count 12345\n";
    assert!(read_so_far[..length].windows(tick.len()).any(|window| window == tick));
    Ok(())
}

fn from_the_start() -> TestResult {
    // told without a word of the kernel's, by what is not there, and with it
    for securityfs in [false, true] {
        if securityfs {
            assert!(level()?.contains("[confidentiality]"));
        }
        let tracefs = Tracefs::find()?;
        instance_is_refused(&tracefs);
        let top = Marker::open(tracefs.root());
        assert!(matches!(top, Err(Error::LockedDown { .. })), "{top:?}");
        nothing_is_recorded_and_it_is_told(&demo_vmm(&tracefs.root().join("instances/any"))?)?;
    }
    Ok(())
}

fn instance_is_refused(tracefs: &Tracefs) {
    let refused = Instance::create(tracefs).map(drop).unwrap_err();
    assert!(matches!(refused, Error::LockedDown { .. }), "{refused}");
    let told = refused.to_string();
    assert!(told.contains(WHY) && told.contains(WAY_OUT), "{told}");
}

/// `vmm` is what a VMM says whose sink is in tracefs.
fn nothing_is_recorded_and_it_is_told(vmm: &str) -> TestResult {
    assert!(vmm.starts_with("demo-vmm: trace sink `ftrace` is not available: "), "{vmm}");
    assert!(vmm.contains(WHY) && vmm.contains(WAY_OUT), "{vmm}");

    let record = ["record", "-o", "/tmp/locked-down", "--", "demo-vmm"];
    let recorded = Command::new("vmtrace").args(record).output()?;
    let told = String::from_utf8(recorded.stderr)?;
    assert!(recorded.status.success() && recorded.stdout.starts_with(b"Hello from "), "{told}");
    assert!(told.contains("the kernel's side is not recorded: ") && told.contains(WHY), "{told}");

    let doctor = String::from_utf8(Command::new("vmtrace").arg("doctor").output()?.stdout)?;
    for what in ["tracefs ", "ftrace "] {
        let mut lines = doctor.lines().skip_while(|line| !line.starts_with(&format!("  missing  {what}")));
        assert!(lines.next().is_some_and(|line| line.ends_with(WHY)), "{doctor}");
        assert!(
            lines
                .next()
                .is_some_and(|line| line.contains("without lockdown=") || line.contains("as for tracefs")),
            "{doctor}"
        );
    }
    assert!(!doctor.contains("remount"), "{doctor}");
    Ok(())
}

/// What a VMM says whose events go to an instance; it runs to its end.
fn demo_vmm(instance: &Path) -> Result<String, Box<dyn std::error::Error>> {
    let mut command = Command::new("demo-vmm");
    command.args(["-trace", "*,sink=ftrace"]).env(vmtrace::INSTANCE_VARIABLE, instance);
    let output = command.output()?;
    assert!(output.status.success());
    Ok(String::from_utf8(output.stderr)?)
}
