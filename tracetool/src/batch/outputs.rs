//! The places of a batch's outputs.

use super::{Job, Makes, cores};
use crate::{Error, file};
use std::collections::{BTreeSet, HashMap, HashSet};
use std::fs;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};

/// Refuses two jobs with one output.
pub(super) fn check_distinct(jobs: &[Job]) -> Result<(), Vec<Error>> {
    let errors = distinct(jobs.iter().map(|job| (&*job.output, &*job.output)));
    if errors.is_empty() { Ok(()) } else { Err(errors) }
}

/// What is wrong with outputs and the places behind them, of which no two may be one.
fn distinct<'a>(outputs: impl Iterator<Item = (&'a Path, &'a Path)>) -> Vec<Error> {
    let mut folders: HashMap<&Path, PathBuf> = HashMap::new();
    let mut seen = HashSet::new();
    let mut errors = Vec::new();
    for (output, place) in outputs {
        let parent = place.parent().unwrap_or(Path::new(""));
        // two names of one folder
        let folder = folders.entry(parent).or_insert_with(|| file::whole(parent));
        match place.file_name() {
            Some(name) if seen.insert(folder.join(name)) => {}
            Some(_) => errors.push(Error::SameOutput(output.to_path_buf())),
            None => errors.push(Error::NotAFile(output.to_path_buf())),
        }
    }
    errors
}

/// What would be written to what is no file, to what is an input, or to what no tracetool made.
pub(super) fn check_places(jobs: &[Job], force: bool) -> Vec<Error> {
    let place = |path: &Path| fs::metadata(path).ok().map(|data| (data.dev(), data.ino()));
    let inputs: HashSet<&PathBuf> = jobs.iter().flat_map(|job| &job.inputs).collect();
    let inputs: HashSet<(u64, u64)> = inputs.into_iter().filter_map(|path| place(path)).collect();
    let links = AtomicUsize::new(0);
    let checked = cores::on_all(jobs, |(), job| {
        let Ok(mut metadata) = fs::symlink_metadata(&job.output) else { return Ok(()) };
        if metadata.is_symlink() {
            links.fetch_add(1, Ordering::Relaxed);
            match fs::metadata(&job.output) {
                Ok(behind) => metadata = behind,
                // what it leads to is not there yet
                Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
                Err(source) => {
                    return Err(Error::Io { call: "resolve", path: job.output.clone(), source });
                }
            }
        }
        if !metadata.is_file() {
            return Err(Error::NotAFile(job.output.clone()));
        }
        if force {
            return Ok(());
        }
        if inputs.contains(&(metadata.dev(), metadata.ino())) {
            return Err(Error::OutputIsInput(job.output.clone()));
        }
        // merged declarations have no head to know them by
        if matches!(job.makes, Makes::Merged) {
            Ok(())
        } else {
            file::check_may_replace(&job.output, &[], false)
        }
    });
    let mut errors: Vec<Error> = checked.into_iter().filter_map(Result::err).collect();
    if links.into_inner() > 0 {
        // two links to one place, or a link and the place itself
        let places: Vec<PathBuf> = jobs
            .iter()
            .map(|job| file::behind_links(&job.output).unwrap_or_else(|_| job.output.clone()))
            .collect();
        errors.extend(distinct(jobs.iter().zip(&places).map(|(job, place)| (&*job.output, &**place))));
    }
    errors
}

/// Makes the folders of outputs.
pub(super) fn make_folders(jobs: &[Job]) -> Result<(), Vec<Error>> {
    let folders: BTreeSet<&Path> = jobs.iter().filter_map(|job| job.output.parent()).collect();
    for folder in folders {
        fs::create_dir_all(folder)
            .map_err(|source| vec![Error::Io { call: "create", path: folder.to_path_buf(), source }])?;
    }
    Ok(())
}
