//! A client's session: greeting, negotiation, commands.

use super::{Arguments, CommandError, ErrorClass, Request, commands, respond};
use crate::json::Reader;
use crate::{Json, Monitor};

/// What a client may ask for when it negotiates.
const CAPABILITIES: [&str; 1] = ["oob"];

/// A QMP session, without its connection: bytes in, bytes out. For a VMM that serves its clients in a loop of its own;
/// [`crate::Server`] is made of it.
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

    /// What the client is sent first.
    #[must_use]
    pub fn greeting(monitor: &Monitor) -> String {
        let capabilities = CAPABILITIES.map(Json::from).into_iter().collect();
        let greeting = [("version", commands::version(monitor)), ("capabilities", capabilities)];
        format!("{}\r\n", Json::object([("QMP", Json::object(greeting))]))
    }

    /// Takes bytes from the client up to the end of its first command, and gives back that command's answer and the rest of
    /// the bytes. `None`: all were taken, and there is nothing to answer yet.
    pub fn feed<'a>(&mut self, monitor: &Monitor, bytes: &'a [u8]) -> Option<(String, &'a [u8])> {
        let (message, rest) = self.reader.feed(bytes)?;
        let answer = respond(message, self.oob, |request| self.run(monitor, request));
        Some((format!("{answer}\r\n"), rest))
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

/// The arguments of `qmp_capabilities`.
fn capabilities(mut arguments: Arguments) -> Result<Vec<String>, CommandError> {
    let wanted = arguments.optional_strings("enable")?.unwrap_or_default();
    arguments.finish()?;
    match wanted.iter().position(|name| !CAPABILITIES.contains(&name.as_str())) {
        Some(index) => Err(CommandError::generic(format!(
            "Parameter 'enable[{index}]' does not accept value '{}'",
            wanted[index]
        ))),
        None => Ok(wanted),
    }
}
