//! One ring among all: where it lies, whose it is, what it has lost.

use crate::circle::{Circle, Control, Line, Refused, Shared, Starts, Wait};
use std::sync::atomic::{AtomicU32, AtomicU64, AtomicUsize};

/// Lanes are the bits of a `u32`.
pub(crate) const LANES: usize = 32;

/// No thread's.
pub(crate) const FREE: usize = 0;
/// Its thread has ended, and the consumer has not emptied it.
pub(crate) const RETIRED: usize = 1;

/// A count a lane.
pub(crate) type Lanes = [AtomicU64; LANES];

/// What the process keeps of a ring besides its memory. It is as it was in a forked child.
#[derive(Debug, Default)]
pub(crate) struct Slot {
    /// FREE, RETIRED, or the address of a variable of the thread's own, which is the same in a forked child.
    pub owner: AtomicUsize,
    /// What the thread said its number was.
    pub tid: AtomicU32,
    /// So many bytes have pages.
    pub populated: AtomicUsize,
    /// Counts those that became free; 0 was never anyone's.
    pub freed: AtomicU64,
    /// The losses that the consumer has told.
    pub told: Lanes,
}

/// The part of a ring's memory that is never in a file.
#[repr(C)]
#[derive(Debug)]
pub(crate) struct Private {
    pub control: Control,
    pub wait: Line<Wait>,
    /// Records lost, a lane.
    pub lost: Lanes,
    /// Of those, told in the ring.
    pub told: Lanes,
    /// Records lost, a reason.
    pub reasons: [AtomicU64; 4],
    pub starts: Starts,
}

/// The page before a ring's bytes. In a file it is what a reader finds.
#[repr(C)]
#[derive(Debug)]
pub(crate) struct Head {
    pub shared: Shared,
    pub tid: AtomicU32,
}

/// What lies between a ring's start and its bytes.
pub(crate) const HEAD: usize = 4096;
/// What a ring's private part takes.
pub(crate) const PRIVATE: usize = 4096;

const _: () = assert!(size_of::<Private>() <= PRIVATE && size_of::<Head>() <= HEAD);

/// A ring's memory, for as long as the mappings are there.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Ring<'a> {
    pub private: &'a Private,
    pub head: &'a Head,
    /// `size` bytes.
    pub data: *mut u8,
    pub size: usize,
    pub overwrite: bool,
}

impl<'a> Ring<'a> {
    /// Its positions.
    #[inline]
    pub(crate) fn circle(&self) -> Circle<'a> {
        Circle {
            control: &self.private.control,
            starts: &self.private.starts,
            shared: &self.head.shared,
            size: self.size as u64,
            overwrite: self.overwrite,
        }
    }

    /// The address of a position.
    #[inline]
    pub(crate) fn address(&self, position: u64) -> *mut u8 {
        // SAFETY: the index is less than the size.
        unsafe { self.data.add(self.index(position)) }
    }

    /// The place of a position among the bytes.
    #[inline]
    #[allow(clippy::cast_possible_truncation)] // it is masked, and a ring fits an address space
    pub(crate) fn index(&self, position: u64) -> usize {
        position as usize & (self.size - 1)
    }

    /// Writes a word where the producer may.
    ///
    /// # Safety
    ///
    /// The caller is the producer, and `position..position + 8` a place that `Circle` gave it.
    #[inline]
    pub(crate) unsafe fn write(&self, position: u64, word: u64) {
        #[allow(clippy::cast_ptr_alignment)] // see below
        let to = self.address(position).cast::<u64>();
        // SAFETY: positions of words are multiples of 8, as is the ring's address, so the word lies within the ring;
        // only the producer writes here.
        unsafe { to.write(word.to_le()) };
    }
}

/// The place of a reason among the counts.
pub(crate) fn reason(refused: Refused) -> usize {
    match refused {
        Refused::Full => 0,
        Refused::TooLong => 1,
        Refused::Nested => 2,
        Refused::Closed => 3,
    }
}
