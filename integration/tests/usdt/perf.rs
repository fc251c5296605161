//! `perf probe` on the notes, and what `perf record` and `perf script` make of hits.

use crate::definitions::Definitions;
use crate::probes::{Argument, Probe, check};
use crate::program::Program;
use crate::tool::{self, Tool};
use integration::wait_for;
use nix::fcntl::{Flock, FlockArg};
use nix::sys::stat::Mode;
use nix::unistd::mkfifo;
use std::fs::{File, OpenOptions};
use std::io::{Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::PathBuf;
use std::process::Command;

/// perf makes an event of each note, records its hits with all arguments, and semaphores are up exactly while it records.
#[test]
fn perf_probe_and_record() {
    let test = "perf_probe_and_record";
    if !tool::are_there(test, &["perf"]) {
        return;
    }
    for program in Program::both(test) {
        let Some(mut definitions) = Definitions::new(test) else { return };
        let events = probe(&program, &mut definitions);
        let (mut traced, mut other) = (program.start(), program.start());

        let (control, answers) = (fifo(&program, "control"), fifo(&program, "answers"));
        let fifos = format!("--control=fifo:{},{}", control.0.display(), answers.0.display());
        let names: Vec<&str> = events.iter().map(|(event, _)| event.as_str()).collect();
        let (names, pid) = (names.join(","), traced.pid().to_string());
        let args = ["record", "-q", "--delay=-1", &fifos, "-e", &names, "-o", "data", "-p", &pid];
        let mut perf = Tool::start("perf", &args, program.folder());
        (&control.1).write_all(b"enable\n").unwrap();
        let mut answer = [0; 5];
        wait_for("perf", || {
            perf.check();
            (&answers.1).read(&mut answer).ok()
        });
        assert_eq!(&answer, b"ack\n\0");

        assert_eq!((traced.on(), other.on()), (program.guarded(), vec![]));
        traced.hit(4);
        other.hit(4);
        let (_, told) = perf.interrupt();
        traced.wait_until_on(&[]);

        let script = perf_in(&program, &["script", "-i", "data", "-F", "event,trace"]);
        let said: Vec<String> = script.lines().filter_map(|line| as_line(line, &events)).collect();
        for probe in &program.probes {
            check(&said, probe, 4, 4, |text| if text.is_some() { "a pointer" } else { "0" }.to_owned())
                .unwrap_or_else(|why| panic!("{why}: {told:#?}\n{script}"));
        }
    }
}

/// Has perf make the events, and says which it made of which probe.
fn probe<'a>(program: &'a Program, definitions: &mut Definitions) -> Vec<(String, &'a Probe)> {
    let path = program.path();
    perf_in(program, &["buildid-cache", "--add", path.to_str().unwrap()]);
    // perf looks for names that are free, then defines them: two at once would take the same
    let _alone = Flock::lock(File::open(definitions.file()).unwrap(), FlockArg::LockExclusive).unwrap();
    let mut events = Vec::new();
    for probe in &program.probes {
        let event = format!("sdt_{}", probe.full_name());
        let told = perf_in(program, &["probe", "--force", "-x", path.to_str().unwrap(), &event]);
        let mut made = told.lines().filter_map(|line| line.trim_start().split_once(" (on %"));
        let name = made.next().unwrap_or_else(|| panic!("{told}")).0.trim_end();
        definitions.adopt(&name.replace(':', "/"));
        events.push((name.to_owned(), probe));
    }
    events
}

/// perf with what it keeps in the program's folder; what it prints, on both outputs.
fn perf_in(program: &Program, args: &[&str]) -> String {
    let mut perf = Command::new("perf");
    perf.arg("--buildid-dir").arg(program.folder().join("buildid"));
    let output =
        perf.args(args).env("HOME", program.folder()).current_dir(program.folder()).output().unwrap();
    let told = String::from_utf8_lossy(&output.stderr) + String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "perf {args:?}: {told}");
    told.into_owned()
}

fn fifo(program: &Program, name: &str) -> (PathBuf, File) {
    let path = program.folder().join(name);
    mkfifo(&path, Mode::S_IRUSR | Mode::S_IWUSR).unwrap();
    // for both, so that nobody waits for the other to open it
    let file = OpenOptions::new().read(true).write(true).custom_flags(libc::O_NONBLOCK).open(&path).unwrap();
    (path, file)
}

/// `sdt_probed:narrow_1: (55d0c3a712d0) arg1=200 arg2=156` as the lines of all tools are.
fn as_line(line: &str, events: &[(String, &Probe)]) -> Option<String> {
    let (event, rest) = line.trim_start().split_once(": (")?;
    let (_, probe) = events.iter().find(|(name, _)| name == event)?;
    let mut said = probe.full_name();
    for (word, argument) in rest.split(" arg").skip(1).zip(probe.arguments) {
        let (_, value) = word.split_once('=')?;
        said.push('|');
        said += &match argument {
            Argument::Text(_) if value != "0" => "a pointer".to_owned(),
            // perf 6.1 prints signed bytes and halves without their sign, C's too; the trace has it
            Argument::Signed(1, _) => i64::from(value.parse::<u8>().ok()?.cast_signed()).to_string(),
            Argument::Signed(2, _) => i64::from(value.parse::<u16>().ok()?.cast_signed()).to_string(),
            _ => value.to_owned(),
        };
    }
    Some(said)
}
