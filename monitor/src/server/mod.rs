//! The server: one thread, which waits for all listeners and clients at once.

mod arguments;
mod client;
mod endpoint;
mod listener;
mod process;
mod stream;
mod terminal;

pub use arguments::ARGUMENTS_HELP;
pub use endpoint::{Endpoint, Protocol};

use crate::{Error, Monitor};
use client::Client;
use endpoint::Opened;
use listener::Listener;
use nix::sys::signal::{SigSet, Signal};
use process::Process;
use rustix::event::{EventfdFlags, PollFd, PollFlags, Timespec, eventfd, poll};
use std::os::fd::OwnedFd;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Barrier};
use std::thread::{self, JoinHandle};
use std::time::Duration;

/// How many clients are served at a time. Who comes later waits until one has left.
const MAX_CLIENTS: usize = 32;

/// How long nobody is accepted when the system has no memory or descriptors to spare, before it is tried again.
const PAUSE: Duration = Duration::from_millis(100);

/// A monitor that is served. Dropping it ends the thread, closes the clients' connections and removes the sockets; in a child
/// that was forked it does nothing, since all of that is the parent's.
#[derive(Debug)]
#[must_use = "dropping it ends the monitor"]
pub struct Server {
    stop: Arc<Stop>,
    thread: Option<JoinHandle<()>>,
    /// Whose the thread is.
    process: Process,
}

/// What ends the thread.
#[derive(Debug)]
struct Stop {
    asked: AtomicBool,
    /// Wakes it.
    wake: OwnedFd,
}

/// What the thread serves.
struct Service {
    monitor: Monitor,
    stop: Arc<Stop>,
    listeners: Vec<Listener>,
    clients: Vec<Client>,
    /// The last client that came could not be accepted.
    rests: bool,
}

impl Server {
    /// Opens the endpoints and starts the thread: before the VMM jails itself, and after it forks. An endpoint that says
    /// `wait=on` is waited for here, until its first client has come: tell the user first, with [`Endpoint::waits_for`].
    ///
    /// The thread has every signal blocked, so that none of the VMM's handlers runs on it; but for SIGTTIN and SIGTTOU, by
    /// which the kernel stops a program in the background that wants its terminal.
    ///
    /// # Errors
    /// [`Error`]: nothing is served then.
    pub fn start(monitor: Monitor, mut endpoints: Vec<Endpoint>) -> Result<Self, Error> {
        let (mut listeners, mut clients) = (Vec::new(), Vec::new());
        Endpoint::open_all(&mut endpoints)?;
        for endpoint in endpoints {
            match endpoint.begin()? {
                Opened::Listener(listener, None) => listeners.push(listener),
                Opened::Listener(listener, Some(first)) => {
                    clients.push(Client::new(listener.protocol(), first, &monitor));
                    listeners.push(listener);
                }
                Opened::Client(protocol, stream) => clients.push(Client::new(protocol, stream, &monitor)),
            }
        }
        let wake = eventfd(0, EventfdFlags::CLOEXEC).map_err(|errno| Error::Thread(errno.into()))?;
        let stop = Arc::new(Stop { asked: AtomicBool::new(false), wake });
        let service = Service { monitor, stop: Arc::clone(&stop), listeners, clients, rests: false };
        let thread = start_thread(service)?;
        Ok(Self { stop, thread: Some(thread), process: Process::this() })
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if !self.process.is_this() {
            // the eventfd would wake the parent's thread for ever, and what names the thread here names none, or another
            std::mem::forget(self.thread.take());
            return;
        }
        self.stop.asked.store(true, Ordering::Relaxed);
        // an eventfd takes eight bytes at any time, but for an overflow that cannot come
        let _ = rustix::io::write(&self.stop.wake, &1_u64.to_ne_bytes());
        // dropped by a command of the VMM's own, the thread cannot wait for itself: it ends when it has answered
        if let Some(thread) =
            self.thread.take().filter(|thread| thread.thread().id() != thread::current().id())
        {
            let _ = thread.join();
        }
    }
}

