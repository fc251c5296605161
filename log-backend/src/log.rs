//! The log: a descriptor that stays the same while what is behind it changes.

use crate::stamp;
use printf::Text;
use rustix::fs::{OFlags, fcntl_getfl, fcntl_setfl};
use rustix::io::Errno;
use std::ffi::OsString;
use std::fs::OpenOptions;
use std::io;
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, AsRawFd, OwnedFd};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicI32, AtomicU8, AtomicU64, Ordering};

/// The most bytes of a line, its end included: PIPE_BUF, up to which a pipe keeps writes apart (pipe(7)). What is longer
/// is cut and ends in `…`.
pub const LINE_MAX: usize = 4096;

/// Why a log cannot be had.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The file cannot be opened. QEMU's words, since its clients look for them.
    #[error("Error opening logfile {}: {}", path.display(), reason(source))]
    Open {
        /// The file.
        path: PathBuf,
        /// What open(2) says.
        source: io::Error,
    },
    /// The file's name holds a `%` other than one `%d`. QEMU's words.
    #[error("Bad logfile template: {}", .0.display())]
    Template(PathBuf),
    /// Standard error is closed.
    #[error("duplicate standard error: {0}")]
    Stderr(io::Error),
    /// The file cannot take the place of the one before.
    #[error("Error switching to logfile {}: {}", path.display(), reason(source))]
    Switch {
        /// The file.
        path: PathBuf,
        /// What dup3(2) says.
        source: io::Error,
    },
}

/// Where lines go.
#[derive(Debug)]
pub struct Log {
    fd: OwnedFd,
    /// A [`Form`].
    form: AtomicU8,
    /// The last line has no end.
    broken: AtomicBool,
    lost: AtomicU64,
    errno: AtomicI32,
}

/// What stands before a line.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(u8)]
pub enum Form {
    /// `TID@SECONDS.MICROSECONDS:`, the time of day.
    #[default]
    Stamp,
    /// Nothing.
    Plain,
}

/// What could not be written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Lost {
    /// How many lines.
    pub lines: u64,
    /// The last reason, as errno(3) numbers it; 0 for a line that was written in part.
    pub errno: i32,
}

impl Log {
    /// Writes to standard error, whatever that is now.
    ///
    /// # Errors
    /// [`Error::Stderr`] if it is closed.
    pub fn to_stderr() -> Result<Self, Error> {
        io::stderr().as_fd().try_clone_to_owned().map(Self::new).map_err(Error::Stderr)
    }

    /// Writes to a file, which is made or emptied. As in QEMU's `-D`, one `%d` in its name stands for the process's number,
    /// and no other `%` may be there.
    ///
    /// # Errors
    /// [`Error::Open`], [`Error::Template`].
    pub fn to_file(path: &Path) -> Result<Self, Error> {
        open(path, true).map(Self::new)
    }

    /// Writes to the end of a file, which is made if it is not there. Its name is as for [`Log::to_file`].
    ///
    /// # Errors
    /// [`Error::Open`], [`Error::Template`].
    pub fn to_end_of_file(path: &Path) -> Result<Self, Error> {
        open(path, false).map(Self::new)
    }

    /// Goes on in another file, which is made or emptied, as QEMU's `logfile` command does. Its name is as for
    /// [`Log::to_file`].
    ///
    /// # Errors
    /// [`Error::Open`], [`Error::Template`], [`Error::Switch`]; the log then goes on where it was.
    pub fn switch_to_file(&self, path: &Path) -> Result<(), Error> {
        let file = open(path, true)?;
        // SAFETY: dup3(2) on two descriptors that are open and ours; it replaces `self.fd` in one step, so that a
        // thread that is writing finds the old file or the new one, never a closed descriptor.
        let switched = unsafe { libc::dup3(file.as_raw_fd(), self.fd.as_raw_fd(), libc::O_CLOEXEC) };
        if switched < 0 {
            return Err(Error::Switch { path: path.to_path_buf(), source: io::Error::last_os_error() });
        }
        // whatever line was left without an end is in the file before
        self.broken.store(false, Ordering::Relaxed);
        Ok(())
    }

    /// Has the lines that come from now on begin otherwise. The first form of a log is [`Form::Stamp`].
    pub fn set_form(&self, form: Form) {
        self.form.store(form as u8, Ordering::Relaxed);
    }

