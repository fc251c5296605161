//! Lines of many threads that one thread writes, many at a time.

use crate::log::{Frame, LINE_MAX, Log, Places};
use crate::others::Others;
use crate::stamp::{Second, Wall};
use printf::Text;

/// How many bytes are kept: more a write costs no less a byte.
const BYTES: usize = 1 << 16;
/// How many lines are kept.
const LINES: usize = 1024;

/// Lines that are kept until there are many, or [`Batch::flush`] is called; dropping it flushes. Made by [`Log::batch`], which
/// allocates all that it will ever need.
#[derive(Debug)]
pub struct Batch<'a> {
    log: &'a Log,
    bytes: Vec<u8>,
    lines: Vec<Kept>,
    second: Second,
    /// The lines of one thread together, if it has a file of its own.
    sorted: Vec<u8>,
    ends: Vec<usize>,
    others: Others,
}

/// A line that is kept: its thread, and where it stands.
#[derive(Clone, Copy, Debug)]
struct Kept {
    tid: u32,
    start: usize,
    end: usize,
}

impl<'a> Batch<'a> {
    pub(crate) fn new(log: &'a Log) -> Self {
        let sorted = if matches!(log.places, Places::Threads(_)) { BYTES } else { 0 };
        Self {
            log,
            bytes: Vec::with_capacity(BYTES),
            lines: Vec::with_capacity(LINES),
            second: Second::NONE,
            sorted: Vec::with_capacity(sorted),
            ends: Vec::with_capacity(LINES),
            others: Others::new(),
        }
    }

    /// Adds a line of a thread, at a time of the wall clock in nanoseconds since 1970 (CLOCK_REALTIME). `line` is as for
    /// [`Log::write_line`]. Lines stand in the order of these calls. What is full is flushed first.
    pub fn push(&mut self, wall: u64, tid: u32, line: &[u8]) {
        if self.lines.len() == LINES || self.bytes.len() + LINE_MAX > BYTES {
            self.flush();
        }
        let start = self.bytes.len();
        let mut text = Text::new(&mut self.bytes.spare_capacity_mut()[..LINE_MAX - 1]);
        self.second.write(&mut text, self.log.form(), tid, Wall::of(wall));
        text.unescaped(line);
        text.mark_cut();
        let len = text.len();
        // SAFETY: `text` wrote the first `len` bytes of what was spare.
        unsafe { self.bytes.set_len(start + len) };
        self.bytes.push(b'\n');
        self.lines.push(Kept { tid, start, end: self.bytes.len() });
    }

    /// How many lines are kept.
    #[must_use]
    pub fn len(&self) -> usize {
        self.lines.len()
    }

    /// Whether none is.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.lines.is_empty()
    }

    /// Writes all that is kept. On a pipe or a socket a write holds as many whole lines as fit PIPE_BUF, elsewhere all.
    /// Lines that cannot be written are counted and not tried again.
    pub fn flush(&mut self) {
        let Some(first) = self.lines.first() else { return };
        match &self.log.places {
            Places::One(place) => {
                self.ends.extend(self.lines.iter().map(|line| line.end));
                let frame = Frame { form: self.log.form(), tid: first.tid, at: None };
                if let Some(target) = place.target() {
                    target.lines(&self.log.losses, frame, &self.bytes, &self.ends);
                }
                self.ends.clear();
            }
            Places::Threads(threads) => {
                // the lines of a thread stay in their order
                self.lines.sort_unstable_by_key(|line| (line.tid, line.start));
                for lines in self.lines.chunk_by(|one, other| one.tid == other.tid) {
                    for line in lines {
                        self.sorted.extend_from_slice(&self.bytes[line.start..line.end]);
                        self.ends.push(self.sorted.len());
                    }
                    let frame = Frame { form: self.log.form(), tid: lines[0].tid, at: None };
                    let done = self.others.with(threads, frame.tid, |target| {
                        target.lines(&self.log.losses, frame, &self.sorted, &self.ends);
                    });
                    if let Err(errno) = done {
                        self.log.losses.add(lines.len() as u64, errno.raw_os_error());
                    }
                    self.sorted.clear();
                    self.ends.clear();
                }
            }
        }
        self.bytes.clear();
        self.lines.clear();
    }

    /// Writes all that is kept, and closes the file of a thread that has ended. Without this it is closed when many
    /// others are wanted.
    pub fn thread_ended(&mut self, tid: u32) {
        self.flush();
        self.others.close(tid);
    }
}

impl Drop for Batch<'_> {
    fn drop(&mut self) {
        self.flush();
    }
}
