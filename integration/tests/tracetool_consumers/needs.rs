//! What a test needs of the machine.

use std::env;
use std::process::Command;

/// Whether programs and headers are there; if not, says that the test was skipped.
pub(crate) fn are_there(test: &str, programs: &[&str], headers: &[&str]) -> bool {
    let program = programs.iter().find(|name| !program(name));
    let missing = program.or_else(|| headers.iter().find(|name| !header(name)));
    if let Some(missing) = missing {
        eprintln!("SKIP {test}: no {missing}");
    }
    missing.is_none()
}

fn program(name: &str) -> bool {
    let path = env::var_os("PATH").unwrap_or_default();
    env::split_paths(&path).any(|folder| folder.join(name).is_file())
}

fn header(name: &str) -> bool {
    let mut compiler = Command::new("cc");
    compiler.args(["-fsyntax-only", "-x", "c", "-include", name, "/dev/null"]);
    compiler.output().is_ok_and(|output| output.status.success())
}
