//! The ring that programs write to: the kernel's Documentation/bpf/ringbuf.rst.

use super::bpf;
use super::mapping::Mapping;
use super::refused::Refused;
use rustix::mm::{MapFlags, ProtFlags};
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd, RawFd};
use std::slice;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};

/// In a record's header: it is being written.
const BUSY: u32 = 1 << 31;
/// In a record's header: it was given up.
const DISCARDED: u32 = 1 << 30;
/// A length and where the record lies.
const HEADER: usize = 8;

/// A ring, and how far it was read.
pub(super) struct Ring {
    map: OwnedFd,
    /// How far it was read, which only we change.
    consumed: Mapping,
    /// How far it was written, in a page, and the data twice in a row, so that no record is in two pieces.
    produced: Mapping,
    mask: u64,
}

impl Ring {
    /// A ring of at least so many bytes: a power of two of pages, 64 KiB at least and 1 GiB at most.
    pub(super) fn new(bytes: usize) -> Result<Self, Refused> {
        let bytes = bytes.clamp(64 << 10, 1 << 30).next_power_of_two();
        let map = bpf::ring(u32::try_from(bytes).unwrap_or(u32::MAX))?;
        let page = rustix::param::page_size();
        let mapped = |length, offset, protection| {
            Mapping::new(map.as_fd(), length, offset, protection, MapFlags::SHARED)
                .map_err(|error| Refused::of_call("mmap", error.into()))
        };
        let consumed = mapped(page, 0, ProtFlags::READ | ProtFlags::WRITE)?;
        let produced = mapped(page + 2 * bytes, page as u64, ProtFlags::READ)?;
        Ok(Self { map, consumed, produced, mask: bytes as u64 - 1 })
    }

    /// For a program.
    pub(super) fn fd(&self) -> RawFd {
        self.map.as_raw_fd()
    }

    /// Takes the next record, if there is one.
    pub(super) fn take<T>(&mut self, read: impl Fn(&[u8]) -> T) -> Option<T> {
        // SAFETY: the memory begins a page and lives as long as the mapping, and the kernel reads it by atomics.
        let consumed = unsafe { AtomicU64::from_ptr(self.consumed.start().as_ptr().cast()) };
        // SAFETY: likewise; it is only loaded, for the mapping is read-only.
        let produced = unsafe { AtomicU64::from_ptr(self.produced.start().as_ptr().cast()) };
        loop {
            let at = consumed.load(Ordering::Relaxed);
            if at >= produced.load(Ordering::Acquire) {
                return None;
            }
            #[allow(clippy::cast_possible_truncation)] // the mask was a usize
            let data = rustix::param::page_size() + (at & self.mask) as usize;
            // SAFETY: what was produced lies in the mapping, which has the data twice.
            let header = unsafe { self.produced.start().add(data) };
            // SAFETY: it is one word of the kernel's, on a border of 8 bytes.
            let length = unsafe { AtomicU32::from_ptr(header.as_ptr().cast()) }.load(Ordering::Acquire);
            if length & BUSY != 0 {
                return None;
            }
            let size = (length & !DISCARDED) as usize;
            let record = data + HEADER..data + HEADER + size;
            let is_whole = length & DISCARDED == 0 && record.end <= self.produced.length();
            let read = is_whole.then(|| {
                // SAFETY: it lies in the mapping.
                let begin = unsafe { self.produced.start().add(record.start) };
                // SAFETY: all of it does, and the kernel leaves it alone until it is consumed.
                let record = unsafe { slice::from_raw_parts(begin.as_ptr(), record.len()) };
                read(record)
            });
            consumed.store(at + (size + HEADER).next_multiple_of(8) as u64, Ordering::Release);
            if read.is_some() {
                return read;
            }
        }
    }
}

impl AsFd for Ring {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.map.as_fd()
    }
}
