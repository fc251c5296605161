//! The monitors of a VMM in C: who serves them, as whom, and with which commands.

use crate::Error;
use crate::command::{self, HumanRun, Run};
use monitor::{Endpoint, Monitor, Server};
use std::ffi::c_void;
use std::sync::{Mutex, OnceLock, PoisonError};
use vmtrace::Tracing;
use vmtrace::foreign::exclusively;

/// As whom the monitor speaks.
#[derive(Default)]
pub(crate) struct Identity {
    pub(crate) name: String,
    pub(crate) version: String,
}

/// Commands of the VMM's own.
#[derive(Default)]
pub(crate) struct Own(Vec<Box<dyn FnOnce(Monitor) -> Monitor>>);

/// What answers, to clients and to the VMM itself.
static MONITOR: OnceLock<Monitor> = OnceLock::new();
static SERVER: Mutex<Option<Server>> = Mutex::new(None);

impl Own {
    pub(crate) fn command(&mut self, name: &str, run: Run, opaque: *mut c_void) {
        let name = name.to_owned();
        self.0.push(Box::new(move |monitor| command::add(monitor, &name, run, opaque)));
    }

    pub(crate) fn human_command(
        &mut self,
        name: &str,
        params: &str,
        help: &str,
        run: HumanRun,
        opaque: *mut c_void,
    ) {
        let texts = [name, params, help].map(str::to_owned);
        self.0.push(Box::new(move |monitor| {
            command::add_human(monitor, texts.each_ref().map(String::as_str), run, opaque)
        }));
    }
}

/// Serves the endpoints, if there are any.
pub(crate) fn begin(
    tracing: Tracing,
    identity: &Identity,
    own: Own,
    endpoints: Vec<Endpoint>,
) -> Result<(), Error> {
    let mut bare = Monitor::new(tracing);
    if !identity.name.is_empty() {
        bare = bare.name(&identity.name).version(&identity.version);
    }
    let monitor = own.0.into_iter().fold(bare, |monitor, add| add(monitor));
    _ = MONITOR.set(monitor.clone());
    if !endpoints.is_empty() {
        let server = Server::start(monitor, endpoints)?;
        exclusively(|| *SERVER.lock().unwrap_or_else(PoisonError::into_inner) = Some(server));
    }
    Ok(())
}

/// What answers; where others have set tracing up, only what is ours.
pub(crate) fn monitor(tracing: Tracing) -> Monitor {
    MONITOR.get().cloned().unwrap_or_else(|| Monitor::new(tracing))
}

/// Ends the serving.
pub(crate) fn end() {
    // dropped once the lock is free: it waits for the monitor's thread, which may run a command that ends the serving
    let server = exclusively(|| SERVER.lock().unwrap_or_else(PoisonError::into_inner).take());
    drop(server);
}
