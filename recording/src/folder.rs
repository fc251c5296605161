//! The folder: where each part of a recording lies.

use crate::{Manifest, VERSION};
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

/// Why a recording could not be made, read or written.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A system call on a path failed.
    #[error("{call} {path}: {source}{}", hint(call, source))]
    Io {
        /// What was tried.
        call: &'static str,
        /// On what.
        path: PathBuf,
        /// What came of it.
        source: io::Error,
    },
    /// The folder is there and holds something else.
    #[error("{path} is not empty and holds no recording: name another folder with -o")]
    NotOurs {
        /// The folder.
        path: PathBuf,
    },
    /// There is no manifest.
    #[error(
        "{path} holds no recording (no manifest.json): make one with `vmtrace record -o {path} -- COMMAND`"
    )]
    NoRecording {
        /// The folder.
        path: PathBuf,
    },
    /// The manifest is not what this version writes.
    #[error("{path}: {source}")]
    Manifest {
        /// The manifest.
        path: PathBuf,
        /// Where and what.
        source: serde_json::Error,
    },
    /// A later vmtrace made it.
    #[error("{path} was written by a later vmtrace (layout {found}, this one reads up to {VERSION})")]
    Version {
        /// The manifest.
        path: PathBuf,
        /// Its version.
        found: u32,
    },
}

const MANIFEST: &str = "manifest.json";
const MANIFEST_NEW: &str = "manifest.json.new";
const KERNEL: &str = "kernel";
const LOG: &str = "log";

/// Everything that a recording may hold, in the order in which it is removed.
const PARTS: [&str; 4] = [KERNEL, LOG, MANIFEST_NEW, MANIFEST];

/// A recording's folder.
#[derive(Clone, Debug)]
pub struct Recording {
    dir: PathBuf,
}

impl Recording {
    /// Makes the folder, readable by its owner alone, or takes an empty one or an earlier recording's, which is emptied.
    ///
    /// # Errors
    /// [`Error::NotOurs`] if the folder holds anything that is not a recording; [`Error::Io`].
    pub fn create(dir: &Path) -> Result<Self, Error> {
        let made = Self { dir: dir.to_path_buf() };
        Self::check(dir)?;
        made.empty()?;
        fs::DirBuilder::new().recursive(true).mode(0o700).create(dir).map_err(io_error("make", dir))?;
        for part in [made.kernel_dir(), made.log_dir()] {
            // Not recursive: what is there already, a symbolic link for one, is not ours and is refused.
            fs::DirBuilder::new().mode(0o700).create(&part).map_err(io_error("make", &part))?;
        }
        Ok(made)
    }

