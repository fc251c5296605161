//! The demo VMM, which a test so has as it was just compiled.

use std::process::ExitCode;

fn main() -> ExitCode {
    demo_vmm::main(std::env::args_os().skip(1))
}
