//! Finding files in a tree that nobody vouches for.

use std::collections::HashSet;
use std::fmt;
use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

/// The largest `trace-events` file that is read: QEMU's merged one has less than a megabyte.
const LARGEST_DECLARATIONS: u64 = 4 << 20;

/// The largest source file that is read: the largest generated headers of the kernel's tree have 20 megabytes.
const LARGEST_SOURCE: u64 = 64 << 20;

/// How the names of source files end.
const SOURCES: &[&str] = &[
    "c", "h", "cc", "cpp", "cxx", "hh", "hpp", "hxx", "inc", "inl", "ipp", "tcc", "def", "m", "mm", "rs",
    "S", "y", "l",
];

/// What lies in a folder that holds a build, and generated files only.
const BUILDS: &[&str] = &["build.ninja", "CMakeCache.txt", "CACHEDIR.TAG"];

/// Something that could not be read.
#[derive(Debug)]
pub struct Trouble {
    /// What.
    pub path: PathBuf,
    /// Why.
    pub error: io::Error,
}

impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "cannot read {}: {}", name(&self.path), self.error)
    }
}

/// What a path is called: without what a terminal would obey.
pub(super) fn name(path: &Path) -> String {
    let clean = |c: char| if c.is_control() { char::REPLACEMENT_CHARACTER } else { c };
    path.display().to_string().chars().map(clean).collect()
}

/// The files of a tree.
#[derive(Debug, Default)]
pub(super) struct Tree {
    /// The `trace-events` files.
    pub(super) declarations: Vec<PathBuf>,
    /// The source files.
    pub(super) sources: Vec<PathBuf>,
    /// The folders that were named.
    pub(super) roots: Vec<PathBuf>,
    pub(super) troubles: Vec<Trouble>,
    /// The same without symbolic links.
    seen: HashSet<PathBuf>,
}

impl Tree {
    /// Adds a file of declarations, or a folder with all below it.
    pub(super) fn add(&mut self, path: &Path) {
        match fs::metadata(path).and_then(|data| Ok((data, fs::canonicalize(path)?))) {
            Ok((data, real)) if data.is_dir() => {
                self.roots.push(shown(path).to_path_buf());
                self.walk(shown(path), real, true);
            }
            Ok((data, real)) if data.is_file() => {
                if self.seen.insert(real) {
                    self.declarations.push(shown(path).to_path_buf());
                }
            }
            Ok(_) => self.trouble(path, neither()),
            Err(error) => self.trouble(path, error),
        }
    }

    /// Tells of folders among those added that declare nothing: a slip in a name must not pass for a tree without fault.
    pub(super) fn tell_empty(&mut self) {
        let declares = |root: &Path| {
            self.declarations.iter().any(|file| file.starts_with(root)) || {
                // another name of the folder may have come before
                let real = fs::canonicalize(root).unwrap_or_else(|_| root.to_path_buf());
                let mut files = self.declarations.iter().filter_map(|file| fs::canonicalize(file).ok());
                files.any(|file| file.starts_with(&real))
            }
        };
        let is_told = |root: &Path| self.troubles.iter().any(|trouble| trouble.path.starts_with(root));
        // `./` is shown as nothing
        let named = |root: &PathBuf| if root.as_os_str().is_empty() { ".".into() } else { root.clone() };
        let empty: Vec<PathBuf> =
            self.roots.iter().map(named).filter(|root| !declares(root) && !is_told(root)).collect();
        for root in empty {
            self.trouble(&root, io::Error::other("there is no file trace-events in it, nor below it"));
        }
    }

    /// Adds the sources below a folder, or a single one.
    pub(super) fn add_sources(&mut self, path: &Path) {
        match fs::metadata(path).and_then(|data| Ok((data, fs::canonicalize(path)?))) {
            Ok((data, real)) if data.is_dir() => self.walk(shown(path), real, false),
            Ok((data, _)) if data.is_file() => self.sources.push(shown(path).to_path_buf()),
            Ok(_) => self.trouble(path, neither()),
            Err(error) => self.trouble(path, error),
        }
    }

    /// Symbolic links are not followed: what they lead to in the tree is found by its own name, and what lies outside is
    /// not of the tree.
    fn walk(&mut self, root: &Path, real: PathBuf, takes_declarations: bool) {
        let mut folders = vec![(root.to_path_buf(), real)];
        while let Some((folder, real)) = folders.pop() {
            if !self.seen.insert(real.clone()) {
                continue;
            }
            let here = if folder.as_os_str().is_empty() { Path::new(".") } else { &folder };
            let mut entries = match fs::read_dir(here).and_then(Iterator::collect::<io::Result<Vec<_>>>) {
                Ok(entries) => entries,
                Err(error) => {
                    self.trouble(here, error);
                    continue;
                }
            };
            let is_build = |entry: &fs::DirEntry| BUILDS.iter().any(|name| entry.file_name() == *name);
            if folder != root && entries.iter().any(is_build) {
                continue;
            }
            // what is put down last is taken up first
            entries.sort_by_cached_key(|entry| std::cmp::Reverse(entry.file_name()));
            for entry in entries {
                let name = entry.file_name();
                let path = folder.join(&name);
                match entry.file_type() {
                    Ok(kind) if kind.is_symlink() => {}
                    Ok(kind) if kind.is_dir() => {
                        if !name.as_encoded_bytes().starts_with(b".") {
                            folders.push((path, real.join(&name)));
                        }
                    }
                    Ok(kind) => {
                        let is_declarations = name == "trace-events";
                        let is_source = Path::new(&name)
                            .extension()
                            .is_some_and(|end| SOURCES.iter().any(|source| end == *source));
                        if (is_source || is_declarations) && !kind.is_file() {
                            self.trouble(&path, neither());
                        } else if is_source {
                            self.sources.push(path);
                        } else if is_declarations && takes_declarations && self.seen.insert(real.join(&name))
                        {
                            self.declarations.push(path);
                        }
                    }
                    Err(error) => self.trouble(&path, error),
                }
            }
        }
    }

    fn trouble(&mut self, path: &Path, error: io::Error) {
        self.troubles.push(Trouble { path: path.to_path_buf(), error });
    }
}

/// A path as it is told: `./a` is `a`, and nothing stands before what lies in the current folder.
fn shown(path: &Path) -> &Path {
    path.strip_prefix("./").unwrap_or(path)
}

fn neither() -> io::Error {
    io::Error::other("it is neither a file nor a folder")
}

/// Reads a file of declarations.
pub(super) fn read_declarations(path: &Path) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    read(path, LARGEST_DECLARATIONS, &mut bytes)?;
    Ok(bytes)
}

/// Reads a source file into a buffer that is used again and again.
pub(super) fn read_source(path: &Path, bytes: &mut Vec<u8>) -> io::Result<()> {
    read(path, LARGEST_SOURCE, bytes)
}

fn read(path: &Path, largest: u64, bytes: &mut Vec<u8>) -> io::Result<()> {
    bytes.clear();
    let mut file = File::open(path)?;
    // one more shows that there is more; the file may grow while it is read
    file.by_ref().take(largest + 1).read_to_end(bytes)?;
    if bytes.len() as u64 > largest {
        return Err(io::Error::new(
            io::ErrorKind::FileTooLarge,
            format!("it has more than {} MiB", largest >> 20),
        ));
    }
    Ok(())
}
