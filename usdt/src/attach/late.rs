//! Strings whose page was not in memory when the probe was hit: process_vm_readv(2) brings it in.

use super::record::TEXT_ROOM;
use std::io;
use std::vec::Vec;

/// Bytes of a process up to a NUL or to the room's end; `None` if there are none, or it is gone, or not ours to look into.
pub(super) fn read(pid: u32, address: u64) -> Option<Vec<u8>> {
    let pid = libc::pid_t::try_from(pid).ok().filter(|pid| *pid > 0)?;
    let mut bytes = [0_u8; TEXT_ROOM];
    let mut read = 0;
    while read < bytes.len() {
        // a page at a time: the kernel gives nothing of a piece of which it cannot give all
        let at = address.checked_add(read as u64)?;
        let page = rustix::param::page_size() as u64;
        let to_border = usize::try_from(page - at % page).unwrap_or(usize::MAX);
        let free = &mut bytes[read..];
        let wanted = free.len().min(to_border);
        let local = libc::iovec { iov_base: free.as_mut_ptr().cast(), iov_len: wanted };
        let remote = libc::iovec { iov_base: at as *mut libc::c_void, iov_len: wanted };
        // SAFETY: the local piece is ours and of that size; the remote one is the other process's.
        let got = unsafe { libc::process_vm_readv(pid, &raw const local, 1, &raw const remote, 1, 0) };
        let Ok(got @ 1..) = usize::try_from(got) else {
            if io::Error::last_os_error().kind() == io::ErrorKind::Interrupted {
                continue;
            }
            return None;
        };
        if let Some(end) = bytes[read..read + got].iter().position(|byte| *byte == 0) {
            return Some(bytes[..read + end].to_vec());
        }
        read += got;
    }
    Some(bytes.to_vec())
}
