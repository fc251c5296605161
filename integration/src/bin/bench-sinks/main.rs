//! What sinks cost, each beside its bare limit, in turns in one run. `cargo xtask bench sinks` runs this and keeps what it
//! prints.
//!
//! Tracing is set up once a process, so each part is one: `bench-sinks PART`.

mod burst;
mod lttng;
mod private_dev;
mod queued;
mod sync;

use std::error::Error;
use std::process::{Command, ExitCode};

type Result<T> = std::result::Result<T, Box<dyn Error>>;

const PARTS: [&str; 3] = ["log", "syslog", "queued"];

fn main() -> Result<ExitCode> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    match args[..] {
        [] => return all(),
        ["log"] => sync::log()?,
        ["syslog"] => sync::syslog()?,
        ["queued"] => queued::run()?,
        ["burst", option, threads] => burst::run(option, threads.parse()?)?,
        _ => return Err("bench-sinks takes no argument".into()),
    }
    Ok(ExitCode::SUCCESS)
}

fn all() -> Result<ExitCode> {
    let part = |args: &[&str]| -> Result<bool> {
        Ok(Command::new(std::env::current_exe()?).args(args).status()?.success())
    };
    let mut done = true;
    println!("| what | ns | against | ns | ratio |\n| --- | --- | --- | --- | --- |");
    for name in PARTS {
        done &= part(&[name])?;
    }
    println!(
        "\n| 800,000 events | threads | ns an event, while they last | all written after | lost |\n\
         | --- | --- | --- | --- | --- |"
    );
    for (sink, option) in [
        ("simple", "ring=64M"),
        ("simple", "wait=on"),
        ("simple", "ring=1M"),
        ("log", "log=queued,wait=on"),
        ("log", "log=queued"),
        ("syslog", "wait=on"),
        ("syslog", "ring=1M"),
    ] {
        for threads in ["1", "4"] {
            done &= part(&["burst", &format!("bench_two,sink={sink},{option}"), threads])?;
        }
    }
    Ok(if done { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// The events that are measured.
mod events {
    pub(crate) fn two() {
        integration::bench::trace_bench_two(3, 0xfee0_00b0);
    }

    pub(crate) fn four() {
        integration::bench::trace_bench_four(0x0012_3456, 8, true, "virtio-disk0");
    }
}
