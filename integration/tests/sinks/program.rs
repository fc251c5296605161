//! The program `emitter` with a scenario, a folder that goes with it, and what it said.

use integration::{tied, wait_for};
use std::collections::BTreeMap;
use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};

/// A folder for one test.
pub(crate) struct Folder(PathBuf);

/// An emitter that runs.
pub(crate) struct Emitter {
    child: Child,
    stdin: Option<ChildStdin>,
    stdout: BufReader<ChildStdout>,
    /// The lines that it said, up to now.
    lines: Vec<String>,
}

/// What an emitter said in the end.
#[derive(Debug, Default)]
pub(crate) struct Said {
    pub(crate) status: ExitStatus,
    /// How many each worker emitted.
    pub(crate) workers: BTreeMap<u64, u64>,
    pub(crate) sinks: BTreeMap<String, Sink>,
    pub(crate) signals: u64,
    pub(crate) late: u64,
    pub(crate) lines: Vec<String>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Sink {
    pub(crate) delivered: u64,
    pub(crate) lost: u64,
    pub(crate) why: String,
}

impl Folder {
    pub(crate) fn new(test: &str) -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let path = std::env::temp_dir().join(format!("vmtrace-sinks-{test}-{}-{count}", std::process::id()));
        fs::create_dir(&path).unwrap();
        Self(path)
    }

    pub(crate) fn path(&self) -> &Path {
        &self.0
    }

    /// A file in it.
    pub(crate) fn file(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    /// Runs an emitter in it to its end. `steps` have blanks between.
    pub(crate) fn run(&self, args: &[&str], steps: &str) -> Said {
        self.start(args, steps).end()
    }

    /// Starts one.
    pub(crate) fn start(&self, args: &[&str], steps: &str) -> Emitter {
        self.start_with(&[], args, steps)
    }

    /// Starts one with more in its environment.
    pub(crate) fn start_with(&self, environment: &[(&str, &str)], args: &[&str], steps: &str) -> Emitter {
        let mut command = tied(Path::new(env!("CARGO_BIN_EXE_emitter")));
        command.args(args).arg("--").args(steps.split_ascii_whitespace()).current_dir(&self.0);
        command.envs(environment.iter().copied());
        for sink in ["OWN", "PEER", "NOW"] {
            command.env(format!("EMITTER_{sink}"), self.file(&sink.to_lowercase()));
        }
        Emitter::start(&mut command)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("left for who looks for the mistake: {}", self.0.display());
        } else {
            fs::remove_dir_all(&self.0).unwrap();
        }
    }
}

impl Emitter {
    fn start(command: &mut Command) -> Self {
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let stdout = BufReader::new(child.stdout.take().unwrap());
        Self { stdin: child.stdin.take(), child, stdout, lines: Vec::new() }
    }

    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Waits until it says `ready`.
    pub(crate) fn ready(&mut self) {
        loop {
            let line = self.line().unwrap_or_else(|| panic!("it ended: {:?}", self.lines));
            if line == "ready" {
                return;
            }
        }
    }

    /// Lets it go on behind a `pause`.
    pub(crate) fn go_on(&mut self) {
        self.stdin.as_mut().unwrap().write_all(b"\n").unwrap();
    }

    fn line(&mut self) -> Option<String> {
        let mut line = String::new();
        let read = self.stdout.read_line(&mut line).unwrap();
        let line = line.trim_end().to_owned();
        self.lines.push(line.clone());
        (read > 0).then_some(line)
    }

    /// Waits for its end.
    pub(crate) fn end(mut self) -> Said {
        while self.line().is_some() {}
        let status = wait_for("the emitter's end", || self.child.try_wait().unwrap());
        let mut said = Said { status, ..Said::default() };
        for line in &self.lines {
            let words: Vec<&str> = line.split(' ').collect();
            let number = |index: usize| words[index].parse::<u64>().unwrap();
            match words[0] {
                "worker" => _ = said.workers.insert(number(1), number(2)),
                "signals" => said.signals = number(1),
                "late" => said.late = number(1),
                "sink" => {
                    let sink = Sink { delivered: number(2), lost: number(3), why: words[4..].join(" ") };
                    said.sinks.insert(words[1].to_owned(), sink);
                }
                _ => {}
            }
        }
        said.lines = std::mem::take(&mut self.lines);
        said
    }
}

impl Drop for Emitter {
    fn drop(&mut self) {
        _ = self.child.kill();
        _ = self.child.wait();
    }
}

impl Said {
    /// How many events of a kind the workers emitted.
    pub(crate) fn emitted(&self) -> u64 {
        self.workers.values().sum()
    }

    pub(crate) fn sink(&self, name: &str) -> &Sink {
        self.sinks.get(name).unwrap_or_else(|| panic!("it has no sink {name}: {:?}", self.lines))
    }

    /// The number behind a word that it said.
    pub(crate) fn number(&self, word: &str) -> u64 {
        let line = self.lines.iter().find_map(|line| line.strip_prefix(word)?.strip_prefix(' '));
        line.unwrap_or_else(|| panic!("no `{word}` in {:?}", self.lines)).parse().unwrap()
    }
}
