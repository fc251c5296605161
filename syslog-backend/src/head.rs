//! What is the same for all lines of a process within a second, made once: it is more than half of the work.

use std::mem::MaybeUninit;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering, fence};

/// The most bytes: the journal's, with the longest identifier.
pub(crate) const MAX: usize = 320;

/// The same in words.
pub(crate) const WORDS: usize = MAX / 8;

/// Where a head is read to.
pub(crate) type Room = [MaybeUninit<[u8; 8]>; WORDS];

/// The last head. Whoever finds another second in it, or someone writing to it, makes its own: no one waits, not even a signal
/// handler that has interrupted the writer. All zero is none.
#[derive(Debug)]
pub(crate) struct Head {
    /// Odd while someone writes.
    version: AtomicU32,
    len: AtomicU32,
    pid: AtomicU32,
    second: AtomicU64,
    words: [AtomicU64; WORDS],
}

impl Head {
    /// Reads the head of a second and a process.
    #[inline]
    pub(crate) fn read<'a>(&self, second: u64, pid: u32, to: &'a mut Room) -> Option<&'a [u8]> {
        let version = self.version.load(Ordering::Acquire);
        let len = self.len.load(Ordering::Relaxed) as usize;
        let is_other =
            self.second.load(Ordering::Relaxed) != second || self.pid.load(Ordering::Relaxed) != pid;
        if is_other || len == 0 || len > MAX {
            return None;
        }
        for (to, word) in to.iter_mut().zip(&self.words).take(len.div_ceil(8)) {
            to.write(word.load(Ordering::Relaxed).to_ne_bytes());
        }
        fence(Ordering::Acquire);
        if self.version.load(Ordering::Relaxed) != version || !version.is_multiple_of(2) {
            return None;
        }
        // SAFETY: the loop wrote as many words as `len` bytes take; a word is eight bytes.
        Some(unsafe { std::slice::from_raw_parts(to.as_ptr().cast(), len) })
    }

    /// Keeps a head for those who come next, unless someone else is about to.
    pub(crate) fn write(&self, second: u64, pid: u32, bytes: &[u8]) {
        let version = self.version.load(Ordering::Relaxed);
        let odd = version.wrapping_add(1);
        let Ok(len) = u32::try_from(bytes.len()) else { return };
        if !version.is_multiple_of(2)
            || bytes.len() > MAX
            || self.version.compare_exchange(version, odd, Ordering::Acquire, Ordering::Relaxed).is_err()
        {
            return;
        }
        fence(Ordering::Release);
        self.second.store(second, Ordering::Relaxed);
        self.pid.store(pid, Ordering::Relaxed);
        self.len.store(len, Ordering::Relaxed);
        for (word, bytes) in self.words.iter().zip(bytes.chunks(8)) {
            let mut padded = [0; 8];
            padded[..bytes.len()].copy_from_slice(bytes);
            word.store(u64::from_ne_bytes(padded), Ordering::Relaxed);
        }
        self.version.store(odd.wrapping_add(1), Ordering::Release);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::AtomicBool;

    fn empty() -> Head {
        Head {
            version: AtomicU32::new(0),
            len: AtomicU32::new(0),
            pid: AtomicU32::new(0),
            second: AtomicU64::new(0),
            words: [const { AtomicU64::new(0) }; WORDS],
        }
    }

    fn read(head: &Head, second: u64) -> Option<Vec<u8>> {
        head.read(second, 1, &mut [MaybeUninit::uninit(); WORDS]).map(<[u8]>::to_vec)
    }

    #[test]
    fn what_is_read_is_what_was_written_for_that_second_while_others_write() {
        let (head, end) = (empty(), AtomicBool::new(false));
        let of = |second: u64| format!("{second}").repeat(usize::try_from(1 + second % 30).unwrap());
        assert_eq!(read(&head, 0), None);
        std::thread::scope(|scope| {
            for from in [0, 1000] {
                let (head, end) = (&head, &end);
                scope.spawn(move || {
                    let mut second = from;
                    while !end.load(Ordering::Relaxed) {
                        second += 1;
                        head.write(second, 1, of(second).as_bytes());
                    }
                });
            }
            let mut found = 0;
            while found < 10_000 {
                let second = head.second.load(Ordering::Relaxed);
                if let Some(bytes) = read(&head, second) {
                    assert_eq!(bytes, of(second).as_bytes());
                    found += 1;
                }
            }
            end.store(true, Ordering::Relaxed);
        });
        head.version.store(1, Ordering::Relaxed);
        head.write(7, 1, b"seven");
        assert_eq!(read(&head, 7), None, "someone writes");
    }
}
