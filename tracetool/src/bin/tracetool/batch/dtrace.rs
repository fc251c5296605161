//! What `dtrace` makes of format `d`: a header and an object file beside it, as QEMU's build has them.

use crate::generate::Failure;
use std::collections::HashSet;
use std::ffi::OsStr;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread::{self, available_parallelism};
use tracetool::batch::{Job, Makes};
use tracetool::{Error, Format};

/// Runs the program for every provider that was written or whose header or object file is not there.
pub(super) fn run(program: &OsStr, jobs: &[Job], written: &[PathBuf]) -> Result<(), Failure> {
    let written: HashSet<&Path> = written.iter().map(PathBuf::as_path).collect();
    let is_provider = |job: &&Job| matches!(&job.makes, Makes::Format(output) if output.format == Format::D);
    let mut calls = Vec::new();
    for job in jobs.iter().filter(is_provider) {
        // a provider without probes is an empty file, which dtrace takes for a header only
        let is_empty = fs::metadata(&job.output).is_ok_and(|data| data.len() == 0);
        for (option, suffix) in [("-h", "h"), ("-G", "o")] {
            let output = job.output.with_extension(suffix);
            let is_due = written.contains(job.output.as_path()) || !output.exists();
            if is_due && !(is_empty && option == "-G") {
                calls.push((job.output.as_path(), option, output));
            }
        }
    }
    let (next, errors) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
    let work = || {
        while let Some((input, option, output)) = calls.get(next.fetch_add(1, Ordering::Relaxed)) {
            if let Err(error) = one(program, input, option, output) {
                errors.lock().unwrap_or_else(PoisonError::into_inner).push(error);
            }
        }
    };
    thread::scope(|scope| {
        for _ in 0..available_parallelism().map_or(1, std::num::NonZero::get) {
            scope.spawn(work);
        }
    });
    let errors = errors.into_inner().unwrap_or_else(PoisonError::into_inner);
    if errors.is_empty() { Ok(()) } else { Err(Failure::Batch(errors)) }
}

fn one(program: &OsStr, input: &Path, option: &str, output: &Path) -> Result<(), Error> {
    let failed = |source| Error::Io { call: "run dtrace for", path: output.to_path_buf(), source };
    let mut command = Command::new(program);
    command.args(["-DSTAP_SDT_V2", "-o"]).arg(output).args([option, "-s"]).arg(input);
    let came = command.stdin(Stdio::null()).output().map_err(failed)?;
    if came.status.success() {
        return Ok(());
    }
    // what is half made must not look as if it were new
    let _ = fs::remove_file(output);
    let told = String::from_utf8_lossy(&came.stderr);
    Err(failed(io::Error::other(format!("{}: {}", came.status, told.trim()))))
}