/// A thread inherits the mask of the one that makes it, so that no signal can come in between. What a thread has to ask of
/// the kernel when it begins is done when this returns: the VMM may jail itself then.
fn start_thread(service: Service) -> Result<JoinHandle<()>, Error> {
    let before = SigSet::thread_get_mask().map_err(|errno| Error::Thread(errno.into()))?;
    let mut blocked = SigSet::all();
    // a program in the background that reads or sets its terminal is stopped, as everyone's is
    blocked.remove(Signal::SIGTTIN);
    blocked.remove(Signal::SIGTTOU);
    blocked.thread_block().map_err(|errno| Error::Thread(errno.into()))?;
    let began = Arc::new(Barrier::new(2));
    let begins = Arc::clone(&began);
    let thread = thread::Builder::new().name("monitor".to_owned()).spawn(move || {
        begins.wait();
        service.run();
    });
    before.thread_set_mask().map_err(|errno| Error::Thread(errno.into()))?;
    let thread = thread.map_err(Error::Thread)?;
    began.wait();
    Ok(thread)
}

impl Service {
    fn run(mut self) {
        while let Some(ready) = self.wait() {
            let mut ready = ready.into_iter();
            self.clients.retain_mut(|client| !ready.next().unwrap_or(false) || client.serve(&self.monitor));
            for listener in &self.listeners {
                if ready.next().unwrap_or(false) {
                    match listener.accept() {
                        Ok(Some(stream)) => {
                            self.clients.push(Client::new(listener.protocol(), stream, &self.monitor));
                        }
                        Ok(None) => {}
                        Err(_) => self.rests = true,
                    }
                }
            }
        }
    }

    /// Waits until something can be done. Gives back who is ready, clients first and listeners after; `None` when it is
    /// time to end.
    fn wait(&mut self) -> Option<Vec<bool>> {
        let rests = std::mem::take(&mut self.rests);
        let mut fds = vec![PollFd::new(&self.stop.wake, PollFlags::IN)];
        fds.extend(self.clients.iter().map(Client::waits_for));
        if !rests && self.clients.len() < MAX_CLIENTS {
            fds.extend(self.listeners.iter().map(|listener| PollFd::new(listener, PollFlags::IN)));
        }
        let pause = Timespec { tv_sec: 0, tv_nsec: PAUSE.subsec_nanos().into() };
        let polled = poll(&mut fds, rests.then_some(&pause));
        if self.stop.asked.load(Ordering::Relaxed) {
            return None;
        }
        if polled.is_err() {
            // no memory, or more descriptors than the VMM has since allowed itself (RLIMIT_NOFILE)
            thread::sleep(PAUSE);
            return Some(Vec::new());
        }
        Some(fds.iter().skip(1).map(|fd| !fd.revents().is_empty()).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_forked_child_leaves_its_parents_alone() {
        let monitor = Monitor::new(vmtrace::Setup::new().init().unwrap());
        let server = Server::start(monitor, Vec::new()).unwrap();
        let wake = server.stop.wake.try_clone().unwrap();
        // SAFETY: the child drops what is dropped without a lock or memory of others, and calls _exit.
        let child = unsafe { libc::fork() };
        if child == 0 {
            let dropped = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| drop(server)));
            // SAFETY: it ends the child.
            unsafe { libc::_exit(i32::from(dropped.is_err())) };
        }
        let mut status = -1;
        // SAFETY: it writes a status of ours.
        assert_eq!(unsafe { libc::waitpid(child, &raw mut status, 0) }, child);
        assert_eq!(status, 0);
        let now = Timespec { tv_sec: 0, tv_nsec: 0 };
        assert_eq!(poll(&mut [PollFd::new(&wake, PollFlags::IN)], Some(&now)), Ok(0), "the thread is woken");
    }
}
