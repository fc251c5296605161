//! A private folder, and the program that is built and runs there.

use crate::page::{self, Session};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/..");
const PATIENCE: Duration = Duration::from_secs(20);

/// A folder that goes with this, and its program.
pub(crate) struct Project {
    folder: PathBuf,
    program: Option<Child>,
}

impl Project {
    /// An empty folder.
    pub(crate) fn new(name: &str) -> Self {
        let folder = std::env::temp_dir().join(format!("vmtrace-{name}-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        Self { folder, program: None }
    }

    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    /// Makes a project of files, and builds it. Gives back the folder of programs.
    pub(crate) fn build(&self, files: Vec<page::File>) -> PathBuf {
        fs::create_dir(self.folder.join("src")).unwrap();
        for file in files {
            fs::write(self.folder.join(file.path), file.text.replace('…', ROOT)).unwrap();
        }
        fs::copy(Path::new(ROOT).join("Cargo.lock"), self.folder.join("Cargo.lock")).unwrap();
        build(&self.folder, &[])
    }

    /// Builds the demo VMM as a user does.
    pub(crate) fn build_the_vmm() -> PathBuf {
        build(Path::new(ROOT), &["--package", "demo-vmm"]).join("demo-vmm")
    }

    /// Runs a program here, once its socket is there. Gives back its process id.
    pub(crate) fn runs(&mut self, command: &mut Command) -> u32 {
        let program = command.current_dir(&self.folder).stdin(Stdio::null()).spawn().unwrap();
        let id = program.id();
        self.program = Some(program);
        self.until("a socket qmp.sock", || self.folder.join("qmp.sock").exists().then_some(()));
        id
    }

    /// Whether the program runs still.
    pub(crate) fn lives(&mut self) -> bool {
        self.program.as_mut().is_some_and(|program| program.try_wait().unwrap().is_none())
    }

    /// Types at a prompt what the page types there, and gives back what came and what the page shows. Its log is here
    /// and not in /tmp.
    pub(crate) fn types(&self, command: &mut Command, session: &Session) -> String {
        let (here, log) = (self.folder.join("test.log").display().to_string(), "/tmp/test.log");
        let typed = session.typed.replace(log, &here);
        // a shell keeps in the home folder what was typed
        command.current_dir(&self.folder).env("HOME", &self.folder);
        integration::succeeds(command, typed.as_bytes()).replace(&here, log)
    }

    /// Waits for something.
    pub(crate) fn until<T>(&self, what: &str, mut there: impl FnMut() -> Option<T>) -> T {
        let start = Instant::now();
        loop {
            if let Some(there) = there() {
                return there;
            }
            assert!(start.elapsed() < PATIENCE, "there is not {what} in {}", self.folder.display());
            std::thread::sleep(Duration::from_millis(5));
        }
    }
}

/// Builds with nothing that is not on this machine. Gives back the folder of programs.
fn build(folder: &Path, args: &[&str]) -> PathBuf {
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).join("walkthrough");
    let mut cargo = Command::new(env!("CARGO"));
    cargo.args(["build", "--quiet", "--offline", "--target-dir"]).arg(&target).args(args);
    integration::succeeds(cargo.current_dir(folder), b"");
    target.join("debug")
}

impl Drop for Project {
    fn drop(&mut self) {
        if let Some(program) = &mut self.program {
            _ = program.kill();
            _ = program.wait();
        }
        _ = fs::remove_dir_all(&self.folder);
    }
}
