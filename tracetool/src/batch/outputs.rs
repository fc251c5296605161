//! The places of a batch's outputs.

use super::{Job, Makes};
use crate::{Error, file};
use std::collections::{BTreeSet, HashMap, HashSet};
use std::fs;
use std::path::{Path, PathBuf};

/// Refuses two jobs with one output.
pub(super) fn check_distinct(jobs: &[Job]) -> Result<(), Vec<Error>> {
    let mut folders: HashMap<&Path, PathBuf> = HashMap::new();
    let mut seen = HashSet::with_capacity(jobs.len());
    let mut errors = Vec::new();
    for job in jobs {
        let parent = job.output.parent().unwrap_or(Path::new(""));
        // two names of one folder
        let folder = folders.entry(parent).or_insert_with(|| {
            fs::canonicalize(if parent.as_os_str().is_empty() { Path::new(".") } else { parent })
                .unwrap_or_else(|_| file::name(parent).into())
        });
        match job.output.file_name() {
            Some(name) if seen.insert(folder.join(name)) => {}
            Some(_) => errors.push(Error::SameOutput(job.output.clone())),
            None => errors.push(Error::NotAFile(job.output.clone())),
        }
    }
    if errors.is_empty() { Ok(()) } else { Err(errors) }
}

/// Refuses to write to what is no file, to what is an input, and to what no tracetool made.
pub(super) fn check_places<'a>(
    changed: impl Iterator<Item = &'a Job>,
    all: &[Job],
    force: bool,
) -> Result<(), Vec<Error>> {
    let mut inputs: Option<HashSet<PathBuf>> = None;
    let mut errors = Vec::new();
    for job in changed {
        let Ok(metadata) = fs::metadata(&job.output) else { continue };
        if !metadata.is_file() {
            errors.push(Error::NotAFile(job.output.clone()));
            continue;
        }
        if force {
            continue;
        }
        let inputs = inputs.get_or_insert_with(|| {
            let paths: HashSet<&PathBuf> = all.iter().flat_map(|job| &job.inputs).collect();
            paths.into_iter().filter_map(|path| fs::canonicalize(path).ok()).collect()
        });
        if fs::canonicalize(&job.output).is_ok_and(|place| inputs.contains(&place)) {
            errors.push(Error::OutputIsInput(job.output.clone()));
            continue;
        }
        // merged declarations have no head to know them by
        if !matches!(job.makes, Makes::Merged)
            && let Err(error) = file::check_may_replace(&job.output, &[], false)
        {
            errors.push(error);
        }
    }
    if errors.is_empty() { Ok(()) } else { Err(errors) }
}

/// Makes the folders of outputs.
pub(super) fn make_folders<'a>(outputs: impl Iterator<Item = &'a Path>) -> Result<(), Vec<Error>> {
    let folders: BTreeSet<&Path> = outputs.filter_map(Path::parent).collect();
    for folder in folders {
        fs::create_dir_all(folder)
            .map_err(|source| vec![Error::Io { call: "create", path: folder.to_path_buf(), source }])?;
    }
    Ok(())
}
