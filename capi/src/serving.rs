//! The monitors of a VMM in C: who serves them, as whom, and with which commands.

use crate::Error;
use crate::command::{self, HumanRun, Run};
use monitor::{Endpoint, Monitor, Server};
use std::ffi::c_void;
use std::sync::{Mutex, OnceLock, PoisonError};
use vmtrace::Tracing;

/// As whom the monitor speaks.
#[derive(Default)]
pub(crate) struct Identity {
    pub(crate) name: String,
    pub(crate) version: String,
}

/// Commands of the VMM's own.
#[derive(Default)]
pub(crate) struct Own(Vec<Box<dyn FnOnce(Monitor) -> Monitor>>);

static IDENTITY: OnceLock<Identity> = OnceLock::new();
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
    identity: Identity,
    own: Own,
    endpoints: Vec<Endpoint>,
) -> Result<(), Error> {
    _ = IDENTITY.set(identity);
    if endpoints.is_empty() {
        return Ok(());
    }
    let monitor = own.0.into_iter().fold(bare(tracing), |monitor, add| add(monitor));
    let server = Server::start(monitor, endpoints)?;
    *SERVER.lock().unwrap_or_else(PoisonError::into_inner) = Some(server);
    Ok(())
}

/// A monitor without the VMM's own commands.
pub(crate) fn bare(tracing: Tracing) -> Monitor {
    let monitor = Monitor::new(tracing);
    match IDENTITY.get() {
        Some(Identity { name, version }) if !name.is_empty() => monitor.name(name).version(version),
        _ => monitor,
    }
}

/// Ends the serving.
pub(crate) fn end() {
    // dropped once the lock is free: it waits for the monitor's thread, which may run a command that ends the serving
    let server = SERVER.lock().unwrap_or_else(PoisonError::into_inner).take();
    drop(server);
}
