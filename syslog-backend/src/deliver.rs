//! Getting datagrams to the daemon: sending, waiting for it, finding it again, and telling it what was lost.

use crate::loss::Loss;
use crate::queue::Queue;
use crate::socket::{Patience, sleep};
use crate::syslog::Syslog;
use crate::wait::{Wait, monotonic};
use rustix::io::Errno;
use std::mem::MaybeUninit;
use std::sync::atomic::Ordering;

/// How often a daemon that is away is looked for, in nanoseconds: 100 ms.
const LOOK: u64 = 100_000_000;

/// The same while a call waits for it: 5 ms.
const LOOK_WAITING: u64 = 5_000_000;

/// How often a call finds a daemon that goes away again before it takes anything.
const ATTEMPTS: u32 = 8;

/// A failure that nothing helps against.
pub(crate) struct Lost {
    loss: Loss,
    errno: i32,
    /// Whether the datagrams behind this one are lost as well.
    all: bool,
}

impl Syslog {
    /// Sends a queue.
    #[inline]
    pub(crate) fn deliver(&self, mut queue: Queue<'_>) {
        // whatever is amiss has lost something, so one look tells that nothing is
        if self.own.counts.untold() == 0 {
            while queue.len() > 0 {
                if let Err(errno) = self.attempt(&mut queue, Patience::Some) {
                    // the kernel may have waited for half of the time
                    return self.deliver_late(queue, Wait::new(self.wait / 2), Some(errno));
                }
            }
        } else {
            self.deliver_late(queue, Wait::new(self.wait), None);
        }
    }

    /// The same when something is amiss, or has just failed. Without datagrams, it tells what is to be told.
    #[cold]
    pub(crate) fn deliver_late(&self, mut queue: Queue<'_>, mut wait: Wait, mut failed: Option<Errno>) {
        let mut attempts = 0;
        loop {
            let done = match failed.take() {
                Some(errno) => Err(errno),
                None if self.own.look_at.load(Ordering::Relaxed) != 0 => Err(Errno::NOTCONN),
                // what was lost before is told before
                None => self.tell().and_then(|()| self.attempt(&mut queue, Patience::None)),
            };
            let lost = match done {
                Ok(()) if queue.len() == 0 => return,
                Ok(()) => continue,
                Err(errno) => self.recover(errno, &mut wait, &mut attempts),
            };
            if let Err(Lost { loss, errno, all }) = lost {
                let count = if all { queue.len() } else { queue.len().min(1) };
                self.own.counts.lose(count as u64, loss, errno);
                queue.advance(count);
                if queue.len() == 0 {
                    return;
                }
            }
        }
    }

    /// One system call that sends one datagram or more.
    #[inline]
    fn attempt(&self, queue: &mut Queue<'_>, patience: Patience) -> Result<(), Errno> {
        let Some(first) = queue.first() else { return Ok(()) };
        let sent = if self.own.stream.load(Ordering::Relaxed) {
            self.attempt_stream(first)?;
            1
        } else if queue.len() == 1 {
            self.sockets.send(false, &first[..first.len() - 1], patience)?;
            1
        } else {
            self.sockets.send_burst(queue, patience)?
        };
        queue.advance(sent);
        if self.own.waited.load(Ordering::Relaxed) {
            self.own.waited.store(false, Ordering::Relaxed);
        }
        Ok(())
    }

    /// Sends a record with its NUL. The kernel takes one of this size as a whole as a rule (it splits what is more than half
    /// of the socket's buffer).
    #[cold]
    fn attempt_stream(&self, record: &[u8]) -> Result<(), Errno> {
        let own = &*self.own;
        if own.broken.load(Ordering::Relaxed) {
            self.sockets.send(true, b"\0", Patience::None)?;
            own.broken.store(false, Ordering::Relaxed);
        }
        if self.sockets.send(true, record, Patience::None)? < record.len() {
            own.broken.store(true, Ordering::Relaxed);
            own.counts.lose(1, Loss::Short, 0);
        }
        Ok(())
    }

    /// Tells how many lines were lost, if the log does not know yet.
    fn tell(&self) -> Result<(), Errno> {
        let count = self.own.counts.take_untold();
        if count == 0 {
            return Ok(());
        }
        let mut room = [MaybeUninit::uninit(); 1024];
        let len = self.write_lost(&mut room, count).len();
        room[len].write(0);
        let written: *const [MaybeUninit<u8>] = &raw const room[..=len];
        // SAFETY: as in `send_in`.
        let bytes = unsafe { &*(written as *const [u8]) };
        let told = self.attempt(&mut Queue::new(bytes, &[len + 1]), Patience::None);
        if told.is_err() {
            self.own.counts.give_untold(count);
        }
        told
    }

