//! A source tree: the folders that declare events, as the tree itself lists them, and what is made of them.
//!
//! QEMU's tree lists them in `meson.build` (`trace_events_subdirs`, QEMU 5.2 to today) or in `Makefile.objs`
//! (`trace-events-subdirs`, before that); a tree without a list has [`Tree::unlisted`].
//!
//! ```no_run
//! use tracetool::tree::{Plan, Settings, Tree};
//! use tracetool::{Backend, batch};
//!
//! let settings: Settings = [("have_user", "false")].into_iter().collect();
//! let tree = Tree::read("qemu".as_ref(), &[], &settings)?;
//! let backends = vec![Backend::Log];
//! let plan = Plan {
//!     output: "build".into(),
//!     layout: tree.layout,
//!     formats: Plan::default_formats(&backends),
//!     backends,
//!     extra: Vec::new(),
//!     script: None,
//!     bug_compatible: false,
//!     cxx: false,
//! };
//! let jobs = plan.jobs(&tree).map_err(|error| vec![error])?;
//! let done = batch::run(&jobs, false)?;
//! println!("{} outputs were written", done.written.len());
//! # Ok::<(), Vec<tracetool::Error>>(())
//! ```

mod condition;
mod list;
mod makefile;
mod meson;
mod plan;
mod walk;

pub use condition::Settings;
pub use plan::{Plan, Script};
pub use walk::Unlisted;

use crate::{Error, Layout, file};
use list::Kind;
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// The longest list that is read, in bytes.
const LONGEST_LIST: u64 = 16 << 20;

/// A source tree.
#[derive(Clone, Debug)]
pub struct Tree {
    /// The top folder.
    pub root: PathBuf,
    /// The files that list the folders.
    pub lists: Vec<PathBuf>,
    /// The folders whose events are made, below the top, in order. `""` is the top folder itself, which no list names.
    pub folders: Vec<String>,
    /// Folders that are listed under conditions that do not hold.
    pub left_out: BTreeSet<String>,
    /// The names that decide which folders are listed.
    pub conditions: BTreeSet<String>,
    /// The layout of those who write such a list.
    pub layout: Layout,
}

impl Tree {
    /// Reads a tree's lists: those given, or else the `meson.build` or the `Makefile.objs` of its top folder. A tree
    /// that has no list has no folder but its top.
    ///
    /// # Errors
    /// A list cannot be read, or lists a folder without `trace-events`: each with its place.
    pub fn read(root: &Path, lists: &[PathBuf], settings: &Settings) -> Result<Self, Vec<Error>> {
        let mut tree = Self {
            root: root.to_path_buf(),
            lists: Vec::new(),
            folders: Vec::new(),
            left_out: BTreeSet::new(),
            conditions: BTreeSet::new(),
            layout: Layout::Together,
        };
        let metadata = fs::metadata(root)
            .map_err(|source| vec![Error::Io { call: "read", path: root.to_path_buf(), source }])?;
        if !metadata.is_dir() {
            return Err(vec![Error::NotAFolder(root.to_path_buf())]);
        }
        if tree.events_of("").is_file() {
            tree.folders.push(String::new());
        }
        let mut errors = Vec::new();
        if lists.is_empty() {
            for name in ["meson.build", "Makefile.objs"] {
                let path = root.join(name);
                if path.is_file() && tree.add_list(&path, settings, &mut errors) {
                    break;
                }
            }
        }
        for path in lists {
            if !tree.add_list(path, settings, &mut errors) && errors.is_empty() {
                errors.push(Error::NoList { path: path.clone(), variable: Kind::of(path).variable() });
            }
        }
        if errors.is_empty() { Ok(tree) } else { Err(errors) }
    }

    /// Whether the file has a list.
    fn add_list(&mut self, path: &Path, settings: &Settings, errors: &mut Vec<Error>) -> bool {
        let kind = Kind::of(path);
        let name = file::name(path);
        let at = |line, message| Error::List { file: name.clone(), line, message };
        let read = file::read(path, LONGEST_LIST).and_then(|text| {
            kind.read(&String::from_utf8_lossy(&text), settings).map_err(|(line, told)| at(line, told))
        });
        let list = match read {
            Ok(list) if !list.is_there => return false,
            Ok(list) => list,
            Err(error) => {
                errors.push(error);
                return true;
            }
        };
        self.lists.push(path.to_path_buf());
        self.conditions.extend(list.conditions);
        self.left_out.extend(list.left_out);
        if kind == Kind::Makefile {
            self.layout = Layout::InPlace;
        }
        for (folder, line) in list.folders {
            if !self.events_of(&folder).is_file() {
                let message = format!("`{folder}` is listed, but holds no file trace-events");
                errors.push(at(line, message));
            } else if !self.folders.contains(&folder) {
                self.folders.push(folder);
            }
        }
        true
    }

    /// Takes folders out: the list's, or `""` for the top.
    pub fn leave_out(&mut self, folders: &[String]) {
        self.folders.retain(|folder| !folders.contains(folder));
    }

    /// Refuses a folder for outputs that is the tree's top or in one of its folders with events, where outputs would
    /// lie between sources. A build folder within the tree is welcome.
    ///
    /// # Errors
    /// [`Error::AmongSources`]
    pub fn check_output(&self, output: &Path) -> Result<(), Error> {
        let Ok(place) = fs::canonicalize(output) else { return Ok(()) };
        let is = |folder: &Path| fs::canonicalize(folder).ok();
        let among =
            is(&self.root).is_some_and(|root| place == root)
                || self.folders.iter().filter(|folder| !folder.is_empty()).any(|folder| {
                    is(&self.root.join(folder)).is_some_and(|folder| place.starts_with(folder))
                });
        if among { Err(Error::AmongSources(output.to_path_buf())) } else { Ok(()) }
    }

    /// The file that declares a folder's events.
    #[must_use]
    pub fn events_of(&self, folder: &str) -> PathBuf {
        self.root.join(folder).join("trace-events")
    }
}

/// The group of a folder's events, as QEMU names it: `hw_usb` of `hw/usb`, `root` of the top folder.
#[must_use]
pub fn group_of(folder: &str) -> String {
    if folder.is_empty() { "root".to_owned() } else { underscorify(folder) }
}

/// Meson's way to make a name of any text.
fn underscorify(text: &str) -> String {
    text.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '_' }).collect()
}
