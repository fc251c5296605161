//! The way to the system log, as its users see it.

use crate::error::Error;
use crate::loss::{Loss, Losses};
use crate::message::Message;
use crate::options::{Options, Protocol};
use crate::own::Page;
use crate::queue::Queue;
use crate::socket::Sockets;
use crate::wait::{Wait, realtime};
use crate::zone::Zone;
use crate::{head, journal, rfc3164, stamp};
use printf::Text;
use rustix::io::Errno;
use std::mem::MaybeUninit;
use std::sync::atomic::Ordering;
use std::time::Duration;

/// The most bytes of a datagram of either protocol.
pub(crate) const DATAGRAM_MAX: usize = if journal::MAX > rfc3164::MAX { journal::MAX } else { rfc3164::MAX };

/// The most bytes that stand before a line.
pub const FRAME_MAX: usize = head::MAX;

/// The way to the system log. Any number of threads may use it at once.
#[derive(Debug)]
pub struct Syslog {
    ident: Box<str>,
    protocol: Protocol,
    pub(crate) wait: Duration,
    pub(crate) sockets: Sockets,
    zone: Zone,
    pub(crate) own: Page,
}

/// How the daemon is, as far as is known since the last line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// It listens.
    Listens,
    /// It listens, and took nothing for as long as a call may wait: lines are lost until it does.
    Full,
    /// It is not there, for this reason; it is looked for ten times a second, as lines come.
    Away(Loss),
}

impl Syslog {
    /// Opens the way. A daemon that is not there is no error: [`Syslog::status`] tells, and it is looked for again.
    ///
    /// Reads the environment's TZ and /etc/localtime.
    ///
    /// # Errors
    /// [`Error::Ident`], [`Error::Path`]; [`Error::Kernel`] if there is no descriptor or memory left.
    pub fn open(options: &Options) -> Result<Self, Error> {
        options.check()?;
        let syslog = Self {
            ident: options.ident.as_str().into(),
            protocol: options.protocol,
            wait: options.wait,
            sockets: Sockets::new(options.path(), options.protocol == Protocol::Rfc3164, options.share())?,
            zone: Zone::local(),
            own: Page::new()?,
        };
        // what is asked for once, such as where the clock is, is asked for now and not in a jail
        let _ = (syslog.pid(), realtime());
        if syslog.look(&mut Wait::new(Duration::ZERO)).is_err() {
            syslog.own.waited.store(true, Ordering::Relaxed);
        }
        Ok(syslog)
    }

    /// Sends a line now: one `sendto`.
    #[inline]
    pub fn send(&self, message: &Message<'_>) {
        match self.protocol {
            Protocol::Rfc3164 => self.send_in::<{ rfc3164::MAX + 1 }>(message),
            Protocol::Journal => self.send_in::<{ journal::MAX + 1 }>(message),
        }
    }

    /// Writes what stands before a line of a time (CLOCK_REALTIME, nanoseconds) into the caller's room, at most [`FRAME_MAX`]
    /// bytes: for one who makes the line right behind it, without control bytes but tab, and hands both to
    /// [`Syslog::send_framed`] without a copy. Of the journal's protocol that is no line's beginning.
    #[inline]
    pub fn frame(&self, realtime: u64, text: &mut Text<'_>) {
        self.write_head(text, realtime);
    }

    /// Sends a line with its frame, and a NUL at the end, which only a stream gets to see; at most [`FRAME_MAX`] and
    /// [`LINE_MAX`](crate::LINE_MAX) bytes.
    #[inline]
    pub fn send_framed(&self, bytes: &[u8]) {
        self.deliver(Queue::new(bytes, &[bytes.len()]));
    }

    /// Looks for the daemon, if it is away and its time has come, and tells it what was lost, if it is there; never waits. To be
    /// called now and then, such as by a writer thread that has nothing to do: else the next line does it.
    pub fn catch_up(&self) {
        if self.own.counts.untold() > 0 || self.own.look_at.load(Ordering::Relaxed) != 0 {
            self.deliver_late(Queue::new(&[], &[]), Wait::new(Duration::ZERO), None);
        }
    }

