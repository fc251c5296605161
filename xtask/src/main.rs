//! `cargo xtask`: one command a chore.

mod bench;
mod conformance;
mod fuzz;
mod install;
mod miri;
mod packages;
mod qemu;
mod qemu_source;
mod test;
mod tracefs;
mod vm;
mod vm_kernel;

use anyhow::{Result, bail};
use std::env;
use std::path::Path;
use xshell::Shell;

const USAGE: &str = "\
usage: cargo xtask CHORE

  test    format, clippy, unit and documentation tests, tests of generated code, tests that need root;
          installs what they need from apt when it is root, and from PyPI into the target folder, and counts what it
          skipped
  vm-test [FILTER] [--kernel PATH]
          runs the tests of the test VM, or those whose name contains FILTER; with another kernel, that of PATH
  vm-test --shell [--kernel PATH]
          a prompt in the test VM
  vm-setup
          installs what the test VM needs, from apt, if this is root; `test` does it too
  vm-kernel
          builds a kernel with user_events for the test VM, from Debian's source, if it is not there
  bench   measures what an event costs, on and off, as ratios in one run, and writes docs/performance.md anew
  bench tracetool
          measures how fast outputs are made, against writing the same bytes, and against QEMU's own tracetool where
          QEMU_SRC= names a tree of QEMU's
  bench sinks
          measures what sinks cost, at once and queued, bursts, and how fast binary traces are read, against QEMU's
          simpletrace.py where QEMU_SRC= names a tree of QEMU's
  bench c
          measures what an event costs in C, with our backend beside Rust's, and with QEMU's backends on our runtime
  bench usdt
          measures what USDT probes cost, at rest and hit, against C's, against other crates, and under bpftrace
  conformance
          compares every output and call of `tracetool` with QEMU's (../shared/conformance), then runs QEMU's own test
          of it, from the tree QEMU_SRC= or from Debian's source package
  install [--prefix DIR] [--destdir DIR] [--profile PROFILE]
          builds and installs the C library libvmtrace, static and shared, with headers and pkg-config file, and the programs
          tracetool, with its manual page, and vmtrace, under DIR (/usr/local); for packagers, in a folder that stands for /.
          The profile is cargo's: `installed` is optimized as a whole, `dev` is built fast
  qemu    builds QEMU 10.2 with libvmtrace and tracetool in the place of its own, from the tree QEMU_SRC= or from Debian's source
          package, boots it, and compares what it traces and answers with what is expected
  miri    runs the tests of what is unsafe or lock-free in rustc's interpreter, where a nightly toolchain has it
  fuzz [parse|formats|qmp|hmp|trace|probes|options] [SECONDS]
          runs a fuzz target for a while (60 seconds): the parser of trace-events, tracetool's formats,
          the monitor's two languages, the readers of binary traces and of probes, or a VMM's options
";

fn main() -> Result<()> {
    let shell = Shell::new()?;
    shell.change_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join(".."));
    if env::args().skip(1).take(2).any(|arg| ["--help", "-h"].contains(&arg.as_str())) {
        print!("{USAGE}");
        return Ok(());
    }
    let mut args = env::args().skip(1);
    let chore = args.next();
    if chore.as_deref() == Some("vm-test") {
        return vm::test(&shell, args);
    }
    if chore.as_deref() == Some("install") {
        return install::run(&shell, args);
    }
    match (chore.as_deref(), args.next().as_deref(), args.next()) {
        (Some("test"), None, None) => test::run(&shell),
        (Some("vm-setup"), None, None) => vm::setup(&shell),
        (Some("vm-kernel"), None, None) => vm_kernel::build(&shell),
        (Some("bench"), None, None) => bench::run(&shell),
        (Some("bench"), Some("sinks"), None) => bench::sinks(&shell),
        (Some("bench"), Some("c"), None) => bench::c(&shell),
        (Some("bench"), Some("usdt"), None) => bench::usdt(&shell),
        (Some("bench"), Some("tracetool"), None) => bench::tracetool::run(&shell),
        (Some("conformance"), None, None) => conformance::run(&shell),
        (Some("qemu"), None, None) => qemu::run(&shell),
        (Some("miri"), None, None) => miri::run(&shell),
        (Some("fuzz"), target, seconds) => {
            fuzz::run(&shell, target.unwrap_or("parse"), seconds.as_deref().unwrap_or("60").parse()?)
        }
        (Some("help"), None, None) => {
            print!("{USAGE}");
            Ok(())
        }
        _ => bail!("{USAGE}"),
    }
}
