//! The ring that programs write to: the kernel's Documentation/bpf/ringbuf.rst.

use super::bpf;
use super::mapping::Mapping;
use super::refused::Refused;
use rustix::mm::{MapFlags, ProtFlags};
use std::ops::Range;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd, RawFd};
use std::slice;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering, fence};

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

    /// Whether there is a record to take, and not only one that is being written.
    pub(super) fn has_record(&self) -> bool {
        while let Some((at, record, is_given_up)) = self.next() {
            if !is_given_up {
                return true;
            }
            // another thread that waits may have passed over it, too
            _ = self.consumed().compare_exchange(at, end(at, &record), Ordering::Release, Ordering::Relaxed);
        }
        false
    }

    /// How far records were begun, of which those before [`Ring::read`] were taken.
    pub(super) fn written(&self) -> u64 {
        // SAFETY: the memory begins a page and lives as long as the mapping; the kernel writes it as one word.
        let produced = unsafe { AtomicU64::from_ptr(self.produced.start().as_ptr().cast()) };
        // what memory that is read-only allows is a relaxed load, and a fence behind it
        let produced = produced.load(Ordering::Relaxed);
        fence(Ordering::Acquire);
        produced
    }

    /// How far records were taken.
    pub(super) fn read(&self) -> u64 {
        self.consumed().load(Ordering::Relaxed)
    }

    /// Takes the next record, if there is one.
    pub(super) fn take<T>(&mut self, read: impl Fn(&[u8]) -> T) -> Option<T> {
        loop {
            let (at, record, is_given_up) = self.next()?;
            let next = end(at, &record);
            let read = (!is_given_up && record.end <= self.produced.length()).then(|| {
                // SAFETY: it lies in the mapping.
                let begin = unsafe { self.produced.start().add(record.start) };
                // SAFETY: all of it does, and the kernel leaves it alone until it is consumed.
                let record = unsafe { slice::from_raw_parts(begin.as_ptr(), record.len()) };
                read(record)
            });
            self.consumed().store(next, Ordering::Release);
            if read.is_some() {
                return read;
            }
        }
    }

    /// The next record that was written to its end: where it is in the ring, where in the mapping, and whether it was given up.
    fn next(&self) -> Option<(u64, Range<usize>, bool)> {
        let at = self.read();
        if at >= self.written() {
            return None;
        }
        #[allow(clippy::cast_possible_truncation)] // the mask was a usize
        let header = rustix::param::page_size() + (at & self.mask) as usize;
        // SAFETY: what was produced lies in the mapping, which has the data twice.
        let length = unsafe { self.produced.start().add(header) };
        // SAFETY: it is one word of the kernel's, on a border of 8 bytes.
        let length = unsafe { AtomicU32::from_ptr(length.as_ptr().cast()) }.load(Ordering::Relaxed);
        if length & BUSY != 0 {
            return None;
        }
        fence(Ordering::Acquire);
        let begin = header + HEADER;
        Some((at, begin..begin + (length & !DISCARDED) as usize, length & DISCARDED != 0))
    }

    /// How far the ring was read.
    fn consumed(&self) -> &AtomicU64 {
        // SAFETY: the memory begins a page and lives as long as the mapping; the kernel reads it as one word.
        unsafe { AtomicU64::from_ptr(self.consumed.start().as_ptr().cast()) }
    }
}

/// Where the record ends that begins at `at`.
fn end(at: u64, record: &Range<usize>) -> u64 {
    at + (record.len() + HEADER).next_multiple_of(8) as u64
}

impl AsFd for Ring {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.map.as_fd()
    }
}
