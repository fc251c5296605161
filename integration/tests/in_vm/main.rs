//! What must be shown on a kernel that may be broken, shown on one: this program boots the test VM and runs itself in it.
//!
//! On the host it lists the tests as any test program does, boots one VM for all of a [`Machine`] that the filter
//! leaves, and reports each as it ends. See docs/testing.md for how to add one.

mod host;
mod inside;
mod machine;

use libtest_mimic::Arguments;
use machine::Machine;
use std::ffi::OsStr;
use std::path::Path;
use std::process::ExitCode;

/// A test. It fails by a panic or an error; one that lacks something prints `SKIP name: reason` to standard error.
struct Test {
    name: &'static str,
    run: fn() -> TestResult,
    machine: Machine,
}

type TestResult = Result<(), Box<dyn std::error::Error>>;

impl Test {
    /// A test on Debian's kernel with one processor.
    const fn new(name: &'static str, run: fn() -> TestResult) -> Self {
        Self { name, run, machine: Machine::DEBIAN }
    }

    /// The same test on another machine.
    const fn on(self, machine: Machine) -> Self {
        Self { machine, ..self }
    }
}

fn main() -> ExitCode {
    let mut args = std::env::args_os();
    let name = args.next().unwrap_or_default();
    if Path::new(&name).file_name() == Some(OsStr::new(inside::DEMO_VMM)) {
        return demo_vmm::main(args);
    }
    if let Some(test) = std::env::var_os(inside::TEST_VARIABLE) {
        return inside::run(&test);
    }
    host::run(&Arguments::from_args())
}
