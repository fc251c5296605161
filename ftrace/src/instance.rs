//! An instance: a set of rings, clock, events and markers of its own.

use crate::error::Error;
use crate::maker;
use crate::ring::Ring;
use crate::tracefs::{Tracefs, is_name, open_folder};
use nix::errno::Errno;
use nix::fcntl::AtFlags;
use nix::sys::stat::fstatat;
use std::fs::{self, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

/// More than any file has that the kernel tells in one read.
const READ_AT_ONCE: usize = 8 << 10;

/// A private instance. It is removed when this is dropped, unless it was only [opened](Instance::open).
#[derive(Debug)]
pub struct Instance {
    path: PathBuf,
    ours: bool,
    /// A child that was forked has a copy of this, which must not remove what is its parent's.
    maker: u32,
}

impl Instance {
    /// Makes an instance with a name of its own, tracing on, no events.
    ///
    /// # Errors
    /// [`Error::Rights`], [`Error::LockedDown`], [`Error::NotMounted`] if tracefs went away, [`Error::Io`].
    pub fn create(tracefs: &Tracefs) -> Result<Self, Error> {
        let path = tracefs.root().join("instances").join(maker::new_name());
        fs::create_dir(&path).map_err(|source| Error::of_instance("make the instance", &path, source))?;
        Ok(Self { path, ours: true, maker: std::process::id() })
    }

    /// Takes an instance that somebody else made and will remove.
    ///
    /// # Errors
    /// [`Error::Foreign`] if the path is not an instance's folder, or a symbolic link; [`Error::TopLevel`];
    /// [`Error::NoInstance`], [`Error::NotMounted`], [`Error::Rights`], [`Error::LockedDown`], [`Error::Io`].
    pub fn open(path: &Path) -> Result<Self, Error> {
        let folder = open_folder(path)?;
        // not faccessat(2), which leaves out the capabilities of a user that is not root
        let has = |name: &str| match fstatat(&folder, name, AtFlags::AT_SYMLINK_NOFOLLOW) {
            Ok(_) => Ok(true),
            Err(Errno::ENOENT) => Ok(false),
            Err(errno) => Err(Error::of("look into", path, errno.into())),
        };
        // instances have no instances
        if has("instances")? {
            return Err(Error::TopLevel { path: path.to_path_buf() });
        }
        if !has("tracing_on")? {
            return Err(Error::Foreign { path: path.to_path_buf() });
        }
        Ok(Self { path: path.to_path_buf(), ours: false, maker: std::process::id() })
    }

    /// Removes instances whose makers were killed before they could. Gives back the names of those that are gone.
    ///
    /// # Errors
    /// [`Error::Rights`], [`Error::LockedDown`], [`Error::Io`] if the instances cannot be listed; one that is still in use is left.
    pub fn remove_stale(tracefs: &Tracefs) -> Result<Vec<String>, Error> {
        let instances = tracefs.root().join("instances");
        let mut removed = Vec::new();
        let list =
            fs::read_dir(&instances).map_err(|source| Error::of_instance("list", &instances, source))?;
        for entry in list {
            let entry = entry.map_err(Error::io("list", &instances))?;
            if let Ok(name) = entry.file_name().into_string()
                && maker::is_stale(&name)
                && remove(&entry.path()).is_ok()
            {
                removed.push(name);
            }
        }
        Ok(removed)
    }

    /// Where it is: `/sys/kernel/tracing/instances/NAME`.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Removes it, and what its rings still hold.
    ///
    /// # Errors
    /// [`Error::Busy`] while a process holds one of its files; it is then left to [`Instance::remove_stale`].
    pub fn remove(mut self) -> Result<(), Error> {
        self.ours = false;
        remove(&self.path)
    }

    /// Tries to remove it, and keeps it if that cannot be now.
    ///
    /// # Errors
    /// As [`Instance::remove`].
    pub fn try_remove(&mut self) -> Result<(), Error> {
        remove(&self.path)?;
        self.ours = false;
        Ok(())
    }

    /// Leaves it to another process, such as the one that this one forked.
    #[must_use]
    pub fn disown(mut self) -> PathBuf {
        self.ours = false;
        std::mem::take(&mut self.path)
    }

    /// Chooses the clock: `mono` is CLOCK_MONOTONIC. What the rings hold is emptied.
    ///
    /// # Errors
    /// [`Error::Io`] if the kernel does not have it.
    pub fn set_clock(&self, clock: &str) -> Result<(), Error> {
        self.write("trace_clock", clock)
    }

    /// Sets the size of each cpu's ring, in KiB.
    ///
    /// # Errors
    /// [`Error::Io`]: ENOMEM if there is not so much memory.
    pub fn set_buffer_kb(&self, kib: u64) -> Result<(), Error> {
        self.write("buffer_size_kb", &kib.to_string())
    }

    /// Has readers woken when a ring is this full: 0 at any event, up to 100 percent.
    ///
    /// # Errors
    /// [`Error::Io`].
    pub fn set_buffer_percent(&self, percent: u8) -> Result<(), Error> {
        self.write("buffer_percent", &percent.to_string())
    }

    /// Sets one of `options/`, such as `event-fork`.
    ///
    /// # Errors
    /// [`Error::Io`] if there is no such option.
    pub fn set_option(&self, option: &str, on: bool) -> Result<(), Error> {
        self.write(&format!("options/{option}"), if on { "1" } else { "0" })
    }

    /// Limits events to processes; with the option `event-fork` also to those that they fork. Markers are not limited.
    ///
    /// # Errors
    /// [`Error::Io`].
    pub fn set_event_pids(&self, pids: &[u32]) -> Result<(), Error> {
        let list: Vec<String> = pids.iter().map(u32::to_string).collect();
        self.write("set_event_pid", &list.join(" "))
    }

    /// Switches an event on, limited by the kernel's own filter if there is one.
    ///
    /// # Errors
    /// [`Error::NoEvent`], [`Error::Filter`].
    pub fn enable(&self, system: &str, event: &str, filter: Option<&str>) -> Result<(), Error> {
        let folder = format!("events/{system}/{event}");
        if !is_name(system) || !is_name(event) || !self.path.join(&folder).is_dir() {
            let path = self.path.join(folder);
            return Err(Error::NoEvent { system: system.to_owned(), event: event.to_owned(), path });
        }
        if let Some(filter) = filter {
            let file = format!("{folder}/filter");
            let refused = |why| {
                let (system, event, filter) = (system.to_owned(), event.to_owned(), filter.to_owned());
                Error::Filter { system, event, filter, why }
            };
            // Nothing would be written, and the event be on without a filter.
            if filter.trim().is_empty() {
                return Err(refused("it is empty".to_owned()));
            }
            match self.write(&file, filter) {
                Err(Error::Io { source, .. }) => {
                    let why = self.filter_error(&source);
                    // The kernel leaves the refused text in place of a filter.
                    self.write(&file, "0")?;
                    return Err(refused(why));
                }
                written => written?,
            }
        }
        self.write(&format!("{folder}/enable"), "1")
    }

    /// The last complaint of `error_log`, which has more to say than the error's number.
    fn filter_error(&self, source: &io::Error) -> String {
        let log = self.read("error_log").unwrap_or_default();
        let said = log
            .lines()
            .rev()
            .find_map(|line| line.rsplit_once("error: ").map(|(_, said)| said.trim().to_owned()));
        said.unwrap_or_else(|| source.to_string())
    }

    /// Switches this instance's tracing on or off; writes to its marker then give EBADF.
    ///
    /// # Errors
    /// [`Error::Io`].
    pub fn set_tracing(&self, on: bool) -> Result<(), Error> {
        self.write("tracing_on", if on { "1" } else { "0" })
    }

    /// Reads one of its files, whole, as text: `events/kvm/kvm_exit/format`, `saved_cmdlines`.
    ///
    /// # Errors
    /// [`Error::Rights`], [`Error::Io`].
    pub fn read(&self, file: &str) -> Result<String, Error> {
        let path = self.path.join(file);
        // the kernel tells `events/header_page` in the first read alone, whatever its size (fs::read probes with 32 bytes)
        let mut bytes = Vec::with_capacity(READ_AT_ONCE);
        fs::File::open(&path)
            .and_then(|mut file| file.read_to_end(&mut bytes))
            .map_err(Error::io("read", &path))?;
        Ok(String::from_utf8_lossy(&bytes).into_owned())
    }

    /// Writes one of its files, in one write.
    ///
    /// # Errors
    /// [`Error::Rights`], [`Error::Io`].
    pub fn write(&self, file: &str, text: &str) -> Result<(), Error> {
        let path = self.path.join(file);
        let mut options = OpenOptions::new();
        options.write(true).truncate(true).custom_flags(libc::O_NOFOLLOW);
        let mut file = options.open(&path).map_err(Error::io("open", &path))?;
        file.write_all(text.as_bytes()).map_err(Error::io("write", &path))
    }

    /// The rings, one a cpu, in order.
    ///
    /// # Errors
    /// [`Error::Io`].
    pub fn rings(&self) -> Result<Vec<Ring>, Error> {
        let folder = self.path.join("per_cpu");
        let mut cpus = Vec::new();
        for entry in fs::read_dir(&folder).map_err(Error::io("list", &folder))? {
            let name = entry.map_err(Error::io("list", &folder))?.file_name();
            cpus.extend(name.to_str().and_then(|name| name.strip_prefix("cpu")?.parse::<u32>().ok()));
        }
        cpus.sort_unstable();
        Ok(cpus.into_iter().map(|cpu| Ring::new(folder.join(format!("cpu{cpu}")), cpu)).collect())
    }
}

impl Drop for Instance {
    fn drop(&mut self) {
        if self.ours && self.maker == std::process::id() {
            // one that is in use is removed at the next start
            let _ = remove(&self.path);
        }
    }
}

fn remove(path: &Path) -> Result<(), Error> {
    fs::remove_dir(path).map_err(|source| match source.raw_os_error() {
        Some(libc::EBUSY) => Error::Busy { path: path.to_path_buf() },
        _ => Error::of("remove the instance", path, source),
    })
}
