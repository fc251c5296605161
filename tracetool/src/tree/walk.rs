//! Folders that hold `trace-events` and that no list names.

use super::Tree;
use crate::Error;
use std::collections::HashSet;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};

/// What a walk through a tree found.
#[derive(Debug, Default)]
pub struct Unlisted {
    /// The folders, below the top, in the order of their names.
    pub folders: Vec<String>,
    /// What could not be looked into.
    pub errors: Vec<Error>,
}

impl Tree {
    /// Walks through the whole tree for files `trace-events` in folders that the tree lists nowhere, under any condition. Hidden folders,
    /// those `except`ed and what is below them are not looked into, nor are symbolic links followed.
    #[must_use]
    pub fn unlisted(&self, except: &[PathBuf]) -> Unlisted {
        let listed: HashSet<&str> = self.folders.iter().chain(&self.left_out).map(String::as_str).collect();
        let except: HashSet<PathBuf> = except.iter().filter_map(|path| fs::canonicalize(path).ok()).collect();
        let mut found = Unlisted::default();
        let Ok(root) = fs::canonicalize(&self.root) else { return found };
        // each folder's path below the top
        let mut open = vec![PathBuf::new()];
        while let Some(folder) = open.pop() {
            let (below, holds_events) = match look(&root.join(&folder)) {
                Ok(found) => found,
                Err(source) => {
                    found.errors.push(Error::Io { call: "read", path: self.root.join(&folder), source });
                    continue;
                }
            };
            let below = below.into_iter().map(|name| folder.join(name));
            open.extend(below.filter(|folder| except.is_empty() || !except.contains(&root.join(folder))));
            if holds_events && !folder.as_os_str().is_empty() {
                match folder.to_str() {
                    Some(folder) if listed.contains(folder) => {}
                    Some(folder) => found.folders.push(folder.to_owned()),
                    None => found.errors.push(Error::NotUtf8(folder)),
                }
            }
        }
        found.folders.sort_unstable();
        found
    }
}

/// The folders in a folder, and whether it holds events.
fn look(folder: &Path) -> std::io::Result<(Vec<OsString>, bool)> {
    let (mut below, mut holds_events) = (Vec::new(), false);
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let name = entry.file_name();
        if name == "trace-events" {
            holds_events = fs::metadata(entry.path()).is_ok_and(|data| data.is_file());
        }
        if entry.file_type()?.is_dir() && !name.as_encoded_bytes().starts_with(b".") {
            below.push(name);
        }
    }
    Ok((below, holds_events))
}
