//! The place of a record's payload in the ring.

use std::marker::PhantomData;

/// Where a record's payload is written, in the ring itself: from the front, as much as was asked for at most.
#[derive(Debug)]
pub struct Room<'a> {
    start: *mut u8,
    used: usize,
    len: usize,
    ring: PhantomData<&'a mut [u8]>,
}

impl Room<'_> {
    /// # Safety
    ///
    /// For the room's life, `len` bytes at `start` are the caller's to write.
    #[inline]
    pub(crate) unsafe fn new(start: *mut u8, len: usize) -> Self {
        Self { start, used: 0, len, ring: PhantomData }
    }

    /// How many bytes have been put.
    #[inline]
    #[must_use]
    pub fn used(&self) -> usize {
        self.used
    }

    /// How many bytes there is room for still.
    #[inline]
    #[must_use]
    pub fn left(&self) -> usize {
        self.len - self.used
    }

    /// Puts a number in 8 bytes, little endian. False, and nothing put, if there is no room.
    #[inline]
    pub fn put_u64(&mut self, number: u64) -> bool {
        self.put(&number.to_le_bytes())
    }

    /// Puts a number in 4 bytes, little endian. False, and nothing put, if there is no room.
    #[inline]
    pub fn put_u32(&mut self, number: u32) -> bool {
        self.put(&number.to_le_bytes())
    }

    /// Puts bytes. False, and nothing put, if there is no room.
    #[inline]
    pub fn put(&mut self, bytes: &[u8]) -> bool {
        if bytes.len() > self.left() {
            return false;
        }
        // SAFETY: less than `len` was used, so the address is within what `new` was promised.
        let to = unsafe { self.start.add(self.used) };
        // SAFETY: the bytes fit, as was just seen; nobody else writes there, and a slice of the caller's does not lie in
        // the ring.
        unsafe { to.copy_from_nonoverlapping(bytes.as_ptr(), bytes.len()) };
        self.used += bytes.len();
        true
    }
}
