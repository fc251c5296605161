//! A descriptor that takes lines, and what is done where it does not take them whole.

use crate::log::{Frame, LINE_MAX};
use crate::loss::Losses;
use crate::put::{Kind, put};
use printf::Text;
use rustix::io::Errno;
use std::mem::MaybeUninit;
use std::os::fd::BorrowedFd;
use std::sync::atomic::{AtomicBool, Ordering};

/// Where lines go just now.
#[derive(Clone, Copy)]
pub(crate) struct Target<'a> {
    pub(crate) fd: BorrowedFd<'a>,
    pub(crate) kind: Kind,
    /// The last line has no end.
    pub(crate) broken: &'a AtomicBool,
}

impl Target<'_> {
    /// Writes one line, its end included.
    #[inline]
    pub(crate) fn line(self, losses: &Losses, frame: Frame, bytes: &[u8]) {
        if (losses.are_untold() || self.broken.load(Ordering::Relaxed))
            && let Err(errno) = self.mend(losses, frame)
        {
            return losses.add(1, errno.raw_os_error());
        }
        match put(self.fd, self.kind, bytes) {
            Ok(written) if written == bytes.len() => {}
            Ok(_) => {
                self.broken.store(true, Ordering::Relaxed);
                losses.add(1, 0);
            }
            Err(errno) => losses.add(1, errno.raw_os_error()),
        }
    }

    /// Writes many lines, each of which ends where `ends` says, in as few writes as keep them whole.
    pub(crate) fn lines(self, losses: &Losses, frame: Frame, bytes: &[u8], ends: &[usize]) {
        let lose = |lines: usize, errno: Errno| losses.add(lines as u64, errno.raw_os_error());
        if (losses.are_untold() || self.broken.load(Ordering::Relaxed))
            && let Err(errno) = self.mend(losses, frame)
        {
            return lose(ends.len(), errno);
        }
        let (mut at, mut line) = (0, 0);
        while line < ends.len() {
            let until = self.piece(at, &ends[line..]);
            match put(self.fd, self.kind, &bytes[at..until]) {
                Ok(0) => return lose(ends.len() - line, Errno::IO),
                Ok(written) => at += written,
                Err(errno) => {
                    let torn = at != line.checked_sub(1).map_or(0, |before| ends[before]);
                    self.broken.fetch_or(torn, Ordering::Relaxed);
                    return lose(ends.len() - line, errno);
                }
            }
            line += ends[line..].partition_point(|&end| end <= at);
        }
    }

    /// Where the next write ends: at the last line's end; on a pipe, which other writers may write too, at that of the last one
    /// which is whole within PIPE_BUF.
    fn piece(self, at: usize, ends: &[usize]) -> usize {
        let count = match self.kind {
            Kind::File => ends.len(),
            Kind::Guarded => ends.partition_point(|&end| end - at <= LINE_MAX).max(1),
        };
        ends[count - 1]
    }

    /// Ends a line that could be written in part only, and tells of the lines that are lost.
    #[cold]
    fn mend(self, losses: &Losses, frame: Frame) -> Result<(), Errno> {
        let mut room = [MaybeUninit::uninit(); 256];
        let mut text = Text::new(&mut room);
        let broken = self.broken.swap(false, Ordering::Relaxed);
        if broken {
            text.plain(b"\n");
        }
        let untold = losses.take_untold();
        if untold > 0 {
            frame.write(&mut text);
            losses.tell(untold, &mut text);
            text.plain(b"\n");
        }
        let written = put(self.fd, self.kind, text.as_bytes());
        if written == Ok(text.len()) {
            return Ok(());
        }
        losses.give_back(untold);
        self.broken.fetch_or(broken || written.is_ok(), Ordering::Relaxed);
        Err(written.err().unwrap_or(Errno::NOSPC))
    }
}
