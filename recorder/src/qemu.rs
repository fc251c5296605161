//! What QEMU must be asked for so that its log can be lined up: times in its lines, and a file that we know.
//!
//! How QEMU reads its command line was tried on 7.2: of several `-d`, of several `-D` and of several `-msg` the last one
//! alone counts, whole; so additions go to the end and repeat what they would otherwise undo. `-trace file=X` wins
//! over `-D`.

use crate::Error;
use crate::asking::ask;
use crate::logs::Log;
use recording::LogForm;
use std::ffi::{OsStr, OsString};
use std::fmt;
use std::os::unix::ffi::{OsStrExt as _, OsStringExt as _};
use std::path::{Path, PathBuf};

/// From this version a line of the log has an ISO 8601 time and no thread. Release candidates of 10.2 call themselves
/// 10.1.90 and up.
const WITHOUT_THREAD: Version = Version(10, 1, 90);

/// QEMU's version, as `--version` tells it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Version(pub(crate) u32, pub(crate) u32, pub(crate) u32);

impl Version {
    /// Asks a program that is called like QEMU.
    ///
    /// # Errors
    /// Why it did not tell, for the operator.
    pub(crate) fn ask(program: &Path) -> Result<Self, String> {
        ask(program, &["--version"], "", Self::parse)
    }

    /// Reads `QEMU emulator version 7.2.22 (Debian 1:7.2+dfsg-7+deb12u18+b3)`.
    fn parse(line: &str) -> Option<Self> {
        let (_, numbers) = line.split_once("QEMU emulator version ")?;
        let end = numbers.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(numbers.len());
        let mut parts = numbers[..end].split('.').map(str::parse);
        let mut part = || parts.next().and_then(Result::ok);
        Some(Self(part()?, part()?, part().unwrap_or(0)))
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.0, self.1, self.2)
    }
}

/// What is added to a command line, and what comes of it.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Additions {
    /// Arguments for the end of the command line.
    pub(crate) added: Vec<OsString>,
    /// Where the log will be.
    pub(crate) log: Option<Log>,
    /// What the operator should know.
    pub(crate) notices: Vec<String>,
}

/// Programs that run the command which is in their own arguments.
const WRAPPERS: [&str; 14] = [
    "chrt", "env", "ionice", "nice", "nohup", "numactl", "prlimit", "setpriv", "setsid", "stdbuf", "sudo",
    "taskset", "time", "timeout",
];

/// Where in a command QEMU is: first, or behind a program such as `timeout` that runs it.
pub(crate) fn find(command: &[OsString]) -> Option<usize> {
    let wrapped =
        command.first().is_some_and(|first| WRAPPERS.iter().any(|wrapper| name(first) == wrapper.as_bytes()));
    let looked_at = if wrapped { command.len() } else { 1 };
    command.iter().take(looked_at).position(|part| is_qemu(part))
}

fn is_qemu(program: &OsStr) -> bool {
    let name = name(program);
    let system = name.strip_prefix(b"qemu-system-");
    system.is_some_and(|rest| rest.iter().all(|byte| byte.is_ascii_alphanumeric() || *byte == b'_'))
        || name == b"qemu-kvm"
        || name == b"kvm"
}

fn name(program: &OsStr) -> &[u8] {
    Path::new(program).file_name().unwrap_or_default().as_bytes()
}

/// Whether the arguments switch on any of QEMU's own events. If not, its log is no business of ours.
pub(crate) fn is_traced(arguments: &[OsString]) -> bool {
    Given::read(arguments).traced
}

/// Works out what to add to `arguments` (without the program), for a recording whose logs are kept in `log_dir`.
/// Relative names in the arguments are meant from the folder `cwd`.
///
/// # Errors
/// [`Error::FolderName`] if QEMU would misread the name of `log_dir`.
pub(crate) fn plan(
    version: Version,
    arguments: &[OsString],
    log_dir: &Path,
    cwd: &Path,
) -> Result<Additions, Error> {
    let given = Given::read(arguments);
    let mut plan = Additions::default();
    if !given.traced {
        return Ok(plan);
    }
    if !add_times(&given, &mut plan) {
        return Ok(plan);
    }

    let threads_apart = given.items.as_ref().is_some_and(|items| lists(items, "tid"));
    let file = given.trace_file.or(given.log_file);
    let template = file.as_ref().is_some_and(|file| is_template(file));
    let form = if version < WITHOUT_THREAD { LogForm::Qemu } else { LogForm::QemuPerThread };
    if form == LogForm::QemuPerThread && !threads_apart {
        if let (Some(file), false) = (&file, template) {
            plan.notices.push(format!(
                "QEMU's log will not be lined up: from 10.2 its lines do not name their thread, and a log to {} alone \
                 cannot tell it either; leave the file's name out, or give it a %d",
                file.display()
            ));
            return Ok(plan);
        }
        let items = match given.items {
            Some(mut items) => {
                items.push(",tid");
                items
            }
            None => "tid".into(),
        };
        plan.added.extend(["-d".into(), items]);
    }
    plan.log = Some(if let Some(file) = file {
        Log { template: cwd.join(file), form, inside: false }
    } else {
        if log_dir.as_os_str().as_bytes().contains(&b'%') {
            return Err(Error::FolderName { dir: log_dir.to_path_buf() });
        }
        let apart = threads_apart || form == LogForm::QemuPerThread;
        let template = log_dir.join(if apart { "log.%d" } else { "qemu.log" });
        plan.added.extend(["-D".into(), template.clone().into()]);
        Log { template, form, inside: true }
    });
    if !plan.added.is_empty() {
        let added: Vec<_> = plan.added.iter().map(|argument| argument.to_string_lossy()).collect();
        plan.notices
            .push(format!("added to QEMU's arguments, so that its log can be lined up: {}", added.join(" ")));
    }
    Ok(plan)
}

