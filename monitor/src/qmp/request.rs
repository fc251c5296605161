//! A command as it comes: which, with what, and the `id` to send back.

use super::{Arguments, CommandError};
use crate::{Json, Object};

/// A command that is well formed.
#[derive(Debug)]
pub(super) struct Request {
    pub(super) command: String,
    pub(super) arguments: Arguments,
    /// Whether it came as `exec-oob`.
    pub(super) oob: bool,
}

impl Request {
    /// Looks at a message: its `id`, which every answer carries, and the command. `oob`: whether the client has
    /// negotiated out-of-band execution, without which `exec-oob` is a member like any other.
    pub(super) fn new(message: Json, oob: bool) -> (Option<Json>, Result<Self, CommandError>) {
        match message {
            Json::Object(mut message) => (message.remove("id"), Self::read(message, oob)),
            _ => (None, Err(CommandError::generic("QMP input must be a JSON object"))),
        }
    }

    fn read(message: Object, oob: bool) -> Result<Self, CommandError> {
        let wrong =
            |name: &str, what: &str| CommandError::generic(format!("QMP input member '{name}' {what}"));
        let mut command: Option<(String, String)> = None;
        let mut arguments = Object::default();
        for (name, value) in message {
            match (name.as_str(), value) {
                ("execute" | "exec-oob", value) if name == "execute" || oob => {
                    let Json::String(value) = value else {
                        return Err(wrong(&name, "must be a string"));
                    };
                    if let Some((other, _)) = &command {
                        return Err(wrong(&name, &format!("clashes with '{other}'")));
                    }
                    command = Some((name, value));
                }
                ("arguments", Json::Object(value)) => arguments = value,
                ("arguments", _) => return Err(wrong(&name, "must be an object")),
                _ => return Err(wrong(&name, "is unexpected")),
            }
        }
        let Some((name, command)) = command else {
            return Err(CommandError::generic("QMP input lacks member 'execute'"));
        };
        Ok(Self { command, arguments: arguments.into(), oob: name == "exec-oob" })
    }
}
