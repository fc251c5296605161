//! The backend `log`.

use super::{CEvent, Hooks, push_formatted_call};
use crate::Request;
use crate::output::Output;

pub(super) struct Log;

impl Hooks for Log {
    fn header(&self, out: &mut Output, _request: &Request<'_>, _events: &[CEvent<'_>]) {
        out.push("#include \"qemu/log-for-trace.h\"\n\n");
    }

    fn call(&self, out: &mut Output, request: &Request<'_>, event: &CEvent<'_>) {
        out.push("        if (qemu_loglevel_mask(LOG_TRACE)) {\n");
        push_formatted_call(out, request, event, "            ", ("qemu_log(", " \"\\n\"", ", "));
        out.push("        }\n");
    }
}