/// Sees to it that lines have times; `false` if the user will not have them.
fn add_times(given: &Given, plan: &mut Additions) -> bool {
    let Some(options) = &given.message else {
        plan.added.extend(["-msg".into(), "timestamp=on".into()]);
        return true;
    };
    let timestamp = parse_options(options, "timestamp").into_iter().rfind(|(key, _)| key == b"timestamp");
    match timestamp {
        Some((_, value)) if value == b"on" => true,
        Some(_) => {
            plan.notices.push(
                "QEMU's log will not be lined up: -msg timestamp=off leaves its lines without times".into(),
            );
            false
        }
        None => {
            let mut options = options.clone();
            options.push(",timestamp=on");
            plan.added.extend(["-msg".into(), options]);
            true
        }
    }
}

/// What the arguments say about the log: for each option the last one, which is the one that QEMU takes.
#[derive(Default)]
struct Given {
    traced: bool,
    trace_file: Option<PathBuf>,
    log_file: Option<PathBuf>,
    items: Option<OsString>,
    message: Option<OsString>,
}

impl Given {
    fn read(arguments: &[OsString]) -> Self {
        let mut given = Self::default();
        let mut rest = arguments.iter();
        while let Some(option) = rest.next() {
            let name = option.as_bytes();
            // An option may have one dash or two; the value is always the next argument, whatever it looks like.
            let name = name.strip_prefix(b"--").or_else(|| name.strip_prefix(b"-"));
            match name {
                Some(b"trace") => {
                    given.traced = true;
                    let Some(value) = rest.next() else { break };
                    let file = parse_options(value, "enable").into_iter().rfind(|(key, _)| key == b"file");
                    given.trace_file =
                        file.map(|(_, file)| OsString::from_vec(file).into()).or(given.trace_file);
                }
                Some(b"D") => given.log_file = rest.next().map(PathBuf::from),
                Some(b"d") => given.items = rest.next().cloned(),
                Some(b"msg") => given.message = rest.next().cloned(),
                // Free text for the guest, which may look like anything.
                Some(b"append" | b"name" | b"fw_cfg") => drop(rest.next()),
                _ => {}
            }
        }
        given.traced |= given.items.as_ref().is_some_and(|items| lists_start(items, "trace:"));
        given
    }
}

/// Splits QEMU's `key=value,key=value`. A doubled comma stands for one (qemu-options, "-name"); `implied` is the key of
/// a first part that has none; a later part without a value is a switch that is on.
fn parse_options(text: &OsStr, implied: &str) -> Vec<(Vec<u8>, Vec<u8>)> {
    let mut parts = vec![Vec::new()];
    let mut bytes = text.as_bytes().iter().copied().peekable();
    while let Some(byte) = bytes.next() {
        if byte == b',' && bytes.next_if_eq(&b',').is_none() {
            parts.push(Vec::new());
        } else if let Some(part) = parts.last_mut() {
            part.push(byte);
        }
    }
    let split = |(index, part): (usize, Vec<u8>)| match part.iter().position(|byte| *byte == b'=') {
        Some(at) => (part[..at].to_vec(), part[at + 1..].to_vec()),
        // Of -msg the first part is a switch as well: `-msg timestamp` is on.
        None if index == 0 && implied != "timestamp" => (implied.into(), part),
        None => (part, b"on".to_vec()),
    };
    parts.into_iter().enumerate().map(split).collect()
}

fn lists(items: &OsStr, item: &str) -> bool {
    items.as_bytes().split(|byte| *byte == b',').any(|one| one == item.as_bytes())
}

fn lists_start(items: &OsStr, start: &str) -> bool {
    items.as_bytes().split(|byte| *byte == b',').any(|one| one.starts_with(start.as_bytes()))
}

fn is_template(file: &Path) -> bool {
    file.as_os_str().as_bytes().windows(2).any(|two| two == b"%d")
}

#[cfg(test)]
#[path = "qemu_tests.rs"]
mod tests;