    /// Tells whether [`Recording::create`] would take the folder, and changes nothing.
    ///
    /// # Errors
    /// [`Error::NotOurs`] if the folder holds anything that is not a recording; [`Error::Io`].
    pub fn check(dir: &Path) -> Result<(), Error> {
        let entries = match fs::read_dir(dir) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
            Err(error) => return Err(io_error("read", dir)(error)),
        };
        if dir.join(MANIFEST).is_file() {
            return Ok(());
        }
        // A recorder that was killed before its first manifest leaves parts without one.
        for entry in entries {
            let name = entry.map_err(io_error("read", dir))?.file_name();
            if !PARTS.iter().any(|part| name == *part) {
                return Err(Error::NotOurs { path: dir.to_path_buf() });
            }
        }
        Ok(())
    }

    /// Removes the recording, and the folder if nothing else is in it.
    ///
    /// # Errors
    /// [`Error::Io`].
    pub fn remove(self) -> Result<(), Error> {
        self.empty()?;
        match fs::remove_dir(&self.dir) {
            Err(error) if error.kind() != io::ErrorKind::DirectoryNotEmpty => {
                Err(io_error("remove", &self.dir)(error))
            }
            _ => Ok(()),
        }
    }

    /// Removes every part. The manifest, which makes the folder a recording's, goes last.
    fn empty(&self) -> Result<(), Error> {
        for name in PARTS {
            let part = self.dir.join(name);
            let Ok(kind) = fs::symlink_metadata(&part) else { continue };
            let removed = if kind.is_dir() { fs::remove_dir_all(&part) } else { fs::remove_file(&part) };
            removed.map_err(io_error("remove", &part))?;
        }
        Ok(())
    }

    /// Opens a folder that holds a recording.
    ///
    /// # Errors
    /// [`Error::NoRecording`].
    pub fn open(dir: &Path) -> Result<Self, Error> {
        let found = Self { dir: dir.to_path_buf() };
        if found.manifest_path().is_file() {
            Ok(found)
        } else {
            Err(Error::NoRecording { path: dir.to_path_buf() })
        }
    }

    /// The folder itself.
    #[must_use]
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// `DIR/manifest.json`.
    #[must_use]
    pub fn manifest_path(&self) -> PathBuf {
        self.dir.join(MANIFEST)
    }

    /// `DIR/kernel`.
    #[must_use]
    pub fn kernel_dir(&self) -> PathBuf {
        self.dir.join(KERNEL)
    }

    /// `DIR/log`.
    #[must_use]
    pub fn log_dir(&self) -> PathBuf {
        self.dir.join(LOG)
    }

    /// `DIR/kernel/cpuN.raw`.
    #[must_use]
    pub fn cpu_path(&self, cpu: u32) -> PathBuf {
        self.kernel_dir().join(format!("cpu{cpu}.raw"))
    }

    /// `DIR/kernel/header_page`.
    #[must_use]
    pub fn header_page_path(&self) -> PathBuf {
        self.kernel_dir().join("header_page")
    }

    /// `DIR/kernel/comms`.
    #[must_use]
    pub fn comms_path(&self) -> PathBuf {
        self.kernel_dir().join("comms")
    }

    /// `DIR/kernel/events`.
    #[must_use]
    pub fn events_dir(&self) -> PathBuf {
        self.kernel_dir().join("events")
    }

    /// Reads the manifest.
    ///
    /// # Errors
    /// [`Error::Io`], [`Error::Manifest`], [`Error::Version`].
    pub fn load(&self) -> Result<Manifest, Error> {
        #[derive(serde::Deserialize)]
        struct Head {
            version: u32,
        }
        let path = self.manifest_path();
        let text = fs::read_to_string(&path).map_err(io_error("read", &path))?;
        let manifest = |source| Error::Manifest { path: path.clone(), source };
        let Head { version } = serde_json::from_str(&text).map_err(manifest)?;
        if version > VERSION {
            return Err(Error::Version { path, found: version });
        }
        serde_json::from_str(&text).map_err(manifest)
    }

    /// Writes the manifest beside its place and renames it there, so that a reader never sees half of one.
    ///
    /// # Errors
    /// [`Error::Io`].
    pub fn save(&self, manifest: &Manifest) -> Result<(), Error> {
        let path = self.manifest_path();
        let beside = self.dir.join(MANIFEST_NEW);
        let text = serde_json::to_vec_pretty(manifest)
            .map_err(|source| Error::Manifest { path: path.clone(), source })?;
        Self::create_file(&beside)?.write_all(&text).map_err(io_error("write", &beside))?;
        fs::rename(&beside, &path).map_err(io_error("rename to", &path))
    }

    /// Makes a new file of the recording's, readable by its owner alone. An earlier one of that name is removed first,
    /// never written through: it could be a link to somewhere else.
    ///
    /// # Errors
    /// [`Error::Io`].
    pub fn create_file(path: &Path) -> Result<File, Error> {
        match fs::remove_file(path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                return Err(io_error("remove", path)(error));
            }
            _ => {}
        }
        let mut options = OpenOptions::new();
        options.write(true).create_new(true).mode(0o600);
        options.open(path).map_err(io_error("create", path))
    }
}

/// What would help, after what came of a call: nothing else than a folder for a new recording can be chosen.
fn hint(call: &str, source: &io::Error) -> &'static str {
    match source.kind() {
        io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem if call == "make" => {
            ": name another folder with -o"
        }
        _ => "",
    }
}

fn io_error<'a>(call: &'static str, path: &'a Path) -> impl Fn(io::Error) -> Error + 'a {
    move |source| Error::Io { call, path: path.to_path_buf(), source }
}
