//! The binary trace's file, as QEMU's monitor asks for it.

use super::control::bytes;
use super::{enter, host};
use std::ffi::{OsStr, c_char};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::time::Duration;
use vmtrace::{Error, TraceFile, Tracing};

/// How long a flush waits.
const PATIENCE: Duration = Duration::from_secs(10);

/// As QEMU names it.
const USUAL: &str = "trace-%d";

/// Does what is asked for, and tells what is wrong with it.
fn change(change: impl FnOnce(Tracing) -> Result<TraceFile, Error>) -> Option<TraceFile> {
    let Some(tracing) = vmtrace::tracing() else {
        host::error("tracing has not begun: there is no trace file yet");
        return None;
    };
    change(tracing).map_err(host::error).ok()
}

/// Tells what it is.
#[unsafe(no_mangle)]
extern "C" fn st_print_trace_file_status() {
    enter((), || {
        if let Some(TraceFile { path, is_on }) = change(Tracing::trace_file) {
            let state = if is_on { "on" } else { "off" };
            host::print(format_args!("Trace file \"{}\" {state}.\n", path.display()));
        }
    });
}

/// Opens or closes it. Whether it was open.
#[unsafe(no_mangle)]
extern "C" fn st_set_trace_file_enabled(on: bool) -> bool {
    enter(false, || {
        let was_on =
            vmtrace::tracing().and_then(|tracing| tracing.trace_file().ok()).is_some_and(|file| file.is_on);
        change(|tracing| tracing.switch_trace_file(on));
        was_on
    })
}

/// Names it.
///
/// # Safety
/// A text, or NULL.
#[unsafe(no_mangle)]
unsafe extern "C" fn st_set_trace_file(path: *const c_char) {
    enter((), || {
        // SAFETY: as the caller says.
        let path = unsafe { bytes(path) }.map_or(Path::new(USUAL), |path| Path::new(OsStr::from_bytes(path)));
        change(|tracing| tracing.set_trace_file(path));
    });
}

/// Waits until what is queued is in it.
#[unsafe(no_mangle)]
extern "C" fn st_flush_trace_buffer() {
    enter((), || {
        if let Some(tracing) = vmtrace::tracing()
            && !tracing.drain(PATIENCE)
        {
            host::error("the trace file has not taken all that is queued");
        }
    });
}

/// A group's names are written when its first event is.
#[unsafe(no_mangle)]
extern "C" fn st_init_group(_group: usize) {}
