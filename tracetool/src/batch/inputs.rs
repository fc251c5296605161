//! The files of events of a batch, each read once, and the groups that they make.

use super::{Job, Makes, Output, all_or_errors, cores};
use crate::c::BANNER;
use crate::{Error, Group, file};
use std::borrow::Cow;
use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread;
use trace_events::File;

/// A group is its name and its files.
type Key<'a> = (&'a str, &'a [PathBuf]);

fn key<'a>(job: &'a Job, output: &'a Output) -> Key<'a> {
    (&output.group, &job.inputs)
}

/// All that was read.
pub(super) struct Inputs<'a> {
    files: HashMap<&'a Path, Input>,
    groups: HashMap<Key<'a>, Group>,
}

struct Input {
    name: String,
    text: Vec<u8>,
    parsed: Arc<File>,
}

impl<'a> Inputs<'a> {
    /// Reads and parses every input of the jobs.
    pub(super) fn read(jobs: &'a [Job]) -> Result<Self, Vec<Error>> {
        let mut seen = HashSet::new();
        let paths: Vec<&Path> = jobs
            .iter()
            .flat_map(|job| &job.inputs)
            .map(PathBuf::as_path)
            .filter(|path| seen.insert(*path))
            .collect();
        let read = cores::on_all(&paths, |(), path| {
            let text = file::read(path, file::LONGEST_EVENTS)?;
            let name = file::name(path);
            let parsed = Arc::new(trace_events::parse(&name, &text));
            Ok(Input { name, text, parsed })
        });
        let files: HashMap<&Path, Input> = paths.into_iter().zip(all_or_errors(read)?).collect();
        let mut groups = HashMap::new();
        for job in jobs {
            if let Makes::Format(output) = &job.makes {
                groups.entry(key(job, output)).or_insert_with(|| {
                    let of = |path: &PathBuf| {
                        let input = &files[path.as_path()];
                        (input.name.clone(), Arc::clone(&input.parsed))
                    };
                    Group::new(&output.group, job.inputs.iter().map(of).collect())
                });
            }
        }
        Ok(Self { files, groups })
    }

    /// What is wrong with any group, each fault once.
    pub(super) fn check(&self, jobs: &[Job]) -> Vec<Error> {
        let mut seen = HashSet::new();
        let mut checks = Vec::new();
        for job in jobs {
            let Makes::Format(output) = &job.makes else { continue };
            let request = output.request(&self.groups[&key(job, output)], "");
            if seen.insert((key(job, output), request.demands())) {
                checks.push((job, output));
            }
        }
        let checked = cores::on_all(&checks, |(), (job, output)| {
            let request = output.request(&self.groups[&key(job, output)], "");
            request.check()?;
            // QEMU refuses a script of some formats, which shows when it is made
            let may_fail = output.format.is_script() && output.bug_compatible;
            if may_fail { request.make(String::new()).map(drop) } else { Ok(()) }
        });
        let mut told = HashSet::new();
        checked.into_iter().filter_map(Result::err).filter(|error| told.insert(error.to_string())).collect()
    }

    /// Makes an output, in the room of an old one.
    pub(super) fn make(&self, job: &Job, room: String) -> Result<String, Error> {
        match &job.makes {
            Makes::Format(output) => {
                let group = &self.groups[&key(job, output)];
                output.request(group, &file::name(&job.output)).make(room)
            }
            Makes::Include(name) => Ok(format!("{BANNER}#include \"{name}\"\n")),
            Makes::Merged => {
                let mut whole = String::new();
                for input in &job.inputs {
                    whole.push_str(&with_newlines(&self.files[input.as_path()].text));
                }
                Ok(whole)
            }
        }
    }

    /// Gives back the memory without having the caller wait: a process that ends with its batch need not, and it takes a
    /// tenth of the time.
    pub(super) fn free(self) {
        let files: Vec<Input> = self.files.into_values().collect();
        let groups: Vec<Group> = self.groups.into_values().collect();
        // without a thread it is given back here
        let _ = thread::Builder::new().spawn(move || drop((files, groups)));
    }

    pub(super) fn groups(&self) -> usize {
        // the group of all is made of the others, if there are others
        let others = self.groups.keys().filter(|(name, _)| *name != "all").count();
        if others > 0 { others } else { self.groups.len() }
    }

    pub(super) fn events(&self) -> usize {
        self.files.values().map(|input| input.parsed.events.len()).sum()
    }
}

/// A text as Python reads it, with which QEMU's build merges: lines end in `\n`, whatever ended them.
fn with_newlines(text: &[u8]) -> Cow<'_, str> {
    // declarations that are not UTF-8 are refused before
    let text = std::str::from_utf8(text).map_or_else(|_| String::from_utf8_lossy(text), Cow::Borrowed);
    if text.contains('\r') { text.replace("\r\n", "\n").replace('\r', "\n").into() } else { text }
}
