//! `integration/c-demo`, made in a folder of its own with some backends, as a user makes it.

use integration::{installed, succeeds, tied, wait_for};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

const SOURCE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/c-demo");

/// The program, and the folder that goes with it.
pub(crate) struct Demo {
    folder: PathBuf,
    child: Option<Child>,
}

impl Demo {
    /// Copies the sources and runs `make`.
    pub(crate) fn make(backends: &str) -> Self {
        Self::make_with(backends, &[])
    }

    /// The same with more flags for the compiler.
    pub(crate) fn make_with(backends: &str, flags: &[&str]) -> Self {
        let name = format!(
            "vmtrace-c-walkthrough-{backends}-{}-{:?}",
            std::process::id(),
            std::thread::current().id()
        );
        let folder = std::env::temp_dir().join(name.replace(['(', ')'], ""));
        fs::create_dir_all(&folder).unwrap();
        for file in ["Makefile", "main.c", "trace-events"] {
            fs::copy(Path::new(SOURCE).join(file), folder.join(file)).unwrap();
        }
        let mut make = Command::new("make");
        make.arg(format!("BACKENDS={backends}"))
            .arg(format!("CFLAGS=-O2 -g -Wall -Wextra -Werror {}", flags.join(" ")))
            .current_dir(&folder);
        succeeds(make.env("PKG_CONFIG_PATH", installed().join("lib/pkgconfig")), b"");
        Self { folder, child: None }
    }

    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    /// Runs it with a monitor, once that is there. Gives back its process id.
    pub(crate) fn run(&mut self, args: &[&str], instance: Option<&Path>) -> u32 {
        let mut command = tied(&self.folder.join("demo"));
        command.args(["-qmp", "unix:qmp.sock,server=on,wait=off"]).args(args).current_dir(&self.folder);
        command.env("LD_LIBRARY_PATH", installed().join("lib")).stdin(Stdio::null()).stderr(Stdio::null());
        match instance {
            Some(path) => command.env(vmtrace::INSTANCE_VARIABLE, path),
            None => command.env_remove(vmtrace::INSTANCE_VARIABLE),
        };
        let child = self.child.insert(command.spawn().unwrap());
        let id = child.id();
        wait_for("a socket qmp.sock", || self.folder.join("qmp.sock").exists().then_some(()));
        id
    }

    /// Types lines at QEMU's own shell, `-H` for the human monitor's.
    pub(crate) fn types(&self, python: Command, options: &[&str], lines: &str) -> String {
        let mut shell = python;
        shell.args(["-m", "qemu.qmp.qmp_shell"]).args(options).arg("qmp.sock").current_dir(&self.folder);
        // a shell keeps in the home folder what was typed
        succeeds(shell.env("HOME", &self.folder), lines.as_bytes())
    }

    /// Whether it runs still.
    pub(crate) fn lives(&mut self) -> bool {
        self.child.as_mut().is_some_and(|child| child.try_wait().unwrap().is_none())
    }
}

impl Drop for Demo {
    fn drop(&mut self) {
        if let Some(child) = &mut self.child {
            _ = child.kill();
            _ = child.wait();
        }
        _ = fs::remove_dir_all(&self.folder);
    }
}
