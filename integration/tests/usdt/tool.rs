//! The tools: whether they are there, and one that runs beside a program.

use integration::{tied, wait_for};
use std::env;
use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::process::{Child, ExitStatus, Stdio};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};

/// Whether programs are there, and this is root; if not, says that the test was skipped.
pub(crate) fn are_there(test: &str, programs: &[&str]) -> bool {
    let path = env::var_os("PATH").unwrap_or_default();
    let is_there = |name: &&str| env::split_paths(&path).any(|folder| folder.join(name).is_file());
    if let Some(missing) = programs.iter().find(|name| !is_there(name)) {
        eprintln!("SKIP {test}: no {missing}");
        return false;
    }
    if !nix::unistd::geteuid().is_root() {
        eprintln!("SKIP {test}: uprobes are root's");
        return false;
    }
    true
}

/// A tool that runs; what it says is read as it comes.
pub(crate) struct Tool {
    child: Child,
    said: Arc<Mutex<Vec<String>>>,
    readers: Vec<JoinHandle<()>>,
}

impl Tool {
    /// Starts it, with a folder of its own as its home.
    pub(crate) fn start(program: &str, args: &[&str], home: &Path) -> Self {
        let mut command = tied(Path::new(program));
        command.args(args).env("HOME", home).current_dir(home);
        let mut child = command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap_or_else(|error| panic!("{program}: {error}"));
        let said = Arc::new(Mutex::new(Vec::new()));
        let pipes: [Box<dyn Read + Send>; 2] =
            [Box::new(child.stdout.take().unwrap()), Box::new(child.stderr.take().unwrap())];
        let readers = pipes.map(|pipe| {
            let said = Arc::clone(&said);
            thread::spawn(move || {
                for line in BufReader::new(pipe).split(b'\n') {
                    said.lock().unwrap().push(String::from_utf8_lossy(&line.unwrap()).into_owned());
                }
            })
        });
        Self { child, said, readers: readers.into() }
    }

    /// The lines that it said up to now.
    pub(crate) fn said(&self) -> Vec<String> {
        self.said.lock().unwrap().clone()
    }

    /// Fails if it has ended.
    pub(crate) fn check(&mut self) {
        if let Some(status) = self.child.try_wait().unwrap() {
            panic!("it ended, {status}: {:#?}", self.said());
        }
    }

    /// Ends it as ^C does, and gives back all that it said.
    pub(crate) fn interrupt(mut self) -> (ExitStatus, Vec<String>) {
        let pid = nix::unistd::Pid::from_raw(self.child.id().cast_signed());
        nix::sys::signal::kill(pid, nix::sys::signal::Signal::SIGINT).unwrap();
        let status = wait_for("the tool's end", || self.child.try_wait().unwrap());
        for reader in self.readers.drain(..) {
            reader.join().unwrap();
        }
        (status, self.said())
    }
}

impl Drop for Tool {
    fn drop(&mut self) {
        _ = self.child.kill();
        _ = self.child.wait();
    }
}
