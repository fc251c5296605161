//! The log: where lines go, what stands before them, and what was lost.

use crate::batch::Batch;
use crate::error::Error;
use crate::loss::{Losses, Lost};
use crate::open;
use crate::place::Place;
use crate::put::{Kind, put};
use crate::stamp::{self, Form, Wall};
use crate::threads::Threads;
use printf::Text;
use std::io;
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, OwnedFd};
use std::path::Path;
use std::sync::atomic::{AtomicU8, Ordering};

/// The most bytes of a line, its end included: PIPE_BUF, up to which a pipe keeps writes apart (pipe(7)). What is longer
/// is cut and ends in `…`.
pub const LINE_MAX: usize = 4096;

/// The most bytes of what [`Log::frame`] puts before a line.
pub const FRAME_MAX: usize = 48;

/// Where lines go.
#[derive(Debug)]
pub struct Log {
    pub(crate) places: Places,
    /// A [`Form`].
    form: AtomicU8,
    pub(crate) losses: Losses,
}

/// One file for all threads, or one for each.
#[derive(Debug)]
pub(crate) enum Places {
    One(Place),
    Threads(Threads),
}

/// What stands before a line, still to be written.
#[derive(Clone, Copy)]
pub(crate) struct Frame {
    pub(crate) form: Form,
    pub(crate) tid: u32,
    /// `None` is now.
    pub(crate) at: Option<Wall>,
}

impl Frame {
    #[inline]
    pub(crate) fn write(self, text: &mut Text<'_>) {
        if self.form != Form::Plain {
            stamp::write(text, self.form, self.tid, self.at.unwrap_or_else(Wall::now));
        }
    }
}

/// Hands over a line with what stands before it and its end.
fn framed(frame: Frame, line: &[u8], write: impl FnOnce(&[u8])) {
    let mut room = [MaybeUninit::uninit(); LINE_MAX];
    let mut text = Text::new(&mut room[..LINE_MAX - 1]);
    frame.write(&mut text);
    text.unescaped(line);
    text.mark_cut();
    let len = text.len();
    room[len].write(b'\n');
    let written: *const [MaybeUninit<u8>] = &raw const room[..=len];
    // SAFETY: `text` wrote `room[..len]`, and the newline stands at `len`.
    write(unsafe { &*(written as *const [u8]) });
}

impl Log {
    /// Writes to standard error, whatever that is now.
    ///
    /// # Errors
    /// [`Error::Stderr`] if it is closed.
    pub fn to_stderr() -> Result<Self, Error> {
        io::stderr().as_fd().try_clone_to_owned().map(Self::one).map_err(Error::Stderr)
    }

    /// Writes to a file, which is made or emptied. As in QEMU's `-D`, one `%d` in its name stands for the process's number,
    /// and no other `%` may be there.
    ///
    /// # Errors
    /// [`Error::Open`], [`Error::Template`].
    pub fn to_file(path: &Path) -> Result<Self, Error> {
        open::file(path, true).map(Self::one)
    }

    /// Writes to the end of a file, which is made if it is not there. Its name is as for [`Log::to_file`].
    ///
    /// # Errors
    /// [`Error::Open`], [`Error::Template`].
    pub fn to_end_of_file(path: &Path) -> Result<Self, Error> {
        open::file(path, false).map(Self::one)
    }

    /// Writes a file a thread, as QEMU's `-d tid -D NAME`: the one `%d` in the name stands for the thread's number. A file
    /// is made or emptied at its thread's first line, in the folder that is opened here (so that it may be out of reach by
    /// its name by then), and closed when the thread ends. At most [`THREAD_FILES`](crate::THREAD_FILES) are open at
    /// once; a thread beyond opens its file for each line.
    ///
    /// # Errors
    /// [`Error::NoThread`] without a `%d`, [`Error::Template`], [`Error::Open`] for the folder.
    pub fn to_file_a_thread(template: &Path) -> Result<Self, Error> {
        Threads::new(template).map(|threads| Self::new(Places::Threads(threads)))
    }

