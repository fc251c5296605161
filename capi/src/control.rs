//! Switching at run time, files, and the process: what C asks of [`Tracing`].

use crate::boundary::{bytes, c_owned, c_text, enter, text};
use crate::{Error, serving};
use std::cell::RefCell;
use std::ffi::{CString, OsStr, c_char, c_long, c_uint};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::ptr;
use std::time::Duration;
use vmtrace::Tracing;

fn tracing() -> Result<Tracing, Error> {
    vmtrace::tracing().ok_or(Error::NotSetUp)
}

/// A list of sinks.
fn list(sinks: &str) -> Vec<&str> {
    if sinks.is_empty() { Vec::new() } else { sinks.split(',').collect() }
}

/// How many, as C counts.
fn count(events: usize) -> c_long {
    c_long::try_from(events).unwrap_or(c_long::MAX)
}

/// A sink that was asked for, or a late group of events, that cannot be had, by index.
#[unsafe(no_mangle)]
pub extern "C" fn vmtrace_unavailable(index: c_uint) -> *const c_char {
    thread_local! {
        static TOLD: RefCell<CString> = RefCell::default();
    }
    enter(ptr::null(), || {
        let sinks = tracing()?.unavailable().map(|sink| sink.to_string());
        let mut all = sinks.chain(tracing()?.refused()).chain(tracing()?.unmatched());
        let Some(missing) = all.nth(index as usize) else { return Ok(ptr::null()) };
        let told = TOLD.try_with(|told| {
            told.replace(c_text(missing));
            told.borrow().as_ptr()
        });
        Ok(told.unwrap_or(ptr::null()))
    })
}

/// Sends events to these sinks as well, or to the default ones.
///
/// # Safety
/// Both are NULL or texts.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn vmtrace_enable(pattern: *const c_char, sinks: *const c_char) -> c_long {
    enter(-1, || {
        // SAFETY: the caller's text.
        let pattern = unsafe { text(pattern, "the pattern") }?;
        if sinks.is_null() {
            return Ok(count(tracing()?.enable(pattern)?));
        }
        // SAFETY: the caller's text.
        let sinks = unsafe { text(sinks, "the list of sinks") }?;
        if sinks.is_empty() {
            return Err(Error::Empty { what: "the list of sinks" });
        }
        Ok(count(tracing()?.enable_to(pattern, &list(sinks))?))
    })
}

/// Takes events off every sink.
///
/// # Safety
/// It is NULL or a text.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn vmtrace_disable(pattern: *const c_char) -> c_long {
    enter(-1, || {
        // SAFETY: the caller's text.
        let pattern = unsafe { text(pattern, "the pattern") }?;
        Ok(count(tracing()?.disable(pattern)?))
    })
}

/// Sends events to these sinks and no others.
///
/// # Safety
/// Both are NULL or texts.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn vmtrace_route(pattern: *const c_char, sinks: *const c_char) -> c_long {
    enter(-1, || {
        // SAFETY: the caller's text.
        let pattern = unsafe { text(pattern, "the pattern") }?;
        // SAFETY: the caller's text.
        let sinks = unsafe { text(sinks, "the list of sinks") }?;
        Ok(count(tracing()?.route(pattern, &list(sinks))?))
    })
}

/// Has the log go on in another file.
///
/// # Safety
/// It is NULL or a text.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn vmtrace_set_log_file(path: *const c_char) -> bool {
    enter(false, || {
        // SAFETY: the caller's text.
        let path = unsafe { self::path(path, "the log's file") }?;
        tracing()?.set_log_file(path)?;
        Ok(true)
    })
}

/// Has the binary trace go on in another file.
///
/// # Safety
/// It is NULL or a text.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn vmtrace_set_trace_file(path: *const c_char) -> bool {
    enter(false, || {
        // SAFETY: the caller's text.
        let path = unsafe { self::path(path, "the binary trace's file") }?;
        tracing()?.set_trace_file(path)?;
        Ok(true)
    })
}

/// Writes what the flight recorder holds.
///
/// # Safety
/// It is NULL or a text.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn vmtrace_dump(path: *const c_char) -> i64 {
    enter(-1, || {
        // SAFETY: the caller's text.
        let path = unsafe { self::path(path, "the file to dump to") }?;
        Ok(i64::try_from(tracing()?.dump(path)?).unwrap_or(i64::MAX))
    })
}

/// # Safety
/// It is NULL or a text that lives as long as is said.
unsafe fn path<'a>(path: *const c_char, what: &'static str) -> Result<&'a Path, Error> {
    // SAFETY: as the caller says.
    Ok(Path::new(OsStr::from_bytes(unsafe { bytes(path, what) }?.to_bytes())))
}

/// Answers a QMP command.
///
/// # Safety
/// It is NULL or a text.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn vmtrace_qmp(command: *const c_char) -> *mut c_char {
    enter(ptr::null_mut(), || {
        // SAFETY: the caller's text.
        let command = unsafe { bytes(command, "the command") }?;
        Ok(c_owned(serving::monitor(tracing()?).answer(command.to_bytes())))
    })
}

/// What a line of the human monitor prints.
///
/// # Safety
/// It is NULL or a text.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn vmtrace_human(line: *const c_char) -> *mut c_char {
    enter(ptr::null_mut(), || {
        // SAFETY: the caller's text.
        let line = unsafe { text(line, "the line") }?;
        Ok(c_owned(serving::monitor(tracing()?).human(line)))
    })
}

/// Waits until what is queued is where it belongs. For signal handlers too: nothing here allocates.
#[unsafe(no_mangle)]
pub extern "C" fn vmtrace_drain(milliseconds: c_uint) -> bool {
    vmtrace::tracing().is_some_and(|tracing| tracing.drain(Duration::from_millis(milliseconds.into())))
}

/// Has a forked child go on as the VMM.
#[unsafe(no_mangle)]
pub extern "C" fn vmtrace_forked() -> bool {
    enter(false, || {
        tracing()?.forked()?;
        Ok(true)
    })
}

/// Ends the monitors.
#[unsafe(no_mangle)]
pub extern "C" fn vmtrace_stop_monitors() {
    enter((), || {
        serving::end();
        Ok(())
    });
}