    /// Has the log told of lines that were lost before they came here, behind those of a batch and before the next: they are none
    /// of [`Syslog::losses`].
    pub fn lost_before(&self, batch: &mut crate::Batch, lines: u64) {
        self.flush(batch);
        self.own.counts.give_untold(lines);
    }

    /// How the daemon is.
    #[must_use]
    pub fn status(&self) -> Status {
        match self.own.look_at.load(Ordering::Relaxed) {
            0 if self.own.waited.load(Ordering::Relaxed) => Status::Full,
            0 => Status::Listens,
            _ => {
                Status::Away(Loss::of(Errno::from_raw_os_error(self.own.look_errno.load(Ordering::Relaxed))))
            }
        }
    }

    /// What this process could not send so far.
    #[must_use]
    pub fn losses(&self) -> Losses {
        self.own.counts.read()
    }

    #[inline]
    pub(crate) fn pid(&self) -> u32 {
        self.own.pid()
    }

    #[inline]
    fn send_in<const ROOM: usize>(&self, message: &Message<'_>) {
        let mut room = [MaybeUninit::uninit(); ROOM];
        let len = self.write(&mut room, message).len();
        room[len].write(0);
        let written: *const [MaybeUninit<u8>] = &raw const room[..=len];
        // SAFETY: `write` wrote `len` bytes, and the NUL stands behind them.
        let bytes = unsafe { &*(written as *const [u8]) };
        self.deliver(Queue::new(bytes, &[len + 1]));
    }

    /// Writes a message's datagram, and leaves a byte of the room for the NUL.
    #[inline]
    pub(crate) fn write<'a>(&self, room: &'a mut [MaybeUninit<u8>], message: &Message<'_>) -> &'a [u8] {
        let mut text = self.begin(room, message.realtime);
        let is_whole = match self.protocol {
            Protocol::Rfc3164 => rfc3164::line(&mut text, message.line),
            Protocol::Journal => journal::fields(&mut text, message),
        };
        if !is_whole {
            self.own.counts.cut();
        }
        text.into_bytes()
    }

    /// Writes the line that tells how many were lost.
    pub(crate) fn write_lost<'a>(&self, room: &'a mut [MaybeUninit<u8>], count: u64) -> &'a [u8] {
        let mut line_room = [MaybeUninit::uninit(); 64];
        let mut line = Text::new(&mut line_room);
        line.plain(b"vmtrace: ");
        line.unsigned(count);
        line.plain(b" events lost");
        let mut text = self.begin(room, realtime());
        match self.protocol {
            Protocol::Rfc3164 => {
                rfc3164::line(&mut text, line.as_bytes());
            }
            Protocol::Journal => journal::lost(&mut text, line.as_bytes(), count),
        }
        text.into_bytes()
    }

    /// A text with the head that belongs to a time.
    #[inline]
    fn begin<'a>(&self, room: &'a mut [MaybeUninit<u8>], realtime: u64) -> Text<'a> {
        let last = room.len() - 1;
        let room = &mut room[..last];
        let mut text = match self.protocol {
            Protocol::Rfc3164 => Text::escaping(room),
            Protocol::Journal => Text::new(room),
        };
        self.write_head(&mut text, realtime);
        text
    }

    #[inline]
    fn write_head(&self, text: &mut Text<'_>, realtime: u64) {
        let (second, pid) = (realtime / 1_000_000_000, self.pid());
        let mut words: head::Room = [MaybeUninit::uninit(); head::WORDS];
        match self.own.head.read(second, pid, &mut words) {
            Some(head) => text.unescaped(head),
            None => self.make_head(text, second, pid),
        }
    }

    #[cold]
    fn make_head(&self, text: &mut Text<'_>, second: u64, pid: u32) {
        let stamp = stamp::of(self.zone.local_seconds(second.cast_signed()));
        match self.protocol {
            Protocol::Rfc3164 => rfc3164::head(text, &stamp, &self.ident, pid),
            Protocol::Journal => journal::head(text, &stamp, &self.ident, pid),
        }
        self.own.head.write(second, pid, text.as_bytes());
    }
}

impl Drop for Syslog {
    /// Tells what was lost, if it can.
    fn drop(&mut self) {
        self.catch_up();
    }
}
