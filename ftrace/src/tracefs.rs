//! The tracefs of this machine (Documentation/trace/ftrace.rst of the kernel).

use crate::error::Error;
use crate::mountinfo;
use crate::rights;
use nix::errno::Errno;
use nix::fcntl::{AT_FDCWD, AtFlags, OFlag, openat};
use nix::mount::MsFlags;
use nix::sys::stat::Mode;
use nix::sys::statfs::{TRACEFS_MAGIC, fstatfs, statfs};
use nix::unistd::{AccessFlags, faccessat};
use std::fs;
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};

/// Where the kernel wants tracefs.
pub(crate) const USUAL: &str = "/sys/kernel/tracing";

/// A mounted tracefs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tracefs {
    root: PathBuf,
}

/// What [`Tracefs::find_or_mount`] did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mounted {
    /// Nothing: it was mounted.
    Before,
    /// It mounted tracefs at its usual place.
    Now,
}

impl Tracefs {
    /// Finds it through `/proc/self/mountinfo`, at its usual place if it is there as well as elsewhere.
    ///
    /// # Errors
    /// [`Error::NotMounted`]; [`Error::Io`] without `/proc`.
    pub fn find() -> Result<Self, Error> {
        let mountinfo = Path::new("/proc/self/mountinfo");
        let text = fs::read(mountinfo).map_err(Error::io("read", mountinfo))?;
        // a later mount may hide an earlier one, or tracefs be hidden by something else: ask what is there now
        let mut mounts = mountinfo::tracefs_mounts(&text);
        mounts.retain(|mount| is_tracefs(mount));
        let usual = mounts.iter().position(|mount| mount == Path::new(USUAL));
        match usual.map(|index| mounts.swap_remove(index)).or_else(|| mounts.pop()) {
            Some(root) => Ok(Self { root }),
            None => Err(Error::NotMounted { way_out: rights::way_to_mount(Path::new(USUAL)) }),
        }
    }

    /// Finds it, or mounts it at its usual place as trace-cmd does, which takes CAP_SYS_ADMIN.
    ///
    /// # Errors
    /// [`Error::Rights`] names what is missing; [`Error::NoTracefs`].
    pub fn find_or_mount() -> Result<(Self, Mounted), Error> {
        match Self::find() {
            Err(Error::NotMounted { .. }) => {}
            found => return found.map(|tracefs| (tracefs, Mounted::Before)),
        }
        let flags = MsFlags::MS_NOSUID | MsFlags::MS_NODEV | MsFlags::MS_NOEXEC;
        match nix::mount::mount(Some("nodev"), USUAL, Some("tracefs"), flags, None::<&str>) {
            Ok(()) => Self::find().map(|tracefs| (tracefs, Mounted::Now)),
            Err(Errno::ENODEV | Errno::ENOENT) => Err(Error::NoTracefs),
            Err(errno) => Err(Error::of(rights::MOUNT, Path::new(USUAL), errno.into())),
        }
    }

    /// Where it is mounted.
    #[must_use]
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// Whether the kernel has an event, which may be in a module that is not loaded yet.
    #[must_use]
    pub fn has_event(&self, system: &str, event: &str) -> bool {
        is_name(system) && is_name(event) && self.root.join("events").join(system).join(event).is_dir()
    }

    /// Whether a file of the top level may be written, such as `uprobe_events`. It is not opened, which would empty it.
    ///
    /// # Errors
    /// [`Error::Rights`]; [`Error::Io`] with ENOENT if this kernel has no such file.
    pub fn may_write(&self, file: &str) -> Result<(), Error> {
        let path = self.root.join(file);
        // access(2) asks for the real user, whose capabilities it leaves out unless that is root
        faccessat(AT_FDCWD, &path, AccessFlags::W_OK, AtFlags::AT_EACCESS)
            .map_err(|errno| Error::of("open", &path, errno.into()))
    }
}

/// Whether a path is served by tracefs (statfs(2)).
pub(crate) fn is_tracefs(path: &Path) -> bool {
    statfs(path).is_ok_and(|stat| stat.filesystem_type() == TRACEFS_MAGIC)
}

/// Opens a folder that tracefs serves, without opening anything of another file system: O_PATH only looks. A symbolic
/// link is none, since what it leads to may change.
pub(crate) fn open_folder(path: &Path) -> Result<OwnedFd, Error> {
    let flags = OFlag::O_PATH | OFlag::O_DIRECTORY | OFlag::O_NOFOLLOW | OFlag::O_CLOEXEC;
    let foreign = || Error::Foreign { path: path.to_path_buf() };
    let folder = match openat(AT_FDCWD, path, flags, Mode::empty()) {
        Err(Errno::ENOTDIR | Errno::ELOOP) => return Err(foreign()),
        opened => opened.map_err(|errno| Error::of_instance("open", path, errno.into()))?,
    };
    match fstatfs(&folder) {
        Ok(stat) if stat.filesystem_type() == TRACEFS_MAGIC => Ok(folder),
        _ => Err(foreign()),
    }
}

/// Whether a word can be a file's name in tracefs, and no way out of its folder.
pub(crate) fn is_name(word: &str) -> bool {
    !word.is_empty()
        && word.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.'))
        && !word.starts_with('.')
}