    /// Writes the line behind what its form wants, and a newline. `line` holds no newline: whoever has a guest's bytes in
    /// it has escaped them.
    pub fn write_line(&self, tid: u32, line: &[u8]) {
        let mut room = [MaybeUninit::uninit(); LINE_MAX];
        let mut text = Text::new(&mut room[..LINE_MAX - 1]);
        if self.form.load(Ordering::Relaxed) == Form::Stamp as u8 {
            stamp::write(&mut text, tid);
        }
        text.unescaped(line);
        text.mark_cut();
        let len = text.len();
        room[len].write(b'\n');
        let written: *const [MaybeUninit<u8>] = &raw const room[..=len];
        // SAFETY: `text` wrote `room[..len]`, and the newline stands at `len`.
        self.write(unsafe { &*(written as *const [u8]) });
    }

    /// What could not be written so far.
    pub fn lost(&self) -> Lost {
        Lost { lines: self.lost.load(Ordering::Relaxed), errno: self.errno.load(Ordering::Relaxed) }
    }

    fn new(fd: OwnedFd) -> Self {
        stamp::find_clock();
        Self {
            fd,
            form: AtomicU8::new(Form::default() as u8),
            broken: AtomicBool::new(false),
            lost: AtomicU64::new(0),
            errno: AtomicI32::new(0),
        }
    }

    #[inline]
    fn write(&self, bytes: &[u8]) {
        if self.broken.load(Ordering::Relaxed) {
            self.end_broken_line();
        }
        loop {
            // rustix makes the system call in place and never touches errno
            match rustix::io::write(&self.fd, bytes) {
                Ok(written) if written == bytes.len() => {}
                Ok(_) => {
                    self.broken.store(true, Ordering::Relaxed);
                    self.lose(0);
                }
                // nothing was written: a signal came first, such as one that kicks a vcpu
                Err(Errno::INTR) => continue,
                Err(errno) => self.lose(errno.raw_os_error()),
            }
            return;
        }
    }

    /// Keeps the next line from being glued to one that could be written in part only.
    #[cold]
    fn end_broken_line(&self) {
        if rustix::io::write(&self.fd, b"\n").is_ok() {
            self.broken.store(false, Ordering::Relaxed);
        }
    }

    #[cold]
    fn lose(&self, errno: i32) {
        self.errno.store(errno, Ordering::Relaxed);
        self.lost.fetch_add(1, Ordering::Relaxed);
    }
}

fn open(path: &Path, empty: bool) -> Result<OwnedFd, Error> {
    let path = &file_name(path)?;
    let fault = |source| Error::Open { path: path.clone(), source };
    let mut options = OpenOptions::new();
    // std opens O_CLOEXEC; appending keeps lines whole if a second process writes the file, or someone empties it. A FIFO
    // that nobody reads would hold up the program's start for ever, so it is opened without waiting, and refused.
    let flags = OFlags::NONBLOCK | OFlags::NOCTTY;
    options.append(true).create(true).custom_flags(flags.bits().cast_signed());
    let file = options.open(path).map_err(fault)?;
    let opened = fcntl_getfl(&file).and_then(|flags| fcntl_setfl(&file, flags - OFlags::NONBLOCK));
    opened.map_err(|errno| fault(errno.into()))?;
    // a pipe or a terminal has no length to set
    if empty && file.metadata().is_ok_and(|metadata| metadata.is_file()) {
        file.set_len(0).map_err(fault)?;
    }
    Ok(file.into())
}

/// The name with this process's number in place of `%d`.
fn file_name(template: &Path) -> Result<PathBuf, Error> {
    let bytes = template.as_os_str().as_bytes();
    let Some(at) = bytes.iter().position(|&byte| byte == b'%') else { return Ok(template.to_path_buf()) };
    let (before, after) = (&bytes[..at], bytes[at + 1..].strip_prefix(b"d"));
    let Some(after) = after.filter(|after| !after.contains(&b'%')) else {
        return Err(Error::Template(template.to_path_buf()));
    };
    let pid = std::process::id().to_string();
    Ok(OsString::from_vec([before, pid.as_bytes(), after].concat()).into())
}

