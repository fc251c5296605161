//! The backend `syslog`.

use super::{CEvent, Hooks, push_formatted_call};
use crate::Request;
use crate::output::Output;

pub(super) struct Syslog;

impl Hooks for Syslog {
    fn header(&self, out: &mut Output, _request: &Request<'_>, _events: &[CEvent<'_>]) {
        out.push("#include <syslog.h>\n\n");
    }

    fn call(&self, out: &mut Output, request: &Request<'_>, event: &CEvent<'_>) {
        push_formatted_call(out, request, event, "        ", ("syslog(LOG_INFO, ", " ", ", "));
    }
}
