//! `tracetool batch`: many outputs in one process, of a source tree or of a list of jobs.

mod call;
mod depfile;
mod dtrace;
mod words;

use crate::generate::{self, Failure, print};
use call::{Call, Unlisted};
use std::collections::HashSet;
use std::ffi::OsString;
use std::fmt::Write as _;
use std::io;
use std::path::{Path, PathBuf};
use std::thread;
use trace_events::Rule;
use tracetool::batch::{self, Done, Job};
use tracetool::tree::{Plan, Script, Tree};
use tracetool::{Error, file};

/// The longest list of jobs, in bytes.
const LONGEST_JOBS: u64 = 64 << 20;

/// Does what the command line says.
pub(crate) fn run(args: &[OsString]) -> Result<(), Failure> {
    let call = Call::read(args)?;
    if call.help {
        return print(call::HELP);
    }
    match (&call.jobs, &call.tree) {
        (Some(list), None) => {
            let jobs = read_jobs(list)?;
            let lists = if list == Path::new("-") { Vec::new() } else { vec![list.clone()] };
            make(&call, &jobs, &lists)
        }
        (None, Some(root)) => of_tree(&call, root),
        _ => Err(Failure::BatchUsage(
            "name a source tree with --tree, or a list of jobs with --jobs".to_owned(),
        )),
    }
}

/// A job a line, in the words of the command line.
fn read_jobs(list: &Path) -> Result<Vec<Job>, Failure> {
    let (name, text) = if list == Path::new("-") {
        let name = "standard input";
        (name.to_owned(), file::read_from(io::stdin().lock(), Path::new(name), LONGEST_JOBS)?)
    } else {
        (file::name(list), file::read(list, LONGEST_JOBS)?)
    };
    let (mut jobs, mut errors) = (Vec::new(), Vec::new());
    for (line, number) in text.split(|&byte| byte == b'\n').zip(1u32..) {
        let words = std::str::from_utf8(line).map_err(|_| "this line is not UTF-8".to_owned());
        let words = words.and_then(words::split);
        let job = match words {
            Ok(words) if words.is_empty() => continue,
            Ok(words) => {
                let words: Vec<OsString> = words.into_iter().map(OsString::from).collect();
                generate::job(&words).map_err(|failure| match failure {
                    Failure::Usage(message) => message,
                    failure => failure.to_string(),
                })
            }
            Err(message) => Err(message),
        };
        match job {
            Ok(job) => jobs.push(job),
            Err(message) => errors.push(Error::List { file: name.clone(), line: number, message }),
        }
    }
    if errors.is_empty() { Ok(jobs) } else { Err(Failure::Batch(errors)) }
}

fn of_tree(call: &Call, root: &Path) -> Result<(), Failure> {
    let output =
        call.output.as_deref().ok_or_else(|| Failure::BatchUsage("--output=FOLDER is missing".to_owned()))?;
    if call.backends.is_empty() {
        return Err(Failure::BatchUsage("--backends=BACKEND[,BACKEND...] is missing".to_owned()));
    }
    let mut tree = Tree::read(root, &call.lists, &call.settings).map_err(Failure::Batch)?;
    for name in call.settings.names().filter(|name| !tree.conditions.contains(*name)) {
        let known: Vec<&str> = tree.conditions.iter().map(String::as_str).collect();
        let known = if known.is_empty() { "it has no condition".to_owned() } else { known.join(", ") };
        warn(&format!("--set {name}: the list of folders does not ask for it ({known})"));
    }
    tree.leave_out(&call.except);
    // what a build made lies outside of the tree, or where nobody looks for sources
    let except: Vec<PathBuf> =
        call.except.iter().map(|folder| root.join(folder)).chain([output.to_path_buf()]).collect();
    if matches!(call.unlisted, Unlisted::Deny | Unlisted::Take) {
        let unlisted = tree.unlisted(&except);
        unlisted.errors.iter().for_each(|error| warn(&error.to_string()));
        if call.unlisted == Unlisted::Take {
            tree.folders.extend(unlisted.folders);
        } else if !unlisted.folders.is_empty() {
            let errors = unlisted.folders.into_iter().map(|folder| Error::Unlisted(tree.events_of(&folder)));
            return Err(Failure::Batch(errors.collect()));
        }
    }
    if !call.force {
        tree.check_output(output)?;
    }
    let formats =
        if call.formats.is_empty() { Plan::default_formats(&call.backends) } else { call.formats.clone() };
    let script = call
        .probe_prefix
        .clone()
        .map(|probe_prefix| Script { binary: call.binary.clone().unwrap_or_default(), probe_prefix });
    let plan = Plan {
        output: output.to_path_buf(),
        layout: call.layout.unwrap_or(tree.layout),
        backends: call.backends.clone(),
        formats,
        extra: call.extra.clone(),
        script,
        bug_compatible: call.bug_compatible,
        cxx: call.cxx,
    };
    let jobs = plan.jobs(&tree)?;
    thread::scope(|scope| {
        // a walk through a whole tree takes as long as all the rest
        let walk = (call.unlisted == Unlisted::Warn && !call.list_outputs)
            .then(|| scope.spawn(|| tree.unlisted(&except)));
        let made = make(call, &jobs, &tree.lists);
        if let Err(Failure::Batch(errors)) = &made
            && errors.iter().any(has_duplicate)
        {
            let set: HashSet<&str> = call.settings.names().collect();
            let unset: Vec<&str> =
                tree.conditions.iter().map(String::as_str).filter(|name| !set.contains(name)).collect();
            if !unset.is_empty() {
                warn(&format!(
                    "the folders of every branch are taken where a condition is not set: --set NAME=VALUE for {}",
                    unset.join(", ")
                ));
            }
        }
        if let Some(Ok(unlisted)) = walk.map(thread::ScopedJoinHandle::join) {
            unlisted.errors.iter().for_each(|error| warn(&error.to_string()));
            for folder in &unlisted.folders {
                warn(&format!("{}", Error::Unlisted(tree.events_of(folder))));
            }
        }
        made
    })
}

