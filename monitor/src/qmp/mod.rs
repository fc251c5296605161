//! QMP, QEMU's machine protocol (`docs/interop/qmp-spec` in QEMU).

mod arguments;
mod capabilities;
mod commands;
mod error;
mod request;
mod session;

pub use arguments::Arguments;
pub use error::{CommandError, ErrorClass};
pub use session::Session;

pub(crate) use commands::{built_in, run, set_state};

use crate::json::Reader;
use crate::{Json, Monitor, Object};
use request::Request;

/// Answers one command, or whatever else the bytes are.
pub(crate) fn answer(monitor: &Monitor, command: &[u8]) -> String {
    let run = |Request { command, arguments, .. }: Request| monitor.execute(&command, arguments);
    respond(Reader::read_one(command), false, run).to_string()
}

/// Has a message carried out, and makes the answer.
fn respond(
    message: Result<Json, String>,
    oob: bool,
    run: impl FnOnce(Request) -> Result<Json, CommandError>,
) -> Object {
    let (id, outcome) = match message {
        Ok(message) => {
            let (id, request) = Request::new(message, oob);
            (id, request.and_then(run))
        }
        Err(why) => (None, Err(CommandError::generic(why))),
    };
    let mut answer = Object::default();
    match outcome {
        Ok(value) => answer.insert("return", value),
        Err(error) => answer.insert("error", error.to_json()),
    }
    if let Some(id) = id {
        answer.insert("id", id);
    }
    answer
}
