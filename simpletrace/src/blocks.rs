//! Reading by the block: whole records, as many as one reading gave.

use crate::error::{Damage, Error};
use crate::format::{
    DROPPED_ID, EVENT_HEAD, HEADER_ID, HEADER_SIZE, MAGIC, NAME_MAX, RECORD_MAX, TYPE_EVENT, TYPE_MAPPING,
    VERSION, is_name,
};
use crate::names::{Ids, Names};
use crate::record::{Dropped, Event, Record};
use std::io::{ErrorKind, Read};
use std::sync::Arc;

/// The room of a block: more than two of the longest records, so that a part of one always leaves room for the rest.
const BLOCK: usize = 256 << 10;
const _: () = assert!(BLOCK > 2 * (8 + RECORD_MAX));

/// A trace by the block. One thread reads blocks, any others may go through them.
///
/// ```
/// # use simpletrace::{Block, Blocks, Record, encode};
/// # let mut file = Vec::new();
/// # encode::header(&mut file);
/// # encode::mapping(&mut file, 7, "blk_read").unwrap();
/// # encode::event(&mut file, 7, 1_000, 4711, &[]).unwrap();
/// let mut blocks = Blocks::new(file.as_slice())?;
/// let mut block = Block::new();
/// let mut events = 0;
/// while blocks.next(&mut block)? {
///     events += block.records().filter(|record| matches!(record, Record::Event(_))).count();
/// }
/// assert_eq!(events, 1);
/// # Ok::<(), simpletrace::Error>(())
/// ```
#[derive(Debug)]
pub struct Blocks<R> {
    source: R,
    ids: Ids,
    /// What follows the last block's whole records.
    rest: Vec<u8>,
    /// Where that begins.
    at: u64,
    has_header: bool,
    /// The time of the first record, and of the last one.
    first: Option<u64>,
    last: Option<u64>,
    damage: Option<(u64, Damage)>,
}

/// Some whole records of a trace. It is made once and filled again and again.
#[derive(Debug)]
pub struct Block {
    /// Of an event the id is overwritten by its number.
    bytes: Vec<u8>,
    len: usize,
    at: u64,
    names: Arc<Names>,
    first: Option<u64>,
    before: Option<u64>,
}

/// What stands at a place of a block.
enum Next {
    /// A record of so many bytes.
    Whole(usize),
    /// Not all of it is there yet.
    Partly,
}

impl<R: Read> Blocks<R> {
    /// Reads the header.
    ///
    /// # Errors
    /// [`Error::Header`], [`Error::Version`], [`Error::BigEndian`] if it is none of version 4, [`Error::Read`].
    pub fn new(mut source: R) -> Result<Self, Error> {
        let mut header = [0; HEADER_SIZE];
        let mut have = 0;
        while have < header.len() {
            match read(&mut source, &mut header[have..], have as u64)? {
                0 if have == 0 => return Err(Error::Header { why: "it is empty" }),
                0 => return Err(Error::Header { why: "it ends within its first 24 bytes, the header" }),
                count => have += count,
            }
        }
        check_header(&header)?;
        Ok(Self { at: HEADER_SIZE as u64, has_header: true, ..Self::bare(source) })
    }

