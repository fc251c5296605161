//! Scripts that are installed for a program.

use crate::{Error, reading, trust};
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// Scripts that are installed for a program, `stap` and `log-stap` together.
#[derive(Debug)]
pub struct Tapset {
    /// For `stap -I`.
    pub(crate) folder: PathBuf,
    /// What the probes that print begin with, such as `qemu.system.x86_64.log`.
    pub(crate) prefix: String,
    /// The names behind it.
    pub(crate) names: BTreeSet<String>,
}

impl Tapset {
    /// The folder that it lies in.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }
}

/// Beside the program, if nobody but root and the caller could have put it there.
pub(crate) fn installed(program: &Path) -> Result<Option<Tapset>, Error> {
    let beside = program.parent().map(|folder| folder.join("../share/systemtap/tapset"));
    let Some(folder) = beside.and_then(|folder| folder.canonicalize().ok()) else {
        return Ok(None);
    };
    trust::check(&folder)?;
    read(program, folder)
}

/// In a folder that the caller answers for.
pub(crate) fn named(program: &Path, folder: &Path) -> Result<Tapset, Error> {
    let real = folder.canonicalize().map_err(io("realpath", folder))?;
    read(program, real)?
        .ok_or_else(|| Error::NoScripts { folder: folder.to_owned(), program: program.to_owned() })
}

fn read(program: &Path, folder: PathBuf) -> Result<Option<Tapset>, Error> {
    let Some(name) = program.file_name().and_then(|name| name.to_str()) else { return Ok(None) };
    let prefix = format!("{}.log", name.replace('-', "."));
    let mut names = BTreeSet::new();
    for entry in fs::read_dir(&folder).map_err(io("readdir", &folder))? {
        let path = entry.map_err(io("readdir", &folder))?.path();
        if path.extension().is_none_or(|extension| extension != "stp") {
            continue;
        }
        let text = reading::whole(&path)?;
        // only whole scripts of tracetool's begin a line like that
        let text = String::from_utf8_lossy(&text);
        let heads = text.lines().filter_map(|line| {
            let name = line.strip_prefix("probe ")?.strip_prefix(prefix.as_str())?.strip_prefix('.')?;
            name.split_once(" = ").map(|(name, _)| name)
        });
        names.extend(heads.filter(|name| stap_gen::is_mark_name(name)).map(str::to_owned));
    }
    Ok((!names.is_empty()).then_some(Tapset { folder, prefix, names }))
}

fn io<'a>(call: &'static str, path: &'a Path) -> impl FnOnce(std::io::Error) -> Error + 'a {
    move |source| Error::Io { call, path: path.to_owned(), source }
}
