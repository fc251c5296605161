//! The two programs with probes, and how they are driven.

use crate::probes::{self, Probe};
use integration::vm::Folder;
use integration::{tied, wait_for};
use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

/// A program with probes, in a folder of its own: a uprobe is a file's, so nobody else's comes here.
pub(crate) struct Program {
    folder: Folder,
    pub(crate) probes: Vec<Probe>,
}

/// One that runs.
pub(crate) struct Running {
    child: Child,
    stdin: ChildStdin,
    stdout: BufReader<ChildStdout>,
    /// How many times each probe was hit.
    hits: usize,
}

impl Program {
    /// Ours and C's, the second where there is a compiler for it.
    pub(crate) fn both(test: &str) -> Vec<Self> {
        Self::yardstick(test).into_iter().chain([Self::ours()]).collect()
    }

    /// The folder for one.
    pub(crate) fn new(probes: Vec<Probe>) -> Self {
        Self { folder: Folder::new().unwrap(), probes }
    }

    fn ours() -> Self {
        let program = Self::new(probes::in_rust());
        fs::copy(env!("CARGO_BIN_EXE_probed"), program.path()).unwrap();
        program
    }

    /// C's.
    fn yardstick(test: &str) -> Option<Self> {
        if !crate::tool::are_there(test, &["cc", "dtrace"]) {
            return None;
        }
        let program = Self::new(probes::in_c());
        let sources = Path::new(env!("CARGO_MANIFEST_DIR")).join("usdt");
        let (declarations, source) = (sources.join("probed.d"), sources.join("yardstick.c"));
        let declarations = declarations.to_str().unwrap();
        let source = source.to_str().unwrap();
        for step in [
            vec!["dtrace", "-h", "-s", declarations, "-o", "probed.h"],
            vec!["dtrace", "-G", "-s", declarations, "-o", "semaphores.o"],
            vec!["cc", "-O2", "-g", "-Wall", "-Werror", "-c", source, "-o", "plain.o"],
            vec!["cc", "-O2", "-g", "-Wall", "-Werror", "-I.", "-DGUARDED", "-c", source, "-o", "guarded.o"],
            vec!["cc", "plain.o", "guarded.o", "semaphores.o", "-o", "program"],
        ] {
            integration::succeeds(Command::new(step[0]).args(&step[1..]).current_dir(program.folder()), b"");
        }
        Some(program)
    }

    /// The program's file.
    pub(crate) fn path(&self) -> PathBuf {
        self.folder().join("program")
    }

    /// A folder that goes with this value.
    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Starts it, before any tracer is there.
    pub(crate) fn start(&self) -> Running {
        let mut running = self.start_late();
        assert_eq!(running.on(), [""; 0], "nobody has attached to {}", self.path().display());
        running
    }

    /// Starts it.
    pub(crate) fn start_late(&self) -> Running {
        let mut child =
            tied(&self.path()).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("it can be run");
        let (stdin, stdout) = (child.stdin.take().unwrap(), BufReader::new(child.stdout.take().unwrap()));
        Running { child, stdin, stdout, hits: 0 }
    }

    /// The full names of the probes that have a semaphore, sorted.
    pub(crate) fn guarded(&self) -> Vec<String> {
        let mut names: Vec<String> =
            self.probes.iter().filter(|probe| probe.guarded).map(Probe::full_name).collect();
        names.sort_unstable();
        names
    }

    /// A file in that folder.
    pub(crate) fn file(&self, name: &str, text: &str) -> PathBuf {
        let path = self.folder().join(name);
        fs::write(&path, text).unwrap();
        path
    }
}

impl Running {
    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Hits each probe so many times.
    pub(crate) fn hit(&mut self, times: usize) {
        self.hits += times;
        let command = format!("hit {times}");
        let answer = self.ask(&command);
        assert_eq!(answer, command);
    }

    /// How many times each probe was hit.
    pub(crate) fn hits(&self) -> usize {
        self.hits
    }

    /// The full names of the probes that a tracer has switched on, sorted.
    pub(crate) fn on(&mut self) -> Vec<String> {
        let answer = self.ask("on");
        let mut names: Vec<String> =
            answer.strip_prefix("on").unwrap().split_whitespace().map(str::to_owned).collect();
        names.sort_unstable();
        names
    }

    /// Waits until these and no others are on.
    pub(crate) fn wait_until_on(&mut self, names: &[String]) {
        wait_for("semaphores", || (self.on() == names).then_some(()));
    }

    fn ask(&mut self, command: &str) -> String {
        writeln!(self.stdin, "{command}").unwrap();
        let mut line = String::new();
        self.stdout.read_line(&mut line).unwrap();
        line.trim_end().to_owned()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        _ = self.child.kill();
        _ = self.child.wait();
    }
}
