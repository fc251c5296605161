//! The demo VMM as a program of its own.

use std::process::ExitCode;

fn main() -> ExitCode {
    demo_vmm::main(std::env::args_os().skip(1))
}
