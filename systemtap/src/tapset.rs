//! Scripts that are installed for a program.

use crate::Error;
use std::collections::BTreeSet;
use std::fs;
use std::io::{self, ErrorKind};
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

/// QEMU's have some MB.
const LARGEST: u64 = 64 << 20;

pub(crate) fn installed(program: &Path) -> Result<Option<Tapset>, Error> {
    let (Some(folder), Some(name)) = (program.parent(), program.file_name().and_then(|name| name.to_str()))
    else {
        return Ok(None);
    };
    let folder = folder.join("../share/systemtap/tapset");
    let Ok(folder) = folder.canonicalize() else {
        return Ok(None);
    };
    let prefix = format!("{}.log", name.replace('-', "."));
    let io = |call, path: &Path| {
        let path = path.to_owned();
        move |source| Error::Io { call, path, source }
    };
    let mut names = BTreeSet::new();
    for entry in fs::read_dir(&folder).map_err(io("readdir", &folder))? {
        let path = entry.map_err(io("readdir", &folder))?.path();
        if path.extension().is_none_or(|extension| extension != "stp") {
            continue;
        }
        let text = read(&path).map_err(io("read", &path))?;
        // only whole scripts of tracetool's begin a line like that
        let heads = text.lines().filter_map(|line| {
            let name = line.strip_prefix("probe ")?.strip_prefix(prefix.as_str())?.strip_prefix('.')?;
            name.split_once(" = ").map(|(name, _)| name)
        });
        names.extend(heads.filter(|name| stap_gen::is_mark_name(name)).map(str::to_owned));
    }
    Ok((!names.is_empty()).then_some(Tapset { folder, prefix, names }))
}

fn read(path: &Path) -> io::Result<String> {
    let data = fs::metadata(path)?;
    if !data.is_file() || data.len() > LARGEST {
        return Err(io::Error::new(ErrorKind::InvalidData, "it is no script of a size that anyone makes"));
    }
    Ok(String::from_utf8_lossy(&fs::read(path)?).into_owned())
}
