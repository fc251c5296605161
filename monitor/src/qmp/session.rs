//! A client's session: greeting, negotiation, commands.

use super::capabilities::{CAPABILITIES, capabilities};
use super::{Arguments, CommandError, ErrorClass, Request, commands, respond};
use crate::json::Reader;
use crate::{Json, Monitor};

/// A QMP session, without its connection: bytes in, bytes out. For a VMM that serves its clients in a loop of its own;
/// [`crate::Server`] is made of it.
///
/// ```no_run
/// # use monitor::{Monitor, Session};
/// # use std::io::{Read, Write};
/// # fn serve(monitor: &Monitor, mut client: std::os::unix::net::UnixStream) -> std::io::Result<()> {
/// let (mut session, mut room, mut out) = (Session::new(), [0; 4096], Vec::new());
/// session.open(monitor, &mut out);
/// loop {
///     client.write_all(&out)?;
///     let read = client.read(&mut room)?;
///     if read == 0 {
///         return Ok(());
///     }
///     let mut sent = &room[..read];
///     while !sent.is_empty() {
///         out.clear();
///         sent = &sent[session.feed(monitor, sent, &mut out)..];
///         client.write_all(&out)?;
///     }
///     out.clear();
/// }
/// # }
/// ```
#[derive(Debug, Default)]
pub struct Session {
    reader: Reader,
    negotiated: bool,
    oob: bool,
}

impl Session {
    /// A session that has not begun.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Greets: adds to `out` what the client is sent first.
    pub fn open(&mut self, monitor: &Monitor, out: &mut Vec<u8>) {
        let capabilities = CAPABILITIES.map(Json::from).into_iter().collect();
        let greeting = [("version", commands::version(monitor)), ("capabilities", capabilities)];
        out.extend_from_slice(format!("{}\r\n", Json::object([("QMP", Json::object(greeting))])).as_bytes());
    }

    /// Takes what the client sent, up to the end of a command, and adds to `out` that command's answer, a line with its end.
    /// Commands need not come whole, nor alone, nor on lines.
    ///
    /// Gives back how many bytes it took. Write the answer, then feed it the rest, so that a client that sends and does not
    /// read is not answered from memory.
    #[must_use = "the bytes that were not taken are to be fed again"]
    pub fn feed(&mut self, monitor: &Monitor, bytes: &[u8], out: &mut Vec<u8>) -> usize {
        let Some((message, rest)) = self.reader.feed(bytes) else {
            return bytes.len();
        };
        let answer = respond(message, self.oob, |request| self.run(monitor, request));
        out.extend_from_slice(format!("{answer}\r\n").as_bytes());
        bytes.len() - rest.len()
    }

    fn run(&mut self, monitor: &Monitor, request: Request) -> Result<Json, CommandError> {
        let not_now =
            |desc: &str| Err(CommandError { class: ErrorClass::CommandNotFound, desc: desc.to_owned() });
        let Request { command, arguments, oob } = request;
        match (command == commands::NEGOTIATE, self.negotiated) {
            // asked for by a client that has negotiated it, or else not understood
            _ if oob && monitor.commands().contains(&command.as_str()) => {
                // every command is carried out at once, so there is none to overtake
                Err(CommandError::generic(format!("The command {command} does not support OOB")))
            }
            (true, false) => self.negotiate(arguments),
            (true, true) => {
                capabilities(arguments)?;
                not_now("Capabilities negotiation is already complete, command ignored")
            }
            (false, false) => not_now("Expecting capabilities negotiation with 'qmp_capabilities'"),
            (false, true) => monitor.execute(&command, arguments),
        }
    }

    fn negotiate(&mut self, arguments: Arguments) -> Result<Json, CommandError> {
        self.oob = capabilities(arguments)?.iter().any(|name| name == "oob");
        self.negotiated = true;
        Ok(Json::object([]))
    }
}
