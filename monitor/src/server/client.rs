//! A client: what it sent and is not yet looked at, and what it has not yet taken.

use super::Protocol;
use super::stream::Stream;
use crate::{Monitor, Prompt, Session};
use rustix::event::PollFd;
use rustix::io::Errno;

/// The most bytes that are read at a time.
const READ: usize = 4096;

#[derive(Debug)]
pub(super) struct Client {
    stream: Stream,
    talk: Talk,
    /// What was read and is to be looked at when the answer before it has been taken. At most [`READ`] bytes.
    input: Vec<u8>,
    /// An answer, and how much of it the client has taken. There is one at a time: who does not read is not read from.
    output: Vec<u8>,
    taken: usize,
}

#[derive(Debug)]
enum Talk {
    Qmp(Session),
    Human(Prompt),
}

impl Client {
    pub(super) fn new(protocol: Protocol, stream: Stream, monitor: &Monitor) -> Self {
        let mut output = Vec::new();
        let talk = match protocol {
            Protocol::Qmp => {
                let mut session = Session::new();
                session.open(monitor, &mut output);
                Talk::Qmp(session)
            }
            Protocol::Human => {
                let mut prompt = Prompt::new(monitor);
                prompt.open(monitor, &mut output);
                Talk::Human(prompt)
            }
        };
        Self { stream, talk, input: Vec::new(), output, taken: 0 }
    }

    /// What poll(2) is to wait for.
    pub(super) fn waits_for(&self) -> PollFd<'_> {
        if self.has_work() { self.stream.waits_to_write() } else { self.stream.waits_to_read() }
    }

    /// Does what can be done without waiting, once poll(2) has said that something can: one answer at most, so that others
    /// have their turn. False: the client has gone.
    pub(super) fn serve(&mut self, monitor: &Monitor) -> bool {
        matches!(self.try_serve(monitor), Ok(()) | Err(Errno::AGAIN | Errno::INTR))
    }

    fn try_serve(&mut self, monitor: &Monitor) -> Result<(), Errno> {
        let mut may_write = self.has_work();
        if !may_write {
            self.read()?;
            may_write = self.stream.write_never_waits();
        }
        if self.output.is_empty() {
            self.answer_next(monitor);
        }
        while !self.output.is_empty() && may_write {
            self.write()?;
            may_write = self.stream.write_never_waits();
        }
        Ok(())
    }

    /// Whether there is something to write, or may be without reading more.
    fn has_work(&self) -> bool {
        !self.output.is_empty() || !self.input.is_empty()
    }

    fn read(&mut self) -> Result<(), Errno> {
        let mut room = [0; READ];
        let read = self.stream.read(&mut room)?;
        self.input.extend_from_slice(&room[..read]);
        if read == 0 { Err(Errno::PIPE) } else { Ok(()) }
    }

    /// Looks at the input up to the end of its first command.
    fn answer_next(&mut self, monitor: &Monitor) {
        let taken = match &mut self.talk {
            Talk::Qmp(session) => session.feed(monitor, &self.input, &mut self.output),
            Talk::Human(prompt) => prompt.feed(monitor, &self.input, &mut self.output),
        };
        self.input.drain(..taken);
    }

    /// Writes what the client takes.
    fn write(&mut self) -> Result<(), Errno> {
        self.taken += self.stream.write(self.output.get(self.taken..).unwrap_or_default())?;
        if self.taken >= self.output.len() {
            // a long answer's memory is given back
            self.output = Vec::new();
            self.taken = 0;
        }
        Ok(())
    }
}
