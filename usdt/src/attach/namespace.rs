//! The pid namespace: whose numbers a process's and a thread's are told in.

use super::refused::Refused;
use rustix::fs::{major, minor, stat};
use rustix::io::Errno;

/// The pid namespace of this process.
#[derive(Clone, Copy)]
pub(super) enum Namespace {
    /// The machine's first, which knows all processes.
    Initial,
    /// Another, by the file that is it, as the kernel numbers it inside.
    Other { device: u64, inode: u64 },
}

impl Namespace {
    pub(super) fn own() -> Result<Self, Refused> {
        /// PROC_PID_INIT_INO
        const INITIAL: u64 = 0xEFFF_FFFC;
        let file = match stat("/proc/self/ns/pid") {
            // a kernel without pid namespaces
            Err(Errno::NOENT) => return Ok(Self::Initial),
            file => file.map_err(|error| Refused::of_call("stat /proc/self/ns/pid", error.into()))?,
        };
        Ok(match file.st_ino {
            INITIAL => Self::Initial,
            inode => {
                // the kernel's own dev_t has 20 bits for the minor number
                let device = u64::from(major(file.st_dev)) << 20 | u64::from(minor(file.st_dev));
                Self::Other { device, inode }
            }
        })
    }
}
