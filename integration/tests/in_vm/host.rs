//! The host's side: boots what the tests that are left ask for, and reports each test as it ends.
//!
//! A test's result comes by two files in a folder that both sides see: `NAME.output`, there once it has begun, and
//! `NAME.status`, there once it has ended. So a guest that dies tells in which test.

use crate::inside::{DEMO_VMM, TEST_VARIABLE, TESTS};
use crate::machine::Machine;
use integration::vm::{self, Error, Folder, Outcome};
use libtest_mimic::{Arguments, Failed, Trial};
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::ExitCode;
use std::sync::{Arc, OnceLock};
use std::thread::{self, JoinHandle};
use std::time::Duration;

/// Seconds that a test may take inside.
const TEST_TIMEOUT: u32 = 300;

pub(crate) fn run(arguments: &Arguments) -> ExitCode {
    let tests = || {
        TESTS.iter().flat_map(|(topic, tests)| {
            tests.iter().map(move |test| (format!("{topic}::{}", test.name), test.machine))
        })
    };
    let mut asked_for: BTreeMap<Machine, Vec<String>> = BTreeMap::new();
    for (name, machine) in tests() {
        let trial = Trial::test(&name, || Ok(())).with_kind(machine.name);
        let tests = asked_for.entry(machine).or_default();
        if !arguments.is_filtered_out(&trial) {
            tests.push(name);
        }
    }
    // all of a machine one after the other, so that its VM has ended when the next begins
    let boots: Vec<Arc<Boot>> = asked_for
        .into_iter()
        .map(|(machine, tests)| Arc::new(Boot::new(machine, tests, arguments.nocapture)))
        .collect();
    let mut trials = Vec::new();
    for boot in &boots {
        for (name, machine) in tests().filter(|(_, machine)| *machine == boot.machine) {
            let (boot, to_report) = (Arc::clone(boot), name.clone());
            trials.push(Trial::test(name, move || boot.report(&to_report)).with_kind(machine.name));
        }
    }
    let arguments = Arguments { test_threads: Some(1), ..arguments.clone() };
    libtest_mimic::run(&arguments, trials).exit_code()
}

/// What the guest runs: each test as a process of its own, so that one that dies takes no other with it.
fn script() -> Result<String, Error> {
    let program = std::env::current_exe().map_err(|source| Error::Io {
        path: "/proc/self/exe".into(),
        call: "readlink",
        source,
    })?;
    let quoted = |path: &Path| format!("'{}'", vm::inside(path).display().to_string().replace('\'', r"'\''"));
    // target/PROFILE/deps/in_vm-HASH, and the programs of the workspace in target/PROFILE
    let vmtrace = program.ancestors().nth(2).unwrap_or(&program).join("vmtrace");
    let (program, vmtrace) = (quoted(&program), quoted(&vmtrace));
    Ok(format!(
        "modprobe -q kvm_amd
        ln -s {program} /usr/local/bin/{DEMO_VMM}
        [ ! -e {vmtrace} ] || ln -s {vmtrace} /usr/local/bin/vmtrace
        while read -r test; do
            {TEST_VARIABLE}=$test timeout -k 5 {TEST_TIMEOUT} {program} < /dev/null > $test.output 2>&1
            echo $? > $test.status.new
            mv $test.status.new $test.status
        done < tests
        "
    ))
}

/// One boot of a machine, and the tests that it is for.
struct Boot {
    machine: Machine,
    tests: Vec<String>,
    /// Whether to show what a test that passes prints.
    tell: bool,
    started: OnceLock<Result<Started, Error>>,
}

/// A VM that runs, or has run.
struct Started {
    folder: Folder,
    /// Gone once the VM has ended.
    thread: Option<JoinHandle<()>>,
    ended: Arc<OnceLock<Result<Outcome, Error>>>,
}

impl Boot {
    fn new(machine: Machine, tests: Vec<String>, tell: bool) -> Self {
        Self { machine, tests, tell, started: OnceLock::new() }
    }

    /// Starts the VM if this is the first test of it, and waits for the test's end.
    fn report(&self, test: &str) -> Result<(), Failed> {
        let Started { folder, ended, .. } = match self.started.get_or_init(|| self.start()) {
            Ok(started) => started,
            Err(error) => return Err(error.into()),
        };
        let read = |kind: &str| {
            let bytes = fs::read(folder.path().join(format!("{test}.{kind}")));
            bytes.map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
        };
        loop {
            // in this order: one that ended just before the VM did has its status
            let ended = ended.get();
            let status = read("status");
            let output = read("output");
            match (status, ended) {
                (Ok(status), _) => {
                    let output = output?;
                    for line in output.lines().filter(|line| self.tell || line.starts_with("SKIP ")) {
                        eprintln!("{line}");
                    }
                    return match status.trim() {
                        "0" => Ok(()),
                        "124" | "137" => Err(format!("not done after {TEST_TIMEOUT} s\n{output}").into()),
                        status => Err(format!("exit status {status}\n{output}").into()),
                    };
                }
                (Err(_), None) => thread::sleep(Duration::from_millis(20)),
                (Err(_), Some(Err(missing @ Error::Missing { .. }))) => {
                    eprintln!("SKIP {test}: {missing}");
                    return Ok(());
                }
                (Err(_), Some(how)) => {
                    let when = match &output {
                        Ok(output) => format!("the VM ended during this test, which had printed:\n{output}"),
                        Err(_) => "the VM ended before this test began".to_owned(),
                    };
                    let how = match how {
                        Ok(outcome) => {
                            format!("status {}:\n{}{}", outcome.status, outcome.output, outcome.serial)
                        }
                        Err(error) => error.to_string(),
                    };
                    return Err(format!("{when}\n{how}").into());
                }
            }
        }
    }

    /// Runs the VM on a thread of its own.
    fn start(&self) -> Result<Started, Error> {
        let (script, folder) = (script()?, Folder::new()?);
        let tests = folder.path().join("tests");
        fs::write(&tests, self.tests.join("\n") + "\n").map_err(|source| Error::Io {
            path: tests,
            call: "write",
            source,
        })?;
        let timeout = Duration::from_secs(60 + u64::from(TEST_TIMEOUT) * self.tests.len() as u64);
        let (machine, share) = (self.machine, folder.path().to_owned());
        let ended = Arc::default();
        let to_tell: Arc<OnceLock<_>> = Arc::clone(&ended);
        let thread = thread::spawn(move || {
            let run = || machine.vm()?.share(&share).timeout(timeout).run(&script);
            _ = to_tell.set(run());
        });
        Ok(Started { folder, thread: Some(thread), ended })
    }
}

impl Drop for Started {
    /// Lets the VM end by itself, before its folder goes.
    fn drop(&mut self) {
        _ = self.thread.take().map(JoinHandle::join);
    }
}
