//! The list of folders that a tree has, in meson.build or in Makefile.objs.

use super::condition::{Branches, Settings};
use super::{makefile, meson};
use std::collections::{BTreeSet, HashSet};
use std::path::{Component, Path, PathBuf};

/// What a list says.
#[derive(Debug, Default)]
pub(super) struct List {
    /// The folders, in order, each once, with the line that names it.
    pub(super) folders: Vec<(String, u32)>,
    /// Those whose conditions do not hold.
    pub(super) left_out: BTreeSet<String>,
    /// The names that its conditions ask for.
    pub(super) conditions: BTreeSet<String>,
    /// Whether the list's variable is there at all.
    pub(super) is_there: bool,
    seen: HashSet<String>,
}

/// What keeps a list from being read: the line, and what is wrong with it.
pub(super) type Fault = (u32, String);

/// Who writes lists.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// `trace_events_subdirs`: QEMU 5.2 to today.
    Meson,
    /// `trace-events-subdirs`: QEMU 5.1 and before.
    Makefile,
}

impl Kind {
    /// `meson.build` is meson's, whatever else is make's.
    pub(super) fn of(path: &Path) -> Self {
        if path.file_name().is_some_and(|name| name == "meson.build") { Self::Meson } else { Self::Makefile }
    }

    pub(super) const fn variable(self) -> &'static str {
        match self {
            Self::Meson => "trace_events_subdirs",
            Self::Makefile => "trace-events-subdirs",
        }
    }

    /// Reads the statements that make the list; all others are passed over.
    pub(super) fn read(self, text: &str, settings: &Settings) -> Result<List, Fault> {
        match self {
            Self::Meson => meson::read(text, settings),
            Self::Makefile => makefile::read(text, settings),
        }
    }
}

impl List {
    /// A statement of the list. What is not surely done takes nothing away.
    pub(super) fn assign(
        &mut self,
        adds: bool,
        folders: Vec<(String, u32)>,
        branches: &mut Branches,
    ) -> Result<(), Fault> {
        self.is_there = true;
        self.conditions.extend(branches.take_names());
        let taken = branches.taken();
        if !adds && taken == Some(true) {
            self.folders.clear();
            // clearing takes as long as there is room
            self.seen = HashSet::new();
        }
        for (folder, line) in folders {
            let folder = plain(&folder)
                .ok_or_else(|| (line, format!("`{}` is not a folder of the tree", folder.escape_debug())))?;
            if taken == Some(false) {
                self.left_out.insert(folder);
            } else if self.seen.insert(folder.clone()) {
                self.folders.push((folder, line));
            }
        }
        Ok(())
    }
}

/// A folder below the tree's top, without `.` and needless `/`.
fn plain(folder: &str) -> Option<String> {
    let mut plain = PathBuf::new();
    for component in Path::new(folder).components() {
        match component {
            Component::Normal(name) => plain.push(name),
            Component::CurDir => {}
            _ => return None,
        }
    }
    let plain = plain.into_os_string().into_string().ok()?;
    let is_name = !plain.is_empty() && !plain.contains(char::is_control);
    is_name.then_some(plain)
}
