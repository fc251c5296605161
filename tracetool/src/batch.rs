//! Many outputs at once: every file of events read once, all cores at work, unchanged outputs left alone.

mod cores;
mod inputs;
mod outputs;

use crate::{Backend, Error, Format, Layout, Request, file};
use inputs::Inputs;
use std::path::PathBuf;

/// An output that is asked for.
#[derive(Clone, Debug)]
pub struct Job {
    /// The file to make.
    pub output: PathBuf,
    /// The files of events that it is made of.
    pub inputs: Vec<PathBuf>,
    /// What it is.
    pub makes: Makes,
}

/// What a job makes.
#[derive(Clone, Debug)]
pub enum Makes {
    /// One of the formats.
    Format(Output),
    /// C that includes the file of this name, and nothing else.
    Include(String),
    /// The inputs, one behind another: `trace-events-all`.
    Merged,
}

/// One of the formats, as [`Request`] has it.
#[derive(Clone, Debug)]
#[allow(missing_docs)] // as in `Request`
pub struct Output {
    pub group: String,
    pub format: Format,
    pub backends: Vec<Backend>,
    pub layout: Layout,
    pub binary: Option<String>,
    pub probe_prefix: Option<String>,
    pub bug_compatible: bool,
    pub cxx: bool,
}

/// What came of a batch.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Done {
    /// How many groups there were.
    pub groups: usize,
    /// How many events they have.
    pub events: usize,
    /// The outputs that were written, in the order of the jobs.
    pub written: Vec<PathBuf>,
    /// The outputs that had their bytes already and were left alone.
    pub unchanged: usize,
}

/// Makes all outputs. Nothing is written before all declarations are known to be right and every place to be ours; each
/// output is then written whole. With `force` a place that is not ours, or that is an input, is written to all the same.
///
/// # Errors
/// All that is wrong: with declarations, with places, with two jobs for one output.
pub fn run(jobs: &[Job], force: bool) -> Result<Done, Vec<Error>> {
    outputs::check_distinct(jobs)?;
    let inputs = Inputs::read(jobs)?;
    let mut errors = inputs.check(jobs);
    errors.extend(outputs::check_places(jobs, force));
    if !errors.is_empty() {
        return Err(errors);
    }
    outputs::make_folders(jobs)?;
    // an output is written as soon as it is made, while the caches have it
    let written = all_or_errors(cores::on_all(jobs, |room: &mut String, job| {
        *room = inputs.make(job, std::mem::take(room))?;
        file::replace_if_changed(&job.output, room.as_bytes())
    }))?;
    let written = jobs.iter().zip(written).filter(|(_, written)| *written);
    let written: Vec<PathBuf> = written.map(|(job, _)| job.output.clone()).collect();
    let unchanged = jobs.len() - written.len();
    let done = Done { groups: inputs.groups(), events: inputs.events(), written, unchanged };
    inputs.free();
    Ok(done)
}

impl Output {
    /// The request for it, of a group, under the output's name.
    #[must_use]
    pub fn request<'a>(&'a self, group: &'a crate::Group, name: &'a str) -> Request<'a> {
        Request {
            output: name,
            layout: self.layout,
            binary: self.binary.as_deref(),
            probe_prefix: self.probe_prefix.as_deref(),
            bug_compatible: self.bug_compatible,
            cxx: self.cxx,
            ..Request::new(group, self.format, &self.backends)
        }
    }
}

fn all_or_errors<T>(results: Vec<Result<T, Error>>) -> Result<Vec<T>, Vec<Error>> {
    let (mut all, mut errors) = (Vec::with_capacity(results.len()), Vec::new());
    for result in results {
        match result {
            Ok(one) => all.push(one),
            Err(error) => errors.push(error),
        }
    }
    if errors.is_empty() { Ok(all) } else { Err(errors) }
}
