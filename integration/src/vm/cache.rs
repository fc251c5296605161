//! What is made once and kept: files in cargo's target folder, each named by what it was made from.

use super::Error;
use nix::fcntl::{Flock, FlockArg};
use std::fs::{self, File};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

/// The folder `tmp/vm` of the target folder.
pub(super) struct Cache {
    folder: PathBuf,
}

/// What a file is made from. Another path, time, size or text gives another name.
#[derive(Default)]
pub(super) struct Key(DefaultHasher);

impl Key {
    pub(super) fn file(mut self, path: &Path) -> Result<Self, Error> {
        let status = fs::metadata(path).map_err(Error::io(path, "stat"))?;
        (path, status.mtime(), status.mtime_nsec(), status.size()).hash(&mut self.0);
        Ok(self)
    }

    pub(super) fn text(mut self, text: &str) -> Self {
        text.hash(&mut self.0);
        self
    }
}

impl Cache {
    /// Cargo marks its target folder; this program lies in it.
    pub(super) fn open() -> Result<Self, Error> {
        let program = std::env::current_exe().map_err(Error::io("/proc/self/exe", "readlink"))?;
        let target = program.ancestors().find(|folder| folder.join("CACHEDIR.TAG").is_file());
        let folder = target
            .ok_or_else(|| Error::Missing {
                what: format!("{}: it does not lie in cargo's target folder", program.display()),
                fix: "run it where cargo built it",
            })?
            .join("tmp/vm");
        fs::create_dir_all(&folder).map_err(Error::io(&folder, "mkdir"))?;
        Ok(Self { folder })
    }

    /// The file `NAME-KEY`, which `make` writes if it is not there. Two that make it at once each make it whole, and
    /// the later one stays.
    pub(super) fn file(
        &self,
        name: &str,
        key: &Key,
        make: impl FnOnce(&Path) -> Result<(), Error>,
    ) -> Result<PathBuf, Error> {
        let path = self.folder.join(format!("{name}-{:016x}", key.0.finish()));
        if !path.exists() {
            let unfinished = path.with_file_name(format!("new-{}", unique()));
            let result = make(&unfinished)
                .and_then(|()| fs::rename(&unfinished, &path).map_err(Error::io(&path, "rename")));
            if let Err(error) = result {
                // it may not have come to be
                _ = fs::remove_file(&unfinished);
                return Err(error);
            }
        }
        Ok(path)
    }

    /// A new, empty folder. Those of processes that were killed go now.
    pub(super) fn folder(&self) -> Result<Folder, Error> {
        let lock = |path: &Path, how: FlockArg| {
            let file = File::open(path).map_err(Error::io(path, "open"))?;
            Flock::lock(file, how).map_err(|(_, errno)| Error::io(path, "flock")(errno.into()))
        };
        // a folder that is there and not locked has no owner, for as long as this lock is held
        let _making = lock(&self.folder, FlockArg::LockExclusive)?;
        for entry in fs::read_dir(&self.folder).map_err(Error::io(&self.folder, "readdir"))? {
            let path = entry.map_err(Error::io(&self.folder, "readdir"))?.path();
            let is_run = path.file_name().is_some_and(|name| name.as_encoded_bytes().starts_with(b"run-"));
            if is_run && lock(&path, FlockArg::LockExclusiveNonblock).is_ok() {
                fs::remove_dir_all(&path).map_err(Error::io(&path, "rmdir"))?;
            }
        }
        let path = self.folder.join(format!("run-{}", unique()));
        fs::create_dir(&path).map_err(Error::io(&path, "mkdir"))?;
        Ok(Folder { _lock: lock(&path, FlockArg::LockExclusive)?, path })
    }
}

/// A name that no other process and no other thread here has.
fn unique() -> String {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    format!("{}-{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed))
}

/// A folder in cargo's target folder, for what a VM is to have at `/vm/share`. It goes with this value, or, where the
/// process is killed, at the next run of any VM.
#[derive(Debug)]
pub struct Folder {
    _lock: Flock<File>,
    path: PathBuf,
}

impl Folder {
    /// Makes one, empty.
    ///
    /// # Errors
    /// [`Error::Missing`]: this program does not lie in cargo's target folder. [`Error::Io`].
    pub fn new() -> Result<Self, Error> {
        Cache::open()?.folder()
    }

    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // the next run takes what cannot go now
        _ = fs::remove_dir_all(&self.path);
    }
}
