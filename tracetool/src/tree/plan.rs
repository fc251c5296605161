//! The outputs of a tree, with the names that QEMU's build gives them.

use super::{Tree, group_of, underscorify};
use crate::batch::{Job, Makes, Output};
use crate::{Backend, Error, Format, Layout};
use std::path::{Path, PathBuf};

/// What to make of a tree.
#[derive(Clone, Debug)]
pub struct Plan {
    /// The folder for all of it.
    pub output: PathBuf,
    /// Where it lies in there.
    pub layout: Layout,
    /// Where the events may go.
    pub backends: Vec<Backend>,
    /// What to make; [`Plan::default_formats`] is what the backends need.
    pub formats: Vec<Format>,
    /// Files of events that are in no folder of the tree, such as QEMU's build makes of its QAPI schema; each a group of
    /// the file's name.
    pub extra: Vec<PathBuf>,
    /// What SystemTap scripts need.
    pub script: Option<Script>,
    /// QEMU's bytes to the last, where they are wrong too.
    pub bug_compatible: bool,
    /// C that is C++ as well.
    pub cxx: bool,
}

/// What a SystemTap script probes.
#[derive(Clone, Debug)]
pub struct Script {
    /// The program; scripts are called by its file's name.
    pub binary: String,
    /// What the names of the probes begin with.
    pub probe_prefix: String,
}

/// A group, with where its files are.
struct Group {
    name: String,
    folder: Option<String>,
    events: PathBuf,
}

impl Plan {
    /// The formats that a program with these backends is built of.
    #[must_use]
    pub fn default_formats(backends: &[Backend]) -> Vec<Format> {
        let mut formats = vec![Format::H, Format::C];
        if backends.contains(&Backend::Dtrace) {
            formats.push(Format::D);
        }
        if backends.contains(&Backend::Ust) {
            formats.extend([Format::UstEventsH, Format::UstEventsC]);
        }
        formats
    }

    /// The jobs.
    ///
    /// # Errors
    /// The plan does not fit the tree: no events, extra groups in a layout that has no place for them, a script without
    /// a program.
    pub fn jobs(&self, tree: &Tree) -> Result<Vec<Job>, Error> {
        let folders = tree.folders.iter().map(|folder| Group {
            name: group_of(folder),
            folder: Some(folder.clone()),
            events: tree.events_of(folder),
        });
        let extra = self.extra.iter().map(|path| Group {
            name: underscorify(&path.file_name().unwrap_or_default().to_string_lossy()),
            folder: None,
            events: path.clone(),
        });
        if self.layout == Layout::InPlace && !self.extra.is_empty() {
            return Err(Error::NoPlace);
        }
        let groups: Vec<Group> = folders.chain(extra).collect();
        if groups.is_empty() {
            return Err(Error::NoEvents(tree.root.clone()));
        }
        let mut jobs = Vec::new();
        for group in &groups {
            for &format in &self.formats {
                self.of_group(group, format, &mut jobs);
            }
        }
        let all: Vec<PathBuf> = groups.into_iter().map(|group| group.events).collect();
        for &format in &self.formats {
            self.of_all(&all, format, &mut jobs)?;
        }
        jobs.push(Job { output: self.top("trace-events-all"), inputs: all, makes: Makes::Merged });
        Ok(jobs)
    }

    fn of_group(&self, group: &Group, format: Format, jobs: &mut Vec<Job>) {
        let (kind, suffix) = match format {
            Format::H => ("trace", "h"),
            Format::C => ("trace", "c"),
            Format::Rs => ("trace", "rs"),
            Format::D => ("trace-dtrace", "dtrace"),
            Format::UstEventsH => ("trace-ust", "h"),
            // of the top folder only, in QEMU 5's build
            _ if format.is_tcg() && group.name == "root" => {
                let name = match format {
                    Format::TcgH => "generated-tcg-tracers.h",
                    Format::TcgHelperC => "generated-helpers.c",
                    Format::TcgHelperH => "generated-helpers.h",
                    _ => "generated-helpers-wrappers.h",
                };
                let output = self.output.join("trace").join(name);
                return jobs.push(self.job(output, &group.name, format, vec![group.events.clone()]));
            }
            _ => return,
        };
        let name = format!("{}.{suffix}", self.layout.stem(kind, &group.name));
        let folder = match (self.layout, &group.folder) {
            (Layout::InPlace, Some(folder)) => self.output.join(folder),
            _ => self.output.join("trace"),
        };
        jobs.push(self.job(folder.join(name), &group.name, format, vec![group.events.clone()]));
        if let (Layout::Together, Format::H, Some(folder)) = (self.layout, format, &group.folder)
            && !folder.is_empty()
        {
            // what sources include as "trace.h"; those of the top folder include "trace/trace-root.h"
            jobs.push(Job {
                output: self.output.join(folder).join("trace.h"),
                inputs: Vec::new(),
                makes: Makes::Include(format!("trace/trace-{}.h", group.name)),
            });
        }
    }

    fn of_all(&self, all: &[PathBuf], format: Format, jobs: &mut Vec<Job>) -> Result<(), Error> {
        let output = match format {
            Format::UstEventsH => self.top("trace-ust-all.h"),
            Format::UstEventsC => self.top("trace-ust-all.c"),
            _ if format.is_script() => {
                let script = self.script.as_ref();
                let program = script.and_then(|script| Path::new(&script.binary).file_name());
                let mut name = program
                    .ok_or(Error::Missing { format: format.name(), what: "--binary=PATH" })?
                    .to_owned();
                name.push(match format {
                    Format::Stap => ".stp",
                    Format::LogStap => "-log.stp",
                    _ => "-simpletrace.stp",
                });
                self.output.join(name)
            }
            _ => return Ok(()),
        };
        jobs.push(self.job(output, "all", format, all.to_vec()));
        Ok(())
    }

    /// The place of what is made of all groups.
    fn top(&self, name: &str) -> PathBuf {
        match self.layout {
            Layout::Together => self.output.join("trace").join(name),
            Layout::InPlace => self.output.join(name),
        }
    }

    fn job(&self, output: PathBuf, group: &str, format: Format, inputs: Vec<PathBuf>) -> Job {
        let makes = Makes::Format(Output {
            group: group.to_owned(),
            format,
            backends: self.backends.clone(),
            layout: self.layout,
            binary: self.script.as_ref().map(|script| script.binary.clone()),
            probe_prefix: self.script.as_ref().map(|script| script.probe_prefix.clone()),
            bug_compatible: self.bug_compatible,
            cxx: self.cxx,
        });
        Job { output, inputs, makes }
    }
}
