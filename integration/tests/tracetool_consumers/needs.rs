//! What a test needs of the machine.

use std::env;
use std::process::Command;

/// Whether the programs, and the headers (whose names end in `.h`), are there; if not, says that the test was skipped.
pub(crate) fn are_there(test: &str, needs: &[&str]) -> bool {
    let missing = needs.iter().find(|need| if need.ends_with(".h") { !header(need) } else { !program(need) });
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