    /// Of a trace without its first 24 bytes. An event's id is its place among the names, from 0, until the trace gives it another
    /// one: SystemTap's scripts write no names. As QEMU's `simpletrace.py --no-header` has it.
    ///
    /// # Errors
    /// [`Error::Damaged`] if these are more names than a trace may have.
    pub fn without_header<'a>(source: R, names: impl IntoIterator<Item = &'a str>) -> Result<Self, Error> {
        let mut blocks = Self::bare(source);
        for (id, name) in (0..).zip(names) {
            blocks.ids.name(id, name).map_err(|what| Error::Damaged { at: 0, what })?;
        }
        Ok(blocks)
    }

    fn bare(source: R) -> Self {
        let (rest, ids) = (Vec::new(), Ids::new());
        Self { source, ids, rest, at: 0, has_header: false, first: None, last: None, damage: None }
    }

    /// Reads more, until there is a whole event at least; false at the end. A source that gives little at a time, such as a
    /// pipe that is still written to, gives small blocks at once.
    ///
    /// # Errors
    /// [`Error::Truncated`], [`Error::Damaged`] when all whole records before have been given; [`Error::Read`]. It is over
    /// then.
    pub fn next(&mut self, block: &mut Block) -> Result<bool, Error> {
        if let Some((at, what)) = self.damage.clone() {
            return Err(Error::Damaged { at, what });
        }
        block.begin(self);
        let mut filled = self.rest.len();
        loop {
            let count = match read(&mut self.source, &mut block.bytes[filled..], self.at + filled as u64) {
                Ok(count) => count,
                Err(error) => {
                    self.rest = block.bytes[..filled].to_vec();
                    return Err(error);
                }
            };
            filled += count;
            let events = self.take_whole(block, filled);
            let is_over = count == 0 || self.damage.is_some();
            if events || is_over || filled == block.bytes.len() {
                self.rest.clear();
                self.rest.extend_from_slice(&block.bytes[block.len..filled]);
                self.at += block.len as u64;
                return match &self.damage {
                    _ if block.len > 0 => Ok(true),
                    Some((at, what)) => Err(Error::Damaged { at: *at, what: what.clone() }),
                    None if self.rest.is_empty() => Ok(false),
                    None => Err(Error::Truncated { at: self.at, have: self.rest.len() }),
                };
            }
        }
    }

    /// Goes on through what is in the block; whether there was an event.
    fn take_whole(&mut self, block: &mut Block, filled: usize) -> bool {
        let mut events = false;
        while block.len < filled {
            match self.look(&mut block.bytes[block.len..filled], &mut events) {
                Ok(Next::Whole(length)) => block.len += length,
                Ok(Next::Partly) => break,
                Err(what) => {
                    self.damage = Some((block.at + block.len as u64, what));
                    break;
                }
            }
        }
        block.first = self.first;
        events
    }

    /// Checks what stands at the beginning of some bytes, and learns from it.
    #[inline]
    fn look(&mut self, bytes: &mut [u8], events: &mut bool) -> Result<Next, Damage> {
        let Some(&kind) = bytes.first_chunk() else { return Ok(Next::Partly) };
        match u64::from_le_bytes(kind) {
            TYPE_EVENT => {
                let Some((head, _)) = bytes[8..].split_first_chunk_mut::<EVENT_HEAD>() else {
                    return Ok(Next::Partly);
                };
                let length = u32_at(head, 16);
                if !(EVENT_HEAD..=RECORD_MAX).contains(&(length as usize)) {
                    return Err(Damage::Length { length });
                }
                let whole = 8 + length as usize;
                if bytes.len() < whole {
                    return Ok(Next::Partly);
                }
                let (id, time) = (u64_at(bytes, 8), u64_at(bytes, 16));
                if id == DROPPED_ID {
                    if whole < 8 + EVENT_HEAD + 8 {
                        return Err(Damage::Dropped);
                    }
                } else {
                    let number = self.ids.number(id).ok_or(Damage::Unnamed { id })?;
                    bytes[8..16].copy_from_slice(&u64::from(number).to_le_bytes());
                }
                self.first.get_or_insert(time);
                self.last = Some(time);
                *events = true;
                Ok(Next::Whole(whole))
            }
            TYPE_MAPPING => self.mapping(bytes),
            HEADER_ID if self.at == 0 && !self.has_header => {
                Err(Damage::Header("the trace has one, so read it with its header"))
            }
            HEADER_ID => {
                Err(Damage::Header("traces that were put one behind the other are read each by itself"))
            }
            found => Err(Damage::Type { found }),
        }
    }

    fn mapping(&mut self, bytes: &[u8]) -> Result<Next, Damage> {
        let Some((head, rest)) = bytes.split_first_chunk::<20>() else { return Ok(Next::Partly) };
        let (id, length) = (u64_at(head, 8), u32_at(head, 16));
        if !(1..=NAME_MAX).contains(&(length as usize)) {
            return Err(Damage::NameLength { length });
        }
        let Some(name) = rest.get(..length as usize) else { return Ok(Next::Partly) };
        match str::from_utf8(name) {
            Ok(text) if is_name(name) => self.ids.name(id, text)?,
            _ => return Err(Damage::Name { id }),
        }
        Ok(Next::Whole(20 + name.len()))
    }
}

impl Block {
    /// With nothing in it.
    #[must_use]
    pub fn new() -> Self {
        Self { bytes: Vec::new(), len: 0, at: 0, names: Arc::new(Names::new()), first: None, before: None }
    }