/// Makes all, tells about it, and leaves word for the build system.
fn make(call: &Call, jobs: &[Job], lists: &[PathBuf]) -> Result<(), Failure> {
    if call.list_outputs {
        let mut lines = String::new();
        for job in jobs {
            lines.push_str(&job.output.to_string_lossy());
            lines.push('\n');
        }
        return print(&lines);
    }
    let mut seen = HashSet::new();
    let inputs = jobs.iter().flat_map(|job| &job.inputs).chain(lists).map(PathBuf::as_path);
    let inputs: Vec<&Path> = inputs.filter(|input| seen.insert(*input)).collect();
    check_places(call, jobs, &inputs)?;
    let done = batch::run(jobs, call.force).map_err(Failure::Batch)?;
    if let Some(program) = &call.dtrace {
        dtrace::run(program, jobs, &done.written)?;
    }
    if let Some(depfile) = &call.depfile {
        let outputs: Vec<&Path> = match &call.stamp {
            Some(stamp) => vec![stamp],
            None => jobs.iter().map(|job| job.output.as_path()).collect(),
        };
        file::replace(depfile, depfile::text(&outputs, &inputs).as_bytes())?;
    }
    if let Some(stamp) = &call.stamp {
        // its time is its message
        file::replace(stamp, b"")?;
    }
    print(&summary(call, jobs, &done))
}

/// Refuses to leave word for the build system over anything else.
fn check_places(call: &Call, jobs: &[Job], inputs: &[&Path]) -> Result<(), Error> {
    let others = [None, call.stamp.as_ref()];
    for (path, other) in [&call.stamp, &call.depfile].into_iter().zip(others) {
        let Some(path) = path else { continue };
        let outputs = jobs.iter().map(|job| &job.output).chain(other);
        // most have another name, which is soon seen
        let mut outputs = outputs.filter(|output| output.file_name() == path.file_name());
        if outputs.any(|output| file::name(output) == file::name(path)) {
            return Err(Error::SameOutput(path.clone()));
        }
    }
    if call.force {
        return Ok(());
    }
    let inputs = || inputs.iter().copied();
    if let Some(stamp) = &call.stamp {
        file::check_is_ours(stamp, inputs(), 1, |_| false)?;
    }
    if let Some(depfile) = &call.depfile {
        file::check_is_ours(depfile, inputs(), depfile::HEAD, depfile::is_one)?;
    }
    Ok(())
}

fn summary(call: &Call, jobs: &[Job], done: &Done) -> String {
    let Done { groups, events, written, unchanged } = done;
    let mut text = String::new();
    for path in written.iter().filter(|_| call.verbose) {
        let _ = writeln!(text, "{}", path.display());
    }
    let (outputs, written) = (jobs.len(), written.len());
    let _ = writeln!(
        text,
        "{groups} groups, {events} events, {outputs} outputs: {written} written, {unchanged} unchanged"
    );
    text
}

/// Whether two files declare an event, which those of a group must not. All groups together are one for LTTng and
/// SystemTap, where folders that no build has at once meet.
fn has_duplicate(error: &Error) -> bool {
    match error {
        Error::Declarations(found) => found.iter().any(|found| found.rule == Rule::DuplicateEvent),
        _ => false,
    }
}

fn warn(message: &str) {
    eprintln!("tracetool: warning: {message}");
}
