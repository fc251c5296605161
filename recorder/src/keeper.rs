//! The process that keeps a recording: it owns the instance and the folder from the first moment to the last.
//!
//! It is a process of its own, in a session of its own, so that it outlives the recorder: whether that ends as it should
//! or is killed, the channel between them closes, and the keeper finishes what came so far and takes the instance away.

use crate::Error;
use crate::channel::{Channel, Order, Report};
use crate::clocks::Clocks;
use crate::events::Choice;
use crate::kernel::{Kernel, SetUp};
use crate::logs::Log;
use nix::fcntl::{OFlag, open};
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::resource::{Resource, getrlimit, setrlimit};
use nix::sys::signal::{SigHandler, SigSet, SigmaskHow, Signal, signal, sigprocmask};
use nix::sys::stat::Mode;
use nix::sys::wait::waitpid;
use nix::unistd::{ForkResult, chdir, close, dup2_stderr, dup2_stdin, dup2_stdout, fork, setsid};
use recording::{End, Exit, Manifest, Recording};
use std::io;
use std::os::fd::{AsFd as _, AsRawFd as _, RawFd};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::{Duration, Instant, SystemTime};

/// How long to wait for a ring to fill before looking for full pages anyway.
const TURN: Duration = Duration::from_millis(200);

/// How long to leave the rings alone after one that was said to be filled held no full page.
const PAUSE: Duration = Duration::from_millis(20);

/// How often pages that are not full are kept, which costs a page of file on each cpu.
const BEGUN_PAGES: Duration = Duration::from_secs(10);

/// How often to try to remove an instance that the command still holds.
const RETRY: Duration = Duration::from_millis(250);

/// A file's time comes from the kernel's coarse clock, which may lag behind the fine one by a tick (10 ms at 100 Hz).
const COARSE: Duration = Duration::from_millis(20);

/// Everything that the keeper needs to know.
pub(crate) struct Job {
    /// Where.
    pub(crate) recording: Recording,
    /// With command, host and first notices.
    pub(crate) manifest: Manifest,
    /// The command's own logs.
    pub(crate) logs: Vec<Log>,
    /// Which of the kernel's events.
    pub(crate) events: Vec<Choice>,
    /// Of each cpu's ring.
    pub(crate) buffer_kb: u64,
}

/// Starts the keeper, and returns the channel to it.
///
/// # Errors
/// [`Error::System`].
pub(crate) fn fork_off(job: Job) -> Result<Channel, Error> {
    let (ours, theirs) = Channel::pair().map_err(Error::system("socketpair"))?;
    // Forked twice, so that whoever called us never has a child to wait for that is not the command.
    // SAFETY: this process has one thread (the caller has looked), so that no lock is held by one that is gone.
    match unsafe { fork() }.map_err(Error::system("fork"))? {
        ForkResult::Parent { child } => {
            drop(theirs);
            waitpid(child, None).map_err(Error::system("waitpid"))?;
            Ok(ours)
        }
        ForkResult::Child => {
            drop(ours);
            let _ = setsid();
            // SAFETY: as above.
            if let Ok(ForkResult::Child) = unsafe { fork() } {
                // Nothing may unwind into the caller's frames, of which this process has copies.
                let worked = catch_unwind(AssertUnwindSafe(|| work(job, &theirs)));
                if worked.is_err() {
                    let _ = theirs.send(&Report::Failed("the keeper panicked".into()));
                }
            }
            // SAFETY: ends the process at once, without the exit handlers, which are the caller's.
            unsafe { libc::_exit(0) }
        }
    }
}

fn work(job: Job, channel: &Channel) {
    let recording = job.recording.clone();
    if let Err(error) = detach(channel) {
        let _ = recording.remove();
        let _ = channel.send(&Report::Failed(error.to_string()));
        return;
    }
    match Keeper::set_up(job) {
        Ok(keeper) => keeper.live(channel),
        Err(error) => {
            let _ = recording.remove();
            let _ = channel.send(&Report::Failed(error.to_string()));
        }
    }
}

