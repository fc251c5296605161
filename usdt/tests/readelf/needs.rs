//! What the tests need of the machine.

use std::env;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// Whether there is such a program; if not, says that `test` goes without.
pub(crate) fn program(test: &str, name: &str) -> bool {
    let status = Command::new(name).arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status();
    let is_there = status.is_ok_and(|status| status.success());
    if !is_there {
        eprintln!("SKIP {test}: no {name}");
    }
    is_there
}

/// The folder below which sys/sdt.h is; it needs no other header.
pub(crate) fn sdt_h(test: &str) -> Option<PathBuf> {
    let architecture = format!("/usr/include/{}-linux-gnu", env::consts::ARCH);
    let folders = [architecture.as_str(), "/usr/include"];
    let found = folders.map(Path::new).into_iter().find(|folder| folder.join("sys/sdt.h").exists());
    if found.is_none() {
        eprintln!("SKIP {test}: no sys/sdt.h");
    }
    found.map(Into::into)
}
