//! The backend `ftrace`.

use super::{CEvent, Hooks, push_formatted_call};
use crate::Request;
use crate::output::Output;

pub(super) struct Ftrace;

impl Hooks for Ftrace {
    fn header(&self, out: &mut Output, _request: &Request<'_>, _events: &[CEvent<'_>]) {
        out.push("#include \"trace/ftrace.h\"\n\n");
    }

    fn call(&self, out: &mut Output, request: &Request<'_>, event: &CEvent<'_>) {
        push_formatted_call(out, request, event, "        ", ("ftrace_write(", " \"\\n\" ", ", "));
    }
}
