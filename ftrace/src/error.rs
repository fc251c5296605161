//! Why tracefs would not: each with the path, the call and the way out.

use crate::lockdown;
use crate::tracefs::{Tracefs, is_tracefs};
use caps::{CapSet, Capability};
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};

/// The call that finds tracefs not mounted, where a remount would not help.
pub(crate) const MOUNT: &str = "mount tracefs at";

/// Why tracefs could not be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// No mount of tracefs is in sight.
    #[error("tracefs is not mounted: run `mount -t tracefs nodev /sys/kernel/tracing` as root")]
    NotMounted,
    /// The kernel has no tracefs.
    #[error("this kernel has no tracefs (CONFIG_TRACING)")]
    NoTracefs,
    /// A right is missing.
    #[error("{call} {path}: permission denied: {way_out}")]
    Rights {
        /// What was tried.
        call: &'static str,
        /// On what.
        path: PathBuf,
        /// What would give the right.
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
                let way_out = way_out(call, &path);
                Self::Rights { call, path, way_out }
            }
            _ => Self::Io { call, path, source },
        }
    }

    /// The error of a call that did not find an instance, or could not make it.
    pub(crate) fn of_instance(call: &'static str, path: &Path, source: io::Error) -> Self {
        let top = top_of(path);
        match source.raw_os_error() {
            Some(libc::ENOENT | libc::EINVAL) if path.starts_with(top) && is_tracefs(top) => {}
            Some(libc::ENOENT)
                if path.starts_with(top) && matches!(Tracefs::find(), Err(Self::NotMounted)) =>
            {
                return Self::NotMounted;
            }
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

/// What gives the right to a path in tracefs: capabilities that are missing, or a group.
fn way_out(call: &str, path: &Path) -> String {
    let has = |capability| caps::has_cap(None, CapSet::Effective, capability).unwrap_or(false);
    if has(Capability::CAP_DAC_OVERRIDE) && has(Capability::CAP_SYS_ADMIN) {
        return "the kernel is locked down, or a sandbox denies tracefs".to_owned();
    }
    if call == MOUNT {
        return format!(
            "run as root (CAP_SYS_ADMIN to mount it), or have it mounted for your group: \
             `sudo mount -t tracefs -o gid={},mode=770 nodev {}`",
            nix::unistd::getegid(),
            path.display()
        );
    }
    // The number, not `$(id -g)`: a root shell would put root's group there.
    format!(
        "run as root (CAP_DAC_OVERRIDE to open its files, CAP_SYS_ADMIN to mount it), or hand tracefs to your group: \
         `sudo mount -o remount,gid={},mode=770 {}`",
        nix::unistd::getegid(),
        top_of(path).display()
    )
}

/// The mount that a path is in, told by the path alone, since it may not be looked at.
fn top_of(path: &Path) -> &Path {
    match path.ancestors().find(|part| part.ends_with("instances")) {
        Some(instances) => instances.parent().unwrap_or(path),
        None if path.ends_with("trace_marker") => path.parent().unwrap_or(path),
        None => Path::new("/sys/kernel/tracing"),
    }
}
