//! What an event costs in C: with our backend beside Rust's of the same declaration, and QEMU's generated C on our runtime, in turns
//! in one process. `cargo xtask bench c` runs this and keeps what it prints.
//!
//! Tracing is set up once a process, so each part is one: `bench-c PART`.

mod at_once;
mod loops;
#[path = "../bench-sinks/private_dev.rs"]
mod private_dev;
mod queued;

use ftrace::{Instance, Tracefs};
use integration::measuring::{Measured, compare};
use std::error::Error;
use std::fs;
use std::process::{Command, ExitCode};
use vmtrace::INSTANCE_VARIABLE;

type Result<T> = std::result::Result<T, Box<dyn Error>>;

fn main() -> Result<ExitCode> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    match args[..] {
        [] => return all(),
        ["at-once", ref instance @ ..] => at_once::run(instance.first().copied())?,
        ["syslog"] => at_once::syslog()?,
        ["queued"] => queued::run()?,
        _ => return Err("bench-c takes no argument".into()),
    }
    Ok(ExitCode::SUCCESS)
}

/// A program holds its marker until it ends, so another one has to make the instance, and to remove it.
fn all() -> Result<ExitCode> {
    let instance = Tracefs::find_or_mount().and_then(|(tracefs, _)| Instance::create(&tracefs));
    if let Err(error) = &instance {
        eprintln!("ftrace is not measured: {error}");
    }
    // sinks of QEMU's backends make files where the program runs
    let folder = std::env::temp_dir().join(format!("vmtrace-bench-c-parts-{}", std::process::id()));
    fs::create_dir(&folder)?;
    println!("| what | ns | against | ns | ratio |\n| --- | --- | --- | --- | --- |");
    let mut done = true;
    for name in ["at-once", "syslog", "queued"] {
        let mut part = Command::new(std::env::current_exe()?);
        part.arg(name).env_remove(INSTANCE_VARIABLE).current_dir(&folder);
        if let (Ok(instance), "at-once") = (&instance, name) {
            part.arg(instance.path());
        }
        done &= part.status()?.success();
    }
    fs::remove_dir_all(folder)?;
    Ok(if done { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Each but the first against the first, and the first against the last, which is the bare limit.
fn compare_all(measured: &[Measured]) {
    let [rust, others @ .., bare] = measured else { return };
    compare(rust, bare);
    for other in others {
        compare(other, rust);
        compare(other, bare);
    }
}
