//! `tracetool`: QEMU's command, and more.

mod batch;
mod check;
mod generate;
mod options;

use std::env;
use std::ffi::OsString;
use std::process::ExitCode;

fn main() -> ExitCode {
    let args: Vec<OsString> = env::args_os().skip(1).collect();
    let result = match args.split_first() {
        Some((first, rest)) if first == "batch" => batch::run(rest),
        Some((first, rest)) if first == "check" => return check::run(rest),
        _ => generate::run(&args),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            if !error.to_string().is_empty() {
                eprintln!("{error}");
            }
            ExitCode::FAILURE
        }
    }
}