/// What strerror(3) says, as C's programs print it.
fn reason(error: &io::Error) -> String {
    let said = error.to_string();
    let number = error.raw_os_error().map(|errno| format!(" (os error {errno})"));
    number.and_then(|number| said.strip_suffix(&number).map(str::to_owned)).unwrap_or(said)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    fn scratch(name: &str) -> PathBuf {
        std::env::temp_dir().join(format!("log-backend-{name}-{}", std::process::id()))
    }

    #[test]
    fn lines_of_many_threads_stay_whole_while_the_file_changes() {
        let (one, two) = (scratch("one"), scratch("two"));
        let log = Log::to_file(&one).unwrap();
        std::thread::scope(|scope| {
            for tid in 0..4 {
                let log = &log;
                scope.spawn(move || (0..500).for_each(|_| log.write_line(tid, &[b'x'; 100])));
            }
            log.switch_to_file(&two).unwrap();
        });
        let text = fs::read_to_string(&one).unwrap() + &fs::read_to_string(&two).unwrap();
        assert_eq!(text.lines().count(), 2000);
        assert!(text.lines().all(|line| line.ends_with(&"x".repeat(100)) && line.matches('@').count() == 1));
        assert_eq!(log.lost(), Lost::default());
        fs::remove_file(one).unwrap();
        fs::remove_file(two).unwrap();
    }

    #[test]
    fn a_full_device_is_counted() {
        let log = Log::to_file(Path::new("/dev/full")).unwrap();
        log.write_line(1, b"lost");
        assert_eq!(log.lost(), Lost { lines: 1, errno: libc::ENOSPC });
    }

    #[test]
    fn a_long_line_is_cut_and_marked() {
        let path = scratch("long");
        let log = Log::to_file(&path).unwrap();
        log.write_line(1, "é".repeat(5000).as_bytes());
        let text = fs::read_to_string(&path).unwrap();
        assert!(text.len() <= LINE_MAX && text.ends_with("é…\n"));
        fs::remove_file(path).unwrap();
    }

    #[test]
    fn a_fifo_that_nobody_reads_is_refused_and_does_not_wait() {
        let path = scratch("fifo");
        assert!(std::process::Command::new("mkfifo").arg(&path).status().unwrap().success());
        assert!(matches!(Log::to_file(&path), Err(Error::Open { .. })));
        fs::remove_file(path).unwrap();
    }

    #[test]
    fn the_longest_lines_of_two_writers_of_one_pipe_stay_apart() {
        let (mut read, write) = io::pipe().unwrap();
        let logs = [(), ()].map(|()| Log::new(write.try_clone().unwrap().into()));
        drop(write);
        let mut text = String::new();
        std::thread::scope(|scope| {
            for (tid, log) in (1..).zip(logs) {
                let line = tid.to_string().repeat(5000);
                scope.spawn(move || (0..300).for_each(|_| log.write_line(tid, line.as_bytes())));
            }
            io::Read::read_to_string(&mut read, &mut text).unwrap();
        });
        assert_eq!(text.lines().count(), 600);
        for line in text.lines() {
            let (tid, body) = (&line[..1], line.split_once(':').unwrap().1.strip_suffix('…').unwrap());
            assert!(line.len() < LINE_MAX && body.chars().all(|c| tid.starts_with(c)), "{line}");
        }
    }

    #[test]
    fn a_file_that_cannot_be_opened_is_named() {
        for (path, expected) in [
            ("/nowhere/at/all", "Error opening logfile /nowhere/at/all: No such file or directory"),
            ("/", "Error opening logfile /: Is a directory"),
            ("/tmp/%s", "Bad logfile template: /tmp/%s"),
            ("/tmp/%d%d", "Bad logfile template: /tmp/%d%d"),
            ("/tmp/100%", "Bad logfile template: /tmp/100%"),
        ] {
            assert_eq!(Log::to_file(Path::new(path)).unwrap_err().to_string(), expected);
        }
    }

    #[test]
    fn the_process_number_stands_in_a_name() {
        let path = scratch("pid");
        let pid = std::process::id().to_string();
        let template = path.to_str().unwrap().replace(&pid, "%d");
        Log::to_end_of_file(Path::new(&template)).unwrap();
        fs::remove_file(path).unwrap();
    }

    #[test]
    fn a_form_holds_from_the_next_line_on() {
        let path = scratch("form");
        let log = Log::to_file(&path).unwrap();
        for (form, line) in [(Form::Plain, "one"), (Form::Stamp, "two"), (Form::Plain, "three")] {
            log.set_form(form);
            log.write_line(7, line.as_bytes());
        }
        let text = fs::read_to_string(&path).unwrap();
        let lines: Vec<&str> = text.lines().collect();
        assert!(lines[1].starts_with("7@") && lines[1].ends_with(":two"), "{text}");
        assert_eq!((lines[0], lines[2], lines.len()), ("one", "three", 3));
        fs::remove_file(path).unwrap();
    }
}
