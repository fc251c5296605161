//! Which file it is, in the words of /proc/PID/maps.

use super::mapping::{Mapping, Node};
use std::fs::File;
use std::io::{self, BufRead as _, BufReader};
use std::os::fd::AsRawFd as _;

/// The device and the inode that /proc/PID/maps has for a file.
///
/// fstat(2) has other ones: btrfs has a device for each subvolume there, and overlayfs, by the kernel's version, its own or that of
/// the layer. So it is mapped here too, and the kernel is asked the same question.
pub(super) fn node(file: &File) -> io::Result<Option<Node>> {
    let mapped = Mapped::new(file)?;
    for line in BufReader::new(File::open("/proc/self/maps")?).split(b'\n') {
        let Some(mapping) = Mapping::of_file(&line?) else { continue };
        if (mapping.stretch.start..mapping.stretch.end).contains(&mapped.address()) {
            return Ok(Some(mapping.file.node));
        }
    }
    Ok(None)
}

/// A page of the address space that stands for the file's first, and has no rights.
struct Mapped(*mut libc::c_void);

impl Mapped {
    /// The kernel makes a page of it.
    const SIZE: usize = 1;

    fn new(file: &File) -> io::Result<Self> {
        // SAFETY: at an address of the kernel's choice nothing is replaced.
        let at = unsafe {
            libc::mmap(
                core::ptr::null_mut(),
                Self::SIZE,
                libc::PROT_NONE,
                libc::MAP_PRIVATE | libc::MAP_NORESERVE,
                file.as_raw_fd(),
                0,
            )
        };
        if at == libc::MAP_FAILED { Err(io::Error::last_os_error()) } else { Ok(Self(at)) }
    }

    fn address(&self) -> u64 {
        self.0.addr() as u64
    }
}

impl Drop for Mapped {
    fn drop(&mut self) {
        // SAFETY: it is ours, and no reference leads into it.
        unsafe { libc::munmap(self.0, Self::SIZE) };
    }
}