/// Lets go of everything that is the caller's: terminal, files, folder, signals.
fn detach(channel: &Channel) -> Result<(), Error> {
    let none = SigHandler::SigIgn;
    for number in [Signal::SIGHUP, Signal::SIGINT, Signal::SIGQUIT, Signal::SIGTERM, Signal::SIGPIPE] {
        // SAFETY: to ignore a signal runs no code of this process.
        unsafe { signal(number, none) }.map_err(Error::system("signal"))?;
    }
    sigprocmask(SigmaskHow::SIG_SETMASK, Some(&SigSet::empty()), None)
        .map_err(Error::system("sigprocmask"))?;
    close_all_but(channel.as_fd().as_raw_fd()).map_err(Error::system("read /proc/self/fd"))?;
    open("/dev/null", OFlag::O_RDWR | OFlag::O_CLOEXEC, Mode::empty())
        .and_then(|null| dup2_stdin(&null).and(dup2_stdout(&null)).and(dup2_stderr(&null)))
        .map_err(Error::system("put /dev/null in the place of the standard streams"))?;
    chdir("/").map_err(Error::system("chdir /"))?;
    // SAFETY: the name is a C string of less than 16 bytes.
    unsafe { libc::prctl(libc::PR_SET_NAME, c"vmtrace-keeper".as_ptr()) };
    // Two descriptors a cpu.
    getrlimit(Resource::RLIMIT_NOFILE)
        .and_then(|(_, hard)| setrlimit(Resource::RLIMIT_NOFILE, hard, hard))
        .map_err(Error::system("setrlimit RLIMIT_NOFILE"))
}

/// The descriptors belong to values in frames of the caller's, of which this process has copies that never run again: it
/// leaves by `_exit`. Standard streams stay, to be replaced.
fn close_all_but(kept: RawFd) -> io::Result<()> {
    let open: Vec<RawFd> = std::fs::read_dir("/proc/self/fd")?
        .filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok())
        .collect();
    for other in open.into_iter().filter(|other| *other > 2 && *other != kept) {
        // EBADF for the one that listed the folder.
        let _ = close(other);
    }
    Ok(())
}

struct Keeper {
    recording: Recording,
    manifest: Manifest,
    logs: Vec<Log>,
    since: SystemTime,
    clocks: Clocks,
    kernel: Option<Kernel>,
    cleared: usize,
}

impl Keeper {
    fn set_up(job: Job) -> Result<Self, Error> {
        let Job { recording, mut manifest, logs, events, buffer_kb } = job;
        let (kernel, cleared) = match Kernel::set_up(&recording, &events, buffer_kb, &mut manifest.notices)? {
            SetUp::Done { kernel, cleared } => (Some(*kernel), cleared),
            SetUp::Missing(why) => {
                manifest.kernel_missing = Some(why);
                (None, 0)
            }
        };
        manifest.logs = logs.iter().filter_map(|log| log.expected(&recording)).collect();
        let since = SystemTime::now().checked_sub(COARSE).unwrap_or(SystemTime::UNIX_EPOCH);
        Ok(Self { recording, manifest, logs, since, clocks: Clocks::start(), kernel, cleared })
    }

    fn live(mut self, channel: &Channel) {
        let instance = self.kernel.as_ref().map(|kernel| kernel.folder().to_path_buf());
        let missing = self.manifest.kernel_missing.clone();
        let (notices, cleared) = (self.manifest.notices.clone(), self.cleared);
        let ready = Report::Ready { instance, missing, notices, cleared };
        if channel.send(&ready).is_err() {
            return self.forget();
        }
        match channel.receive() {
            Ok(Some(Order::Arm { pid })) => match self.arm(pid) {
                Ok(()) => drop(channel.send(&Report::Armed)),
                Err(error) => {
                    self.forget();
                    return drop(channel.send(&Report::Failed(error.to_string())));
                }
            },
            _ => return self.forget(),
        }
        let Some(exit) = self.keep(channel) else { return self.forget() };
        let finished = self.finish(exit);
        // Also where that failed: whoever hears of it finds the instance gone.
        let held = self.kernel.and_then(|mut kernel| if kernel.remove() { None } else { Some(kernel) });
        let _ =
            channel.send(&finished.map_or_else(|error| Report::Failed(error.to_string()), |()| Report::Kept));
        if let Some(kernel) = held {
            remove(kernel);
        }
    }

