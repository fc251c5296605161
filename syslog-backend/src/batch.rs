//! Many lines for one system call: what a writer thread collects.

use crate::message::Message;
use crate::queue::{BURST, Queue};
use crate::syslog::{DATAGRAM_MAX, Syslog};

/// What a batch holds at most. A line has some hundred bytes, so it is the number of datagrams that ends most batches.
const BYTES: usize = 128 * 1024;

/// Lines that are written and not sent. It belongs to one thread; [`Syslog::push`] fills it, [`Syslog::flush`] sends it.
#[derive(Debug)]
pub struct Batch {
    bytes: Vec<u8>,
    ends: Vec<usize>,
    /// Whose lines these are: a forked child has a copy, which its parent sends.
    pid: u32,
}

impl Batch {
    /// An empty one. It allocates its 128 KiB here and nothing later.
    #[must_use]
    pub fn new() -> Self {
        Self { bytes: Vec::with_capacity(BYTES), ends: Vec::with_capacity(BURST), pid: 0 }
    }

    /// How many lines are in it.
    #[must_use]
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Whether it holds none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    fn is_full(&self) -> bool {
        self.ends.len() == BURST || BYTES - self.bytes.len() <= DATAGRAM_MAX
    }
}

impl Default for Batch {
    fn default() -> Self {
        Self::new()
    }
}

impl Syslog {
    /// Puts a line into a batch, and sends the batch if that fills it. The time in the line is the message's.
    pub fn push(&self, batch: &mut Batch, message: &Message<'_>) {
        self.disown(batch);
        let room = &mut batch.bytes.spare_capacity_mut()[..=DATAGRAM_MAX];
        let len = self.write(room, message).len();
        room[len].write(0);
        let end = batch.bytes.len() + len + 1;
        // SAFETY: `write` wrote `len` bytes behind what was there, and the NUL stands behind them.
        unsafe { batch.bytes.set_len(end) };
        batch.ends.push(end);
        if batch.is_full() {
            self.flush(batch);
        }
    }

    /// Sends what is in a batch, in order, with `sendmmsg`; waits [`crate::Options::wait`] at most, counts what cannot be sent,
    /// and leaves the batch empty.
    pub fn flush(&self, batch: &mut Batch) {
        self.disown(batch);
        if !batch.is_empty() {
            self.deliver(Queue::new(&batch.bytes, &batch.ends));
        }
        batch.bytes.clear();
        batch.ends.clear();
    }

    /// Empties a batch that is the copy of a parent's.
    fn disown(&self, batch: &mut Batch) {
        let pid = self.pid();
        if batch.pid != pid {
            batch.bytes.clear();
            batch.ends.clear();
            batch.pid = pid;
        }
    }
}
