//! The places of a batch's outputs.

use super::{Job, Makes, cores};
use crate::{Error, file};
use std::collections::{BTreeSet, HashMap, HashSet};
use std::fs;
use std::os::unix::fs::MetadataExt;
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

/// What would be written to what is no file, to what is an input, or to what no tracetool made.
pub(super) fn check_places(jobs: &[Job], force: bool) -> Vec<Error> {
    let place = |path: &Path| fs::metadata(path).ok().map(|data| (data.dev(), data.ino()));
    let inputs: HashSet<&PathBuf> = jobs.iter().flat_map(|job| &job.inputs).collect();
    let inputs: HashSet<(u64, u64)> = inputs.into_iter().filter_map(|path| place(path)).collect();
    let checked = cores::on_all(jobs, |(), job| {
        let Ok(metadata) = fs::metadata(&job.output) else { return Ok(()) };
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
    checked.into_iter().filter_map(Result::err).collect()
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
