//! The beginning: sinks are opened when the program says so, after it has become a daemon and before it is jailed.

use super::host::{self, Place};
use super::register::is_used;
use super::{enter, options};
use std::fmt::Display;
use std::process;
use std::sync::atomic::{AtomicBool, Ordering};
use vmtrace::generated::Group;
use vmtrace::{Setup, Tracing, Unavailable};

/// Whether the program does it in QEMU's way, in which messages are printed.
static IS_QEMUS: AtomicBool = AtomicBool::new(false);

/// Opens the sinks.
#[unsafe(no_mangle)]
extern "C" fn trace_init_backends() -> bool {
    enter(false, || {
        IS_QEMUS.store(true, Ordering::Relaxed);
        let settings = options::with(|asked| asked.settings.clone());
        let setup = settings.into_iter().fold(Setup::new(), Setup::settings);
        let tracing = match vmtrace::tracing().map_or_else(|| setup.init(), Ok) {
            Ok(tracing) => tracing,
            Err(error) => {
                host::error(error);
                return false;
            }
        };
        let mut missing: Vec<Unavailable> = tracing.unavailable().collect();
        if let Some(why) = why_missing(tracing, "ftrace").filter(|_| is_used("ftrace"))
            && missing.iter().all(|missing| missing.name != "ftrace")
        {
            missing.push(Unavailable { name: "ftrace".to_owned(), why });
        }
        for missing in missing {
            host::warn(Place::Nowhere, missing);
        }
        open_syslog();
        options::carry_out(tracing);
        true
    })
}

/// Tells what is wrong with a library that is loaded later.
pub(crate) fn tell(what: impl Display) {
    if vmtrace::tracing().is_some() && IS_QEMUS.load(Ordering::Relaxed) {
        host::error(what);
    }
}

/// Code of the backend `syslog` calls syslog(3) itself, and has openlog(3) called, once, when tracing begins.
pub(crate) fn open_syslog() {
    static IS_OPEN: AtomicBool = AtomicBool::new(false);
    if is_used("syslog") && !IS_OPEN.swap(true, Ordering::Relaxed) {
        host::open_syslog();
    }
}

/// Why a sink cannot be had.
fn why_missing(tracing: Tracing, name: &str) -> Option<String> {
    tracing.sinks().into_iter().find(|sink| sink.name == name)?.unavailable
}

/// Whether `trace_marker` can be written.
#[unsafe(no_mangle)]
extern "C" fn ftrace_init() -> bool {
    enter(false, || vmtrace::tracing().is_some_and(|tracing| why_missing(tracing, "ftrace").is_none()))
}

/// Whether there is a binary trace.
#[unsafe(no_mangle)]
extern "C" fn st_init() -> bool {
    enter(false, || vmtrace::tracing().is_some_and(|tracing| why_missing(tracing, "simple").is_none()))
}

/// Opens the file that `-trace` names.
#[unsafe(no_mangle)]
extern "C" fn trace_init_file() {
    enter((), || {
        let Some(tracing) = vmtrace::tracing() else { return };
        let (file, is_given) = options::with(|asked| (asked.file.clone(), asked.is_given));
        if is_used("simple") || file.as_ref().is_some_and(|(_, is_trace)| *is_trace) {
            let named = file.map(|(path, _)| tracing.set_trace_file(&path)).transpose();
            let opened = named.and_then(|_| tracing.switch_trace_file(is_given));
            // the program goes on, as QEMU does
            opened.map_or_else(host::error, drop);
            return;
        }
        let Some((path, _)) = file else { return };
        let has_ours =
            || vmtrace::registered_groups().flat_map(Group::events).any(|event| event.switch().is_none());
        if is_used("log") || has_ours() {
            if let Err(error) = tracing.set_log_file(&path) {
                host::error(error);
                process::exit(1);
            }
        } else if !host::set_log_file(&path) {
            host::error("error: --trace file=...: option not supported by the selected tracing backends");
            process::exit(1);
        }
    });
}
