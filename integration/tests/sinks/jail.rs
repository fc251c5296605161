//! Every sink in a jail: no file system, no rights, and a filter that kills for any system call but those of the table in
//! `docs/backends.md`. Files and the instance are handed over as descriptors, the daemon's socket is connected before.

use crate::private::{dev_log, run_journal, with_mounts};
use crate::program::Folder;
use crate::routes::Client;
use crate::syslog::Daemon;
use ftrace::{Instance, Tracefs};
use integration::tied;
use integration::wait_for;
use simpletrace::{Reader, Record};
use std::fs::{self, File, OpenOptions};
use std::io::{BufRead, BufReader};
use std::os::fd::{AsRawFd, OwnedFd};
use std::os::unix::net::UnixListener;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

/// As many events are to come everywhere.
const EVENTS: u64 = 200;

/// Hands descriptors over, under the numbers that they have here.
fn hand(command: &mut Command, files: &[&File]) {
    let numbers: Vec<i32> = files.iter().map(|file| file.as_raw_fd()).collect();
    let keep = move || {
        for &number in &numbers {
            // SAFETY: fcntl(2) of a descriptor that is the child's copy: it is to be the new program's.
            if unsafe { libc::fcntl(number, libc::F_SETFD, 0) } < 0 {
                return Err(std::io::Error::last_os_error());
            }
        }
        Ok(())
    };
    // SAFETY: `keep` makes system calls and allocates nothing.
    unsafe { command.pre_exec(keep) };
}

fn events(trace: &Path) -> u64 {
    let mut reader = Reader::new(File::open(trace).unwrap()).unwrap();
    let mut count = 0;
    while let Some(record) = reader.next().unwrap() {
        assert!(matches!(record, Record::Event(event) if event.name() == "conv_none"));
        count += 1;
    }
    count
}

fn lines(log: &Path) -> u64 {
    let log = fs::read_to_string(log).unwrap();
    assert!(log.lines().all(|line| line.ends_with(":conv_none ")), "{log}");
    log.lines().count() as u64
}

struct Jailed(Child);

impl Drop for Jailed {
    fn drop(&mut self) {
        _ = self.0.kill();
        _ = self.0.wait();
    }
}

/// One VMM with all sinks; `settings` are of `-trace`.
fn every_sink(instance: &Instance, settings: &str) {
    let folder = Folder::new("jail");
    let socket = folder.file("socket");
    let daemon = Daemon::start(&socket, false);
    dev_log(folder.path(), &socket);
    run_journal(&socket);
    let append = |name: &str| OpenOptions::new().append(true).create(true).open(folder.file(name)).unwrap();
    let (log, trace, marker) =
        (append("log"), File::create(folder.file("trace")).unwrap(), File::open(instance.path()).unwrap());
    let number = |file: &File| PathBuf::from(format!("/dev/fd/{}", file.as_raw_fd()));
    let listener: OwnedFd = UnixListener::bind(folder.file("qmp")).unwrap().into();
    let mut command = tied(Path::new(env!("CARGO_BIN_EXE_jailed")));
    hand(&mut command, &[&log, &trace, &marker]);
    let sinks = "sink=log,sink=ftrace,sink=syslog,sink=flight";
    command
        // no link is followed to a folder, but from one
        .env(vmtrace::INSTANCE_VARIABLE, number(&marker).join("."))
        .arg("-D")
        .arg(number(&log))
        .arg("-trace")
        .arg(format!("conv_none,sink=simple,file={},{settings}", number(&trace).display()))
        .arg("-trace")
        .arg(format!("conv_none,{sinks},flight={}", folder.file("flight").display()))
        .stdin(Stdio::from(listener))
        .stdout(Stdio::piped());
    let mut vmm = Jailed(command.spawn().unwrap());
    let mut said = String::new();
    BufReader::new(vmm.0.stdout.take().unwrap()).read_line(&mut said).unwrap();
    assert_eq!(said, "jailed\n", "{settings}");
    let mut client = Client::connect(&folder.file("qmp"));
    // from here on the daemon's path is out of reach, and everything goes on
    wait_for("events everywhere", || {
        assert!(vmm.0.try_wait().unwrap().is_none(), "{settings}: it was killed");
        let counts = [lines(&folder.file("log")), events(&folder.file("trace")), daemon.count()];
        counts.iter().all(|&count| count >= EVENTS).then_some(())
    });
    let in_ring = instance.read("trace").unwrap().matches("tracing_mark_write: conv_none").count() as u64;
    assert!(in_ring >= EVENTS, "{settings}: {in_ring}");
    let stats = client.ask("{'execute': 'x-vmtrace-stats'}");
    for sink in stats["sinks"].as_array().unwrap() {
        assert_eq!((sink["available"].as_bool(), sink["lost"].as_u64()), (Some(true), Some(0)), "{sink}");
        assert!(sink["delivered"].as_u64().unwrap() >= EVENTS, "{sink}");
    }
    // a daemon that goes away costs lines, and no more; where threads wait, it is waited for, but not at the end
    let waits = settings.contains("wait=on");
    let lines_sent = daemon.end();
    fs::remove_file(&socket).unwrap();
    let syslog = |client: &mut Client| {
        let stats = client.ask("{'execute': 'x-vmtrace-stats'}");
        let sink =
            stats["sinks"].as_array().unwrap().iter().find(|sink| sink["name"] == "syslog").unwrap().clone();
        (sink["lost"].as_u64().unwrap() > 0)
            .then_some(sink["lost-reason"].as_str().unwrap_or_default().to_owned())
    };
    if !waits {
        let reason = wait_for("lines that nobody takes", || syslog(&mut client));
        assert_eq!(reason, "no daemon listens", "{settings}");
    }
    client.ask("{'execute': 'quit'}");
    let ended = wait_for("its end", || vmm.0.try_wait().unwrap());
    assert!(ended.success(), "{settings}: {ended}");
    let (log, trace) = (lines(&folder.file("log")), events(&folder.file("trace")));
    assert!(log == trace || waits, "{settings}: {log} lines, {trace} events");
    let is_journal = settings.contains("journal");
    for line in &lines_sent {
        let is_right =
            line.starts_with("<30>") != is_journal && line.contains("conv_none") && line.contains("jailed");
        assert!(is_right, "{settings}: {line}");
    }
}

#[test]
fn every_sink_works_in_a_jail() {
    let instance = match Tracefs::find_or_mount().and_then(|(tracefs, _)| Instance::create(&tracefs)) {
        Ok(instance) => instance,
        Err(error) => return eprintln!("SKIP every_sink_works_in_a_jail: {error}"),
    };
    for settings in [
        "log=sync,syslog=sync",
        "log=queued,syslog=queued",
        "log=queued,syslog=queued,wait=on",
        "log=sync,syslog=queued,syslog=journal",
        "log=queued,syslog=sync,syslog=journal",
    ] {
        let path = instance.path().to_owned();
        with_mounts("every_sink_works_in_a_jail", move || {
            every_sink(&Instance::open(&path).unwrap(), settings);
        });
    }
    instance.remove().unwrap();
}