    /// Has the kernel record the command's process, and says so in the manifest.
    fn arm(&mut self, pid: u32) -> Result<(), Error> {
        if let Some(kernel) = &self.kernel {
            kernel.start(pid)?;
            self.manifest.kernel = Some(kernel.described().clone());
        }
        self.manifest.command.pid = Some(pid);
        self.save()
    }

    /// Keeps what comes until the command or the recorder is gone, and tells how that came. `None`: there was no command.
    fn keep(&mut self, channel: &Channel) -> Option<Exit> {
        let mut begun_pages = Instant::now();
        let mut watch_rings = true;
        loop {
            let mut watched = vec![PollFd::new(channel.as_fd(), PollFlags::POLLIN)];
            let timeout = if watch_rings {
                watched.extend(self.kernel.iter().flat_map(Kernel::rings));
                TURN
            } else {
                PAUSE
            };
            // EINTR or worse is a turn without news.
            let ready = poll(&mut watched, PollTimeout::try_from(timeout).unwrap_or(PollTimeout::ZERO));
            if watched[0].any() == Some(true) {
                return match channel.receive() {
                    Ok(Some(Order::Ended(exit))) => Some(exit),
                    Ok(Some(Order::Forget)) => None,
                    _ => Some(Exit::Running),
                };
            }
            let woken = watched[1..].iter().any(|ring| ring.any() == Some(true));
            drop(watched);

            let mut kept = false;
            if let Some(kernel) = &mut self.kernel {
                let with_begun = begun_pages.elapsed() >= BEGUN_PAGES;
                if with_begun {
                    begun_pages = Instant::now();
                }
                kept = kernel.keep(with_begun, &mut self.manifest.notices);
            }
            watch_rings = ready.is_ok() && (kept || !woken);

            if self.clocks.tick() {
                if let Some(kernel) = &mut self.kernel {
                    kernel.learn_names();
                }
                // Now and then, in case that even this process is killed.
                if self.clocks.pairs().len().is_power_of_two() {
                    let _ = self.save();
                }
            }
        }
    }

    /// Keeps the rest, and writes how it ended.
    fn finish(&mut self, exit: Exit) -> Result<(), Error> {
        let mut kernel_bytes = 0;
        if let Some(kernel) = &mut self.kernel {
            let finished = kernel.finish(&self.recording, &mut self.manifest.notices);
            if let Err(error) = finished {
                self.manifest
                    .notices
                    .push(format!("the end of the kernel's side could not be kept: {error}"));
            }
            kernel_bytes = kernel.bytes();
            self.manifest.kernel = Some(kernel.described().clone());
        }
        self.clocks.take();
        self.manifest.logs.clear();
        for log in &self.logs {
            match log.collect(&self.recording, self.since) {
                Ok(files) => self.manifest.logs.extend(files),
                Err(why) => self.manifest.notices.push(why),
            }
        }
        self.manifest.end = Some(End { exit, kernel_bytes });
        self.save()?;
        if let Some(kernel) = &mut self.kernel
            && !kernel.remove()
        {
            self.manifest.notices.push(format!(
                "{} is still held by a process that the command left behind, and is removed once that lets go",
                kernel.folder().display()
            ));
            self.save()?;
        }
        Ok(())
    }

    fn save(&mut self) -> Result<(), Error> {
        self.manifest.clocks = self.clocks.pairs().to_vec();
        Ok(self.recording.save(&self.manifest)?)
    }

    /// Leaves nothing behind: there was no command.
    fn forget(self) {
        let _ = self.recording.remove();
        if let Some(kernel) = self.kernel {
            remove(kernel);
        }
    }
}

/// Removes the instance, however long the command holds it.
fn remove(mut kernel: Kernel) {
    while !kernel.remove() {
        std::thread::sleep(RETRY);
    }
}
