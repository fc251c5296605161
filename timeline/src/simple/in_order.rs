//! Blocks of a trace worked on by all processors, what comes of them written in the trace's order.

use crate::Error;
use simpletrace::{Block, Blocks};
use std::io::{Read, Write};
use std::num::NonZeroUsize;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

/// What is done with each block, on one thread; each has its own.
pub(super) trait Work {
    /// Adds what comes of a block. What was added before an error is written, and nothing behind it.
    fn block(&mut self, block: &Block, out: &mut Vec<u8>) -> Result<(), Error>;
}

/// More processors than this wait for the one that reads.
const MOST_WORKERS: usize = 8;

struct Shared<'a, R> {
    /// The reader, with the number of the next block.
    reader: Mutex<Reader<R>>,
    writer: Mutex<Writer<'a>>,
    turn: Condvar,
}

struct Reader<R> {
    blocks: Blocks<R>,
    number: u64,
    over: bool,
}

struct Writer<'a> {
    out: &'a mut (dyn Write + Send),
    /// The block whose turn it is.
    number: u64,
    /// How it ended, once it has.
    failed: Option<Error>,
    over: bool,
}

/// Works through a trace. Whatever comes, all that was worked on before is written, and the workers are given back.
pub(super) fn work_through<R, W>(
    blocks: Blocks<R>,
    worker: impl Fn() -> W + Sync,
    out: &mut (dyn Write + Send),
) -> (Vec<W>, Result<(), Error>)
where
    R: Read + Send,
    W: Work + Send,
{
    let shared = Shared {
        reader: Mutex::new(Reader { blocks, number: 0, over: false }),
        writer: Mutex::new(Writer { out, number: 0, failed: None, over: false }),
        turn: Condvar::new(),
    };
    let count = std::thread::available_parallelism().map_or(1, NonZeroUsize::get).min(MOST_WORKERS);
    let mut workers = Vec::new();
    std::thread::scope(|scope| {
        let work = || {
            let mut worker = worker();
            shared.work(&mut worker);
            worker
        };
        let others: Vec<_> = (1..count).map(|_| scope.spawn(work)).collect();
        workers.push(work());
        for other in others {
            match other.join() {
                Ok(worker) => workers.push(worker),
                Err(panic) => std::panic::resume_unwind(panic),
            }
        }
    });
    let writer = shared.writer.into_inner().unwrap_or_else(PoisonError::into_inner);
    (workers, writer.failed.map_or(Ok(()), Err))
}

impl<R: Read + Send> Shared<'_, R> {
    fn work(&self, worker: &mut impl Work) {
        let _leaving = Leaving(self);
        let (mut block, mut text) = (Block::new(), Vec::new());
        loop {
            let (number, read) = {
                let mut reader = lock(&self.reader);
                if reader.over {
                    return;
                }
                let read = reader.blocks.next(&mut block);
                reader.over = !matches!(read, Ok(true));
                reader.number += 1;
                (reader.number - 1, read)
            };
            text.clear();
            let done = match read {
                Ok(false) => return,
                Ok(true) => worker.block(&block, &mut text),
                Err(error) => Err(error.into()),
            };
            if !self.write(number, &text, done) {
                lock(&self.reader).over = true;
                return;
            }
        }
    }

    /// Waits for the block's turn and writes what came of it; false if it is over.
    fn write(&self, number: u64, text: &[u8], done: Result<(), Error>) -> bool {
        let mut writer = lock(&self.writer);
        while writer.number != number && !writer.over {
            writer = self.turn.wait(writer).unwrap_or_else(PoisonError::into_inner);
        }
        if writer.over {
            return false;
        }
        let written = writer.out.write_all(text).map_err(Error::write);
        writer.failed = written.and(done).err();
        writer.over = writer.failed.is_some();
        writer.number += 1;
        let goes_on = !writer.over;
        drop(writer);
        self.turn.notify_all();
        goes_on
    }
}

/// A worker that panics keeps no other waiting for its turn.
struct Leaving<'a, 'b, R>(&'a Shared<'b, R>);

impl<R> Drop for Leaving<'_, '_, R> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            lock(&self.0.writer).over = true;
            lock(&self.0.reader).over = true;
            self.0.turn.notify_all();
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
