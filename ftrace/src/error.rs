//! Why tracefs would not: each with the path, the call and the way out.

use crate::lockdown;
use crate::rights::{self, top_of};
use crate::tracefs::{Tracefs, is_tracefs};
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};

/// Why tracefs could not be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// No mount of tracefs is in sight.
    #[error("tracefs is not mounted: {way_out}")]
    NotMounted {
        /// What mounts it, so that this process may use it.
        way_out: String,
    },
    /// The kernel has no tracefs.
    #[error("this kernel has no tracefs (CONFIG_TRACING)")]
    NoTracefs,
    /// A right is missing.
    #[error("{call} {path}: {source}: {way_out}")]
    Rights {
        /// What was tried.
        call: &'static str,
        /// On what.
        path: PathBuf,
        /// EACCES or EPERM.
        source: io::Error,
        /// What would give the right: the capability, and a command between backticks where one does.
        way_out: String,
    },
    /// The kernel is locked down for confidentiality (kernel_lockdown(7)): no file of tracefs may be opened, and if it
    /// booted so there are none.
    #[error(
        "{call} {path}: the kernel is locked down for confidentiality, which forbids tracefs even to root: boot it without \
         `lockdown=confidentiality`"
    )]
    LockedDown {
        /// What was tried.
        call: &'static str,
        /// On what.
        path: PathBuf,
    },
    /// Tracefs is there, and has no such instance.
    #[error("{path}: there is no such instance: make it with `mkdir {path}`")]
    NoInstance {
        /// Where it would be.
        path: PathBuf,
    },
    /// The path is not tracefs': something else was handed over, or it went away.
    #[error(
        "{path} is not served by tracefs: hand over an instance, such as /sys/kernel/tracing/instances/NAME"
    )]
    Foreign {
        /// The path.
        path: PathBuf,
    },
    /// The path is the top level of tracefs, whose switches are the whole machine's.
    #[error(
        "{path} is the top level of tracefs, not ours to switch: make an instance with `mkdir {path}/instances/NAME`"
    )]
    TopLevel {
        /// The path.
        path: PathBuf,
    },
    /// The kernel has no such event.
    #[error("the kernel has no event {system}:{event} (no {path}): see `available_events` in tracefs")]
    NoEvent {
        /// `kvm`
        system: String,
        /// `kvm_exit`
        event: String,
        /// Where it would be.
        path: PathBuf,
    },
    /// The kernel does not take the filter.
    #[error("the kernel refuses the filter `{filter}` of {system}:{event}: {why}")]
    Filter {
        /// `kvm`
        system: String,
        /// `kvm_exit`
        event: String,
        /// The filter.
        filter: String,
        /// What the kernel says of it.
        why: String,
    },
    /// The instance is in use: a process holds one of its files open.
    #[error("remove {path}: a process still holds one of its files, such as trace_marker")]
    Busy {
        /// The instance.
        path: PathBuf,
    },
    /// Any other system call that failed.
    #[error("{call} {path}: {source}")]
    Io {
        /// What was tried.
        call: &'static str,
        /// On what.
        path: PathBuf,
        /// What came of it.
        source: io::Error,
    },
}

impl Error {
    /// The error of a call on a path; a missing right is told with what would give it.
    pub(crate) fn of(call: &'static str, path: &Path, source: io::Error) -> Self {
        let path = path.to_path_buf();
        match source.raw_os_error() {
            Some(libc::EACCES | libc::EPERM | libc::ENOENT) if lockdown::forbids_tracefs() => {
                Self::LockedDown { call, path }
            }
            Some(libc::EACCES | libc::EPERM) => {
                let way_out = rights::way_out(call, &path);
                Self::Rights { call, path, source, way_out }
            }
            _ => Self::Io { call, path, source },
        }
    }

    /// The error of a call that did not find an instance, or where they are, or could not make one.
    pub(crate) fn of_instance(call: &'static str, path: &Path, source: io::Error) -> Self {
        let top = top_of(path);
        match source.raw_os_error() {
            Some(libc::ENOENT | libc::EINVAL) if path.starts_with(top) && is_tracefs(top) => {}
            Some(libc::ENOENT) if path.starts_with(top) => match Tracefs::find() {
                Err(error @ Self::NotMounted { .. }) => return error,
                _ => return Self::of(call, path, source),
            },
            _ => return Self::of(call, path, source),
        }
        // A kernel that is locked down has an empty tracefs, or one whose files nobody opens; mkdir(2) gives EINVAL there.
        match File::open(top.join("tracing_on")) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                Self::LockedDown { call, path: path.into() }
            }
            Err(error) => Self::of(call, path, error),
            Ok(_) if source.kind() == io::ErrorKind::NotFound && path.parent().is_some_and(is_tracefs) => {
                Self::NoInstance { path: path.to_path_buf() }
            }
            Ok(_) => Self::of(call, path, source),
        }
    }

    /// For `map_err`.
    pub(crate) fn io(call: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        move |source| Self::of(call, path, source)
    }
}