    /// Waits for room, or looks for the daemon: then the call tries again.
    fn recover(&self, errno: Errno, wait: &mut Wait, attempts: &mut u32) -> Result<(), Lost> {
        let lost = |all| Lost { loss: Loss::of(errno), errno: errno.raw_os_error(), all };
        match errno {
            Errno::INTR => Ok(()),
            Errno::AGAIN => {
                let left = wait.left(&self.own).ok_or(lost(true))?;
                self.sockets.wait(self.own.stream.load(Ordering::Relaxed), left);
                Ok(())
            }
            Errno::NOTCONN | Errno::CONNREFUSED | Errno::CONNRESET | Errno::PIPE => {
                *attempts += 1;
                if *attempts > ATTEMPTS { Err(lost(true)) } else { self.look(wait) }
            }
            _ => Err(lost(false)),
        }
    }

    /// Looks for the daemon: again and again while there is time to wait, else once in [`LOOK`].
    pub(crate) fn look(&self, wait: &mut Wait) -> Result<(), Lost> {
        let own = &*self.own;
        loop {
            let (now, look_at) = (monotonic(), own.look_at.load(Ordering::Relaxed));
            let take =
                || own.look_at.compare_exchange(look_at, now + LOOK, Ordering::Relaxed, Ordering::Relaxed);
            if look_at != 0 && (now < look_at || take().is_err()) {
                return Err(self.away());
            }
            match self.sockets.connect() {
                Ok(is_stream) => {
                    own.stream.store(is_stream, Ordering::Relaxed);
                    own.broken.store(false, Ordering::Relaxed);
                    own.look_at.store(0, Ordering::Relaxed);
                    return Ok(());
                }
                Err(errno) => own.look_errno.store(errno.raw_os_error(), Ordering::Relaxed),
            }
            let Some(left) = wait.left(own) else {
                own.look_at.store(monotonic() + LOOK, Ordering::Relaxed);
                return Err(self.away());
            };
            sleep(left.min(LOOK_WAITING));
        }
    }

    /// What the last look came to.
    fn away(&self) -> Lost {
        let errno = self.own.look_errno.load(Ordering::Relaxed);
        Lost { loss: Loss::of(Errno::from_raw_os_error(errno)), errno, all: true }
    }
}

#[cfg(test)]
mod tests {
    use crate::{Loss, Message, Options, Syslog};
    use rustix::net::sockopt::set_socket_send_buffer_size;
    use std::io::Read;
    use std::os::unix::net::UnixListener;
    use std::time::Duration;

    /// What a stream takes in part spoils no other line: a NUL ends it, and it is counted.
    #[test]
    fn a_part_of_a_record_is_a_record_of_its_own() {
        let path = std::env::temp_dir().join(format!("syslog-backend-part-{}", std::process::id()));
        let listener = UnixListener::bind(&path).unwrap();
        let options = Options { path: Some(path.clone()), wait: Duration::ZERO, ..Options::new("vmm") };
        let syslog = Syslog::open(&options).unwrap();
        let mut daemon = listener.accept().unwrap().0;
        // the least there is: half of it, which the kernel takes at once, is less than the line
        set_socket_send_buffer_size(syslog.sockets.stream_socket().unwrap(), 1).unwrap();
        let line = "x".repeat(4000);
        let send = |line: &str| syslog.send(&Message { line: line.as_bytes(), ..Message::default() });
        let (mut read, mut room) = (Vec::new(), vec![0; 1 << 20]);
        for before in 0..20 {
            // what is in the socket's buffer decides where the long line ends
            (0..before % 5).for_each(|_| send("short"));
            send(&line);
            let len = daemon.read(&mut room).unwrap();
            read.extend_from_slice(&room[..len]);
        }
        let losses = syslog.losses();
        assert!(losses.of(Loss::Short) > 0, "{losses:?}");
        drop(syslog);
        daemon.read_to_end(&mut read).unwrap();
        std::fs::remove_file(path).unwrap();
        let texts: Vec<&str> = read
            .split(|&byte| byte == 0)
            .filter_map(|record| std::str::from_utf8(record).ok()?.split_once("]: "))
            .map(|(_, text)| text)
            .collect();
        let whole = texts.iter().filter(|&&text| text == line).count() as u64;
        let short = texts.iter().filter(|text| text.len() < 4000 && text.starts_with('x')).count() as u64;
        let told: u64 = texts
            .iter()
            .filter_map(|text| {
                text.strip_prefix("vmtrace: ")?.strip_suffix(" events lost")?.parse::<u64>().ok()
            })
            .sum();
        let others = texts.iter().filter(|&&text| text == "short").count() as u64;
        assert_eq!(whole + others + losses.total(), 20 + 40);
        assert_eq!((short, told), (losses.of(Loss::Short), losses.total()));
    }
}
