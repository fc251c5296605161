//! The test VM by hand: `vm [--kernel PATH] [--cpus N] [--systemd] [--share FOLDER] [SCRIPT]`. Without a script, a prompt in it.

use integration::vm::Vm;
use std::error::Error;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

const USAGE: &str = "usage: vm [--kernel PATH] [--cpus N] [--systemd] [--share FOLDER] [SCRIPT]";

fn main() -> ExitCode {
    match run() {
        Ok(code) => code,
        Err(error) => {
            eprintln!("vm: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<ExitCode, Box<dyn Error>> {
    let (mut kernel, mut share, mut cpus, mut script) = (None::<PathBuf>, None::<PathBuf>, 1, None);
    let mut systemd = false;
    let mut args = std::env::args().skip(1);
    while let Some(arg) = args.next() {
        match arg.as_str() {
            "--kernel" => kernel = Some(args.next().ok_or(USAGE)?.into()),
            "--share" => share = Some(args.next().ok_or(USAGE)?.into()),
            "--systemd" => systemd = true,
            "--cpus" => cpus = args.next().ok_or(USAGE)?.parse()?,
            option if option.starts_with('-') => return Err(USAGE.into()),
            _ if script.is_some() => return Err(USAGE.into()),
            _ => script = Some(arg),
        }
    }
    let mut vm = match kernel {
        Some(path) => Vm::with_kernel(&path)?,
        None => Vm::debian()?,
    };
    vm = vm.cpus(cpus);
    if systemd {
        vm = vm.systemd()?;
    }
    if let Some(folder) = share {
        vm = vm.share(Path::new(&folder));
    }
    if let Some(script) = script {
        let outcome = vm.run(&script)?;
        print!("{}", outcome.output);
        return Ok(ExitCode::from(u8::try_from(outcome.status).unwrap_or(u8::MAX)));
    }
    let status = vm.shell()?;
    Ok(if status.success() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