    /// The records, in the file's order.
    #[must_use]
    pub fn records(&self) -> Records<'_> {
        self.records_from(0)
    }

    /// How many bytes of the file it has.
    #[must_use]
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether it has none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// The time of the trace's first record, in nanoseconds of CLOCK_MONOTONIC.
    #[must_use]
    pub fn first_time(&self) -> Option<u64> {
        self.first
    }

    /// The time of the last record before these.
    #[must_use]
    pub fn time_before(&self) -> Option<u64> {
        self.before
    }

    pub(crate) fn records_from(&self, position: usize) -> Records<'_> {
        Records { bytes: &self.bytes[..self.len], position, at: self.at, names: &self.names }
    }

    /// Takes what was left over, and has room for more.
    fn begin<R>(&mut self, blocks: &Blocks<R>) {
        if self.bytes.is_empty() {
            self.bytes = vec![0; BLOCK];
        }
        self.bytes[..blocks.rest.len()].copy_from_slice(&blocks.rest);
        self.len = 0;
        self.at = blocks.at;
        self.first = blocks.first;
        self.before = blocks.last;
        if !Arc::ptr_eq(&self.names, &blocks.ids.names) {
            self.names = Arc::clone(&blocks.ids.names);
        }
    }
}

impl Default for Block {
    fn default() -> Self {
        Self::new()
    }
}

/// The records of a [`Block`].
#[derive(Clone, Debug)]
pub struct Records<'a> {
    bytes: &'a [u8],
    position: usize,
    at: u64,
    names: &'a Names,
}

impl Records<'_> {
    pub(crate) fn position(&self) -> usize {
        self.position
    }
}

impl<'a> Iterator for Records<'a> {
    type Item = Record<'a>;

    #[inline]
    fn next(&mut self) -> Option<Record<'a>> {
        loop {
            // `Blocks` has checked all of it
            let bytes = self.bytes.get(self.position..)?;
            let (head, rest) = bytes.split_first_chunk::<{ 8 + EVENT_HEAD }>().or_else(|| {
                self.position = self.bytes.len();
                None
            })?;
            if u64_at(head, 0) == TYPE_MAPPING {
                self.position += 20 + u32_at(head, 16) as usize;
                continue;
            }
            let at = self.at + self.position as u64;
            let (number, time) = (u64_at(head, 8), u64_at(head, 16));
            let (length, thread) = (u32_at(head, 24) as usize, u32_at(head, 28));
            self.position += 8 + length;
            let bytes = rest.get(..length.checked_sub(EVENT_HEAD)?)?;
            return Some(if number == DROPPED_ID {
                Record::Dropped(Dropped { at, time, thread, count: u64_at(bytes.first_chunk::<8>()?, 0) })
            } else {
                let number = usize::try_from(number).ok()?;
                Record::Event(Event { number, at, time, thread, bytes, names: self.names })
            });
        }
    }
}

fn check_header(header: &[u8; HEADER_SIZE]) -> Result<(), Error> {
    let [id, magic, version] = [0, 8, 16].map(|at| u64_at(header, at));
    match (id, magic) {
        (HEADER_ID, MAGIC) if version == VERSION => Ok(()),
        (HEADER_ID, MAGIC) => Err(Error::Version { version }),
        (HEADER_ID, magic) if magic.swap_bytes() == MAGIC => {
            Err(Error::BigEndian { version: version.swap_bytes() })
        }
        (HEADER_ID, _) => Err(Error::Header { why: "the number that marks one is not in its header" }),
        (TYPE_MAPPING, _) => Err(Error::Header {
            why: "it begins without a header; if that was cut off, read it so (--no-header)",
        }),
        _ => Err(Error::Header { why: "it begins otherwise" }),
    }
}

fn read(source: &mut impl Read, into: &mut [u8], at: u64) -> Result<usize, Error> {
    loop {
        match source.read(into) {
            Ok(count) => return Ok(count),
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(source) => return Err(Error::Read { at, source }),
        }
    }
}

#[inline]
fn u64_at(bytes: &[u8], at: usize) -> u64 {
    let mut word = [0; 8];
    word.copy_from_slice(&bytes[at..at + 8]);
    u64::from_le_bytes(word)
}

#[inline]
fn u32_at(bytes: &[u8], at: usize) -> u32 {
    let mut word = [0; 4];
    word.copy_from_slice(&bytes[at..at + 4]);
    u32::from_le_bytes(word)
}
