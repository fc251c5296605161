//! What is to be recorded, and everything up to the moment when the command may start.

use crate::channel::{Channel, Report};
use crate::keeper::{self, Job};
use crate::launch::Program;
use crate::logs::Log;
use crate::session::Prepared;
use crate::{Error, Event, events, program, qemu};
use nix::sys::utsname::{UtsName, uname};
use nix::unistd::{SysconfVar, sysconf};
use recording::{Command, Host, LogFile, Manifest, Recording};
use std::ffi::OsString;
use std::path::{Path, PathBuf};

/// What each cpu's ring holds unless told otherwise, KiB. At the million events a second that a booting QEMU makes of
/// `kvm_emulate_insn` this is some 80 ms, of which half are left to the keeper.
pub const DEFAULT_BUFFER_KB: u64 = 4096;

/// What is to be recorded.
#[derive(Clone, Debug)]
pub struct Plan {
    /// The program and its arguments. The program is looked for as `execvp` does.
    pub command: Vec<OsString>,
    /// The recording's folder. An earlier recording in it is replaced.
    pub dir: PathBuf,
    /// Events beyond the usual ones (kvm's entries, exits and accesses, and KVM_RUN), or usual ones with a filter.
    pub events: Vec<Event>,
    /// The size of each cpu's ring, in KiB.
    pub buffer_kb: u64,
    /// Logs that the command itself writes into the folder's `log/`; the paths are relative to the folder.
    pub logs: Vec<LogFile>,
}

impl Plan {
    /// Records `command` into `dir`, with the usual events.
    #[must_use]
    pub fn new(dir: impl Into<PathBuf>, command: impl IntoIterator<Item = impl Into<OsString>>) -> Self {
        Self {
            command: command.into_iter().map(Into::into).collect(),
            dir: dir.into(),
            events: Vec::new(),
            buffer_kb: DEFAULT_BUFFER_KB,
            logs: Vec::new(),
        }
    }

    /// Sets everything up: the folder, the kernel's instance, and the process that keeps what comes. Nothing of the
    /// command runs yet (except QEMU's `--version`, if it is one that traces).
    ///
    /// # Errors
    /// Any [`Error`]; nothing is left behind then, and an earlier recording in the folder is untouched if the command
    /// cannot be run.
    pub fn prepare(self) -> Result<Prepared, Error> {
        let mut program = Program::find(&self.command)?;
        let dir = std::path::absolute(&self.dir).map_err(Error::system("find the current folder"))?;
        let threads = threads()?;
        if threads != 1 {
            return Err(Error::Threads { count: threads });
        }
        Recording::check(&dir)?;

        let mut additions = additions(&self.command, &dir)?;
        program.add(&additions.added)?;
        let logs = self
            .logs
            .iter()
            .map(|log| Log { template: dir.join(&log.path), form: log.form, inside: true })
            .chain(additions.log.take())
            .collect();
        let recording = Recording::create(&dir)?;
        let manifest = Manifest {
            command: Command {
                argv: program.to_strings(),
                added: additions.added.iter().map(|added| added.to_string_lossy().into_owned()).collect(),
                pid: None,
            },
            host: host(),
            notices: additions.notices,
            ..Manifest::default()
        };
        let job = Job {
            recording: recording.clone(),
            manifest,
            logs,
            events: events::choose(&self.events),
            buffer_kb: self.buffer_kb,
        };
        let keeper = match keeper::fork_off(job) {
            Ok(keeper) => keeper,
            Err(error) => {
                recording.remove()?;
                return Err(error);
            }
        };
        await_ready(keeper, recording, program)
    }
}

fn await_ready(keeper: Channel, recording: Recording, program: Program) -> Result<Prepared, Error> {
    match keeper.receive().map_err(Error::system("hear from the keeper"))? {
        Some(Report::Ready { instance, missing, notices, cleared }) => {
            Ok(Prepared { keeper, recording, program, instance, missing, notices, cleared })
        }
        Some(Report::Failed(why)) => Err(Error::Keeper(why)),
        other => Err(Error::Keeper(format!("the keeper ended while it set up the recording ({other:?})"))),
    }
}

/// What the command needs on top so that its log can be lined up.
fn additions(command: &[OsString], dir: &Path) -> Result<qemu::Additions, Error> {
    let Some((qemu, arguments)) = qemu::find(command).and_then(|at| command[at..].split_first()) else {
        return Ok(qemu::Additions::default());
    };
    if !qemu::is_traced(arguments) {
        return Ok(qemu::Additions::default());
    }
    let asked = program::find(qemu, std::env::var_os("PATH").as_deref())
        .map_err(|error| error.to_string())
        .and_then(|program| qemu::Version::ask(&program));
    match asked {
        Ok(version) => {
            let cwd = std::env::current_dir().map_err(Error::system("find the current folder"))?;
            qemu::plan(version, arguments, &dir.join("log"), &cwd)
        }
        Err(why) => {
            let notice = format!(
                "QEMU's log will not be lined up: {} does not tell its version: {why}",
                qemu.display()
            );
            Ok(qemu::Additions { notices: vec![notice], ..qemu::Additions::default() })
        }
    }
}

/// How many threads this process has (proc(5), /proc/pid/task).
fn threads() -> Result<usize, Error> {
    Ok(std::fs::read_dir("/proc/self/task").map_err(Error::system("read /proc/self/task"))?.count())
}

fn host() -> Host {
    let uname = uname().ok();
    let text = |part: Option<&std::ffi::OsStr>| part.unwrap_or_default().to_string_lossy().into_owned();
    Host {
        release: text(uname.as_ref().map(UtsName::release)),
        machine: text(uname.as_ref().map(UtsName::machine)),
        page_size: sysconf(SysconfVar::PAGE_SIZE)
            .ok()
            .flatten()
            .and_then(|size| u32::try_from(size).ok())
            .unwrap_or(4096),
    }
}
