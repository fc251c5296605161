//! A recorder as a process, what it left, and where.

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use recorder::Plan;
use recording::{Exit, Manifest, Recording};
use std::ffi::OsString;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

/// The first argument that makes this program a recorder.
pub(crate) const AS_RECORDER: &str = "--as-recorder";

/// A recorder: `DIR [-e EVENT]... [-b KIB] [--drop] -- COMMAND...`. Prints the instance, then runs.
pub(crate) fn be(arguments: &[OsString]) -> i32 {
    let split = arguments.iter().position(|argument| argument == "--").expect("a -- before the command");
    let mut plan = Plan::new(&arguments[0], &arguments[split + 1..]);
    let mut drop_it = false;
    let mut options = arguments[1..split].iter().map(|option| option.to_str().expect("UTF-8"));
    while let Some(option) = options.next() {
        match option {
            "-e" => plan.events.push(options.next().expect("an event").parse().expect("an event")),
            "-b" => plan.buffer_kb = options.next().expect("a size").parse().expect("a size"),
            _ => drop_it = true,
        }
    }
    let run = || {
        let prepared = plan.prepare()?;
        let instance = prepared.instance().map(Path::to_path_buf);
        println!("{}", instance.unwrap_or_default().display());
        std::io::stdout().flush().expect("standard output");
        for notice in prepared.notices().iter().map(String::as_str).chain(prepared.kernel_missing()) {
            eprintln!("{notice}");
        }
        if drop_it { Ok(None) } else { prepared.run().map(Some) }
    };
    match run() {
        Ok(None) => 0,
        Ok(Some(outcome)) => {
            for notice in outcome.notices {
                eprintln!("{notice}");
            }
            match outcome.exit {
                Exit::Status(status) => status,
                Exit::Signal(signal) => 128 + signal,
                Exit::Running => panic!("it was waited for"),
            }
        }
        Err(error) => {
            eprintln!("{error}");
            i32::from(recorder::Error::status(&error))
        }
    }
}

/// Why these tests cannot run here.
pub(crate) fn lacking() -> Option<String> {
    if !nix::unistd::geteuid().is_root() {
        return Some("not root".into());
    }
    ftrace::Tracefs::find().err().map(|error| error.to_string())
}

/// A folder of the test's own, gone when it ends.
pub(crate) struct Scratch(PathBuf);

impl Scratch {
    pub(crate) fn new() -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let name = format!("recorder-{}-{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
        let path = std::env::temp_dir().join(name);
        std::fs::create_dir(&path).unwrap();
        Self(path)
    }

    pub(crate) fn path(&self) -> &Path {
        &self.0
    }

    /// Where the recording goes.
    pub(crate) fn dir(&self) -> PathBuf {
        self.0.join("recording")
    }

    pub(crate) fn load(&self) -> Manifest {
        Recording::open(&self.dir()).unwrap().load().unwrap()
    }

    /// All cpus' pages, one after the other.
    pub(crate) fn pages(&self) -> Vec<u8> {
        let recording = Recording::open(&self.dir()).unwrap();
        let mut pages = Vec::new();
        for ring in self.load().kernel.unwrap().cpus {
            pages.extend(std::fs::read(recording.cpu_path(ring.cpu)).unwrap());
        }
        assert_eq!(pages.len() % 4096, 0, "whole pages");
        pages
    }

    pub(crate) fn has(&self, text: &str) -> bool {
        self.pages().windows(text.len()).any(|part| part == text.as_bytes())
    }

    /// Runs a recorder to its end.
    pub(crate) fn record(&self, options: &[&str], command: &[&str]) -> Ended {
        self.start(options, command).wait()
    }

    /// Starts a recorder.
    pub(crate) fn start(&self, options: &[&str], command: &[&str]) -> Recorder {
        Recorder::start(self.command(options, command))
    }

    /// A recorder that has not started.
    pub(crate) fn command(&self, options: &[&str], command: &[&str]) -> Command {
        let mut recorder = Command::new(std::env::current_exe().unwrap());
        recorder
            .arg(AS_RECORDER)
            .arg(self.dir())
            .args(options)
            .arg("--")
            .args(command)
            .current_dir(self.path());
        recorder
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        std::fs::remove_dir_all(&self.0).unwrap();
    }
}

/// A recorder that runs, in a process group of its own.
pub(crate) struct Recorder {
    child: Child,
    out: BufReader<std::process::ChildStdout>,
    pub(crate) instance: PathBuf,
}

/// One that has ended.
#[derive(Debug)]
pub(crate) struct Ended {
    pub(crate) status: Option<i32>,
    /// What it had to tell.
    pub(crate) told: String,
    /// What the command printed.
    pub(crate) out: String,
    pub(crate) instance: PathBuf,
}

impl Recorder {
    /// Returns once the instance is there (or is known not to come).
    pub(crate) fn start(mut command: Command) -> Self {
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        Self::attach(command.process_group(0).spawn().unwrap())
    }

    pub(crate) fn attach(mut child: Child) -> Self {
        let mut out = BufReader::new(child.stdout.take().unwrap());
        let mut instance = String::new();
        out.read_line(&mut instance).unwrap();
        Self { child, out, instance: PathBuf::from(instance.trim_end()) }
    }

    /// A line of what the command prints.
    pub(crate) fn line(&mut self) -> String {
        let mut line = String::new();
        self.out.read_line(&mut line).unwrap();
        line
    }

    pub(crate) fn send(&self, signal: Signal) {
        kill(Pid::from_raw(self.child.id().try_into().unwrap()), signal).unwrap();
    }

    /// The keeper, whose number is in the name of the instance.
    pub(crate) fn keeper(&self) -> Pid {
        let name = self.instance.file_name().unwrap().to_str().unwrap();
        let pid = name.split('-').nth(1).unwrap().parse().unwrap();
        let comm = std::fs::read_to_string(format!("/proc/{pid}/comm")).unwrap();
        assert_eq!(comm, "vmtrace-keeper\n");
        Pid::from_raw(pid)
    }

    pub(crate) fn wait(mut self) -> Ended {
        let (mut out, mut told) = (String::new(), String::new());
        self.out.read_to_string(&mut out).unwrap();
        self.child.stderr.take().unwrap().read_to_string(&mut told).unwrap();
        let status = self.child.wait().unwrap().code();
        Ended { status, told, out, instance: self.instance }
    }
}

/// Waits until something holds, for a long time: the machine may be busy.
pub(crate) fn eventually(what: &str, holds: impl Fn() -> bool) {
    let start = Instant::now();
    while !holds() {
        assert!(start.elapsed() < Duration::from_secs(60), "{what}");
        std::thread::sleep(Duration::from_millis(20));
    }
}
