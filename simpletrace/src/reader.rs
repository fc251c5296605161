//! Reading by the record, and analyses.

use crate::blocks::{Block, Blocks};
use crate::error::Error;
use crate::record::{Dropped, Event, Record};
use std::io::Read;

/// A trace, a record at a time. It may be larger than memory: a megabyte is held at once.
#[derive(Debug)]
pub struct Reader<R> {
    blocks: Blocks<R>,
    block: Block,
    position: usize,
}

impl<R: Read> Reader<R> {
    /// Reads the header. `source` need not be buffered.
    ///
    /// # Errors
    /// [`Error::Header`], [`Error::Version`], [`Error::BigEndian`] if it is none of version 4, [`Error::Read`].
    pub fn new(source: R) -> Result<Self, Error> {
        Ok(Self { blocks: Blocks::new(source)?, block: Block::new(), position: 0 })
    }

    /// Of a trace without its first 24 bytes: see [`Blocks::without_header`].
    ///
    /// # Errors
    /// [`Error::Damaged`] if these are more names than a trace may have.
    pub fn without_header<'a>(source: R, names: impl IntoIterator<Item = &'a str>) -> Result<Self, Error> {
        Ok(Self { blocks: Blocks::without_header(source, names)?, block: Block::new(), position: 0 })
    }

    /// The next record, which lies in the reader's own memory; `None` at the end.
    ///
    /// # Errors
    /// [`Error::Truncated`], [`Error::Damaged`] behind the last whole record; [`Error::Read`].
    #[inline]
    #[allow(clippy::should_implement_trait)] // an iterator's items could not lie in it
    pub fn next(&mut self) -> Result<Option<Record<'_>>, Error> {
        loop {
            let mut records = self.block.records_from(self.position);
            if records.next().is_some() {
                break;
            }
            self.position = 0;
            if !self.blocks.next(&mut self.block)? {
                self.block = Block::new();
                return Ok(None);
            }
        }
        let mut records = self.block.records_from(self.position);
        let record = records.next();
        self.position = records.position();
        Ok(record)
    }
}

/// What is to be found out of a trace: the counterpart of `Analyzer` in QEMU's `simpletrace.py`. [`run`] calls it.
///
/// How many requests a disk had, and how long they took:
///
/// ```
/// use simpletrace::{Analysis, Event, encode, run};
/// use std::collections::HashMap;
///
/// #[derive(Default)]
/// struct Latency {
///     started: HashMap<u64, u64>,
///     requests: u64,
///     total_ns: u64,
/// }
///
/// impl Analysis for Latency {
///     fn event(&mut self, event: &Event<'_>) {
///         let Some(request) = event.arguments().word() else { return };
///         match event.name() {
///             "blk_start" => _ = self.started.insert(request, event.time),
///             "blk_done" => {
///                 if let Some(start) = self.started.remove(&request) {
///                     self.requests += 1;
///                     self.total_ns += event.time.saturating_sub(start);
///                 }
///             }
///             _ => {}
///         }
///     }
/// }
///
/// # let mut trace = Vec::new();
/// # encode::header(&mut trace);
/// # encode::mapping(&mut trace, 1, "blk_start").unwrap();
/// # encode::mapping(&mut trace, 2, "blk_done").unwrap();
/// # for (id, time, request) in [(1, 1_000, 7_u64), (1, 1_500, 8), (2, 3_000, 8), (2, 4_000, 7)] {
/// #     encode::event(&mut trace, id, time, 4711, &request.to_le_bytes()).unwrap();
/// # }
/// // std::fs::File::open("trace-4711")? is what one reads
/// let mut latency = Latency::default();
/// run(trace.as_slice(), &mut latency)?;
/// assert_eq!((latency.requests, latency.total_ns), (2, 4_500));
/// # Ok::<(), simpletrace::Error>(())
/// ```
pub trait Analysis {
    /// Before the first record.
    fn begin(&mut self) {}

    /// An event.
    fn event(&mut self, event: &Event<'_>);

    /// Events are missing here.
    fn dropped(&mut self, dropped: &Dropped) {
        _ = dropped;
    }

    /// Behind the last whole record, whatever came then.
    fn end(&mut self) {}
}

/// Goes through a trace.
///
/// # Errors
/// As [`Reader::new`] and [`Reader::next`]; what is damaged in the middle has been analysed up to there.
pub fn run<R: Read, A: Analysis + ?Sized>(source: R, analysis: &mut A) -> Result<(), Error> {
    let mut blocks = Blocks::new(source)?;
    let mut block = Block::new();
    analysis.begin();
    let result = loop {
        match blocks.next(&mut block) {
            Ok(true) => {
                for record in block.records() {
                    match record {
                        Record::Event(event) => analysis.event(&event),
                        Record::Dropped(dropped) => analysis.dropped(&dropped),
                    }
                }
            }
            Ok(false) => break Ok(()),
            Err(error) => break Err(error),
        }
    };
    analysis.end();
    result
}
