//! The program, run in a folder of a test's own.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

pub(crate) const VMTRACE: &str = env!("CARGO_BIN_EXE_vmtrace");

/// A folder of the test's own, open to everyone, gone when it ends.
pub(crate) struct Scratch(pub(crate) PathBuf);

impl Scratch {
    pub(crate) fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("vmtrace-cli-{name}-{}", std::process::id()));
        fs::create_dir(&path).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o777)).unwrap();
        Self(path)
    }

    /// Runs `vmtrace` in the folder.
    pub(crate) fn run(&self, arguments: &[&str]) -> Ran {
        Ran::of(Command::new(VMTRACE).args(arguments).current_dir(&self.0))
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        fs::remove_dir_all(&self.0).unwrap();
    }
}

#[derive(Debug)]
pub(crate) struct Ran {
    pub(crate) status: Option<i32>,
    pub(crate) out: String,
    pub(crate) told: String,
}

impl Ran {
    pub(crate) fn of(command: &mut Command) -> Self {
        let ran = command.stdin(Stdio::null()).output().unwrap();
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        Self { status: ran.status.code(), out: text(ran.stdout), told: text(ran.stderr) }
    }
}

fn is_root() -> bool {
    // Its own status belongs to whoever runs this.
    std::os::unix::fs::MetadataExt::uid(&fs::metadata("/proc/self").unwrap()) == 0
}

pub(crate) fn lacks(test: &str, paths: &[&str]) -> bool {
    let missing = paths.iter().find(|path| !Path::new(path).exists());
    let lacking = missing.map(|path| format!("no {path}")).or((!is_root()).then(|| "not root".into()));
    if let Some(lacking) = &lacking {
        eprintln!("SKIP {test}: {lacking}");
    }
    lacking.is_some()
}
