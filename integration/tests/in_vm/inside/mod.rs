//! What runs in the VM: a file a topic, each with its table of tests.

mod emitter;
mod exits;
mod host_wide;
mod hostile;
mod hostile_to_recorder;
mod kernel;
mod lineup;
mod lockdown;
mod qemu;
mod recorded;
mod rights;
mod systemd;
mod tracecmd;
mod uprobes;
mod vcpu;
mod vmm_trace;

use crate::Test;
use std::ffi::OsStr;
use std::process::ExitCode;

/// Every test, by topic.
pub(crate) const TESTS: &[(&str, &[Test])] = &[
    ("kernel", kernel::TESTS),
    ("exits", exits::TESTS),
    ("lineup", lineup::TESTS),
    ("qemu", qemu::TESTS),
    ("tracecmd", tracecmd::TESTS),
    ("systemd", systemd::TESTS),
    ("hostile", hostile::TESTS),
    ("rights", rights::TESTS),
    ("hostile_to_recorder", hostile_to_recorder::TESTS),
    ("lockdown", lockdown::TESTS),
    ("uprobes", uprobes::TESTS),
];

/// This program by the name of the demo VMM is that: it lies on PATH inside, so that what is run is what was built.
pub(crate) const DEMO_VMM: &str = "demo-vmm";

/// Tells this program which test to run, `TOPIC::NAME`.
pub(crate) const TEST_VARIABLE: &str = "VMTRACE_IN_VM_TEST";

/// Runs one test, in a process that is there for nothing else.
pub(crate) fn run(name: &OsStr) -> ExitCode {
    let (topic, name) = name.to_str().and_then(|name| name.split_once("::")).unwrap_or_default();
    let of_topic = TESTS.iter().filter(|(of, _)| *of == topic).flat_map(|(_, tests)| tests.iter());
    let Some(test) = of_topic.into_iter().find(|test| test.name == name) else {
        eprintln!("there is no test {topic}::{name}");
        return ExitCode::FAILURE;
    };
    match (test.run)() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}