    /// Goes on in another file, which is made or emptied, as QEMU's `logfile` command does. Its name is as for
    /// [`Log::to_file`]. No line is lost or torn: one that is being written goes to the old file or the new.
    ///
    /// # Errors
    /// [`Error::Open`], [`Error::Template`], [`Error::Switch`], and [`Error::PerThread`] as in QEMU where there is a file a
    /// thread; the log then goes on where it was.
    pub fn switch_to_file(&self, path: &Path) -> Result<(), Error> {
        let Places::One(place) = &self.places else { return Err(Error::PerThread) };
        let file = open::file(path, true)?;
        place.switch(file).map_err(|source| Error::Switch { path: path.to_path_buf(), source })
    }

    /// Whether there is a file a thread.
    #[must_use]
    pub fn is_a_file_a_thread(&self) -> bool {
        matches!(self.places, Places::Threads(_))
    }

    /// Has the lines that come from now on begin otherwise. The first form of a log is [`Form::Stamp`].
    pub fn set_form(&self, form: Form) {
        self.form.store(form as u8, Ordering::Relaxed);
    }

    /// What the lines of now begin with.
    #[must_use]
    pub fn form(&self) -> Form {
        Form::of(self.form.load(Ordering::Relaxed))
    }

    /// Writes the line behind what its form wants, and a newline, in one write(2). `line` holds no newline: whoever has a
    /// guest's bytes in it has escaped them. `tid` is the calling thread's, gettid(2).
    // its room is not to be on the stack of who has one
    #[inline(never)]
    pub fn write_line(&self, tid: u32, line: &[u8]) {
        let frame = Frame { form: self.form(), tid, at: None };
        framed(frame, line, |bytes| self.write_framed(tid, bytes));
    }

    /// Writes what stands before a line of now into the caller's room, at most [`FRAME_MAX`] bytes: for one who makes the
    /// line right behind it, and hands both to [`Log::write_framed`] without a copy.
    #[inline]
    pub fn frame(&self, tid: u32, text: &mut Text<'_>) {
        Frame { form: self.form(), tid, at: None }.write(text);
    }

    /// Writes bytes that are one line with its frame and its newline, at most [`LINE_MAX`], in one write(2).
    #[inline]
    pub fn write_framed(&self, tid: u32, bytes: &[u8]) {
        let frame = Frame { form: self.form(), tid, at: None };
        match &self.places {
            Places::One(place) => {
                if let Some(target) = place.target() {
                    target.line(&self.losses, frame, bytes);
                }
            }
            Places::Threads(threads) => {
                let done = threads.with(tid, |target| target.line(&self.losses, frame, bytes));
                done.unwrap_or_else(|errno| self.losses.add(1, errno.raw_os_error()));
            }
        }
    }

    /// As [`Log::frame`], a stamp, for one who has no log yet.
    pub fn frame_for_stderr(tid: u32, text: &mut Text<'_>) {
        Frame { form: Form::Stamp, tid, at: None }.write(text);
    }

    /// As [`Log::write_framed`], to standard error as it is at this moment, for one who has no log yet: no descriptor is kept, so that
    /// a daemon does not hold its starter's. A line that cannot be written is lost, and nobody is told.
    pub fn write_framed_to_stderr(bytes: &[u8]) {
        _ = put(io::stderr().as_fd(), Kind::Guarded, bytes);
    }

    /// For a thread that writes the lines of others: keeps them, and writes many at once.
    #[must_use]
    pub fn batch(&self) -> Batch<'_> {
        Batch::new(self)
    }

    /// What could not be written so far. The log tells of it too, as soon as it takes lines again:
    /// `vmtrace: 3 lines lost: No space left on device`.
    pub fn lost(&self) -> Lost {
        self.losses.lost()
    }

    pub(crate) fn one(fd: OwnedFd) -> Self {
        Self::new(Places::One(Place::new(fd)))
    }

    fn new(places: Places) -> Self {
        stamp::find_clock();
        Self { places, form: AtomicU8::new(Form::default() as u8), losses: Losses::default() }
    }
}
