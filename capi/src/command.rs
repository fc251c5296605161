//! Commands of the VMM's own, which C has the functions of.

use crate::boundary::c_text;
use monitor::{Arguments, CommandError, Json, Monitor, Object};
use std::ffi::{CStr, c_char, c_void};
use std::ptr;

/// A command of QMP.
pub(crate) type Run = unsafe extern "C" fn(*mut c_void, *const c_char, *mut *mut c_char) -> bool;

/// A command of the human monitor.
pub(crate) type HumanRun = unsafe extern "C" fn(*mut c_void, *const c_char) -> *mut c_char;

/// A function of C's, and what it wants to be called with.
struct Call<F> {
    run: F,
    opaque: *mut c_void,
}

// SAFETY: C has said that the function may be called with it on any thread.
unsafe impl<F> Send for Call<F> {}
// SAFETY: likewise.
unsafe impl<F> Sync for Call<F> {}

/// Adds a command of QMP.
pub(crate) fn add(monitor: Monitor, name: &str, run: Run, opaque: *mut c_void) -> Monitor {
    let call = Call { run, opaque };
    monitor.command(name, move |arguments| call.answer(arguments))
}

/// Adds a command of the human monitor.
pub(crate) fn add_human(
    monitor: Monitor,
    [name, params, help]: [&str; 3],
    run: HumanRun,
    opaque: *mut c_void,
) -> Monitor {
    let call = Call { run, opaque };
    monitor.human_command(name, params, help, move |rest| call.print(rest))
}

impl Call<Run> {
    fn answer(&self, arguments: Arguments) -> Result<Json, CommandError> {
        let arguments = c_text(Object::from(arguments).to_string());
        let mut answer = ptr::null_mut();
        // SAFETY: C's function, with its own pointer, a text, and a place for one.
        let has_done = unsafe { (self.run)(self.opaque, arguments.as_ptr(), &raw mut answer) };
        // SAFETY: C has made it with malloc(3), or left it.
        match (has_done, unsafe { take(answer) }) {
            (true, None) => Ok(Object::default().into()),
            (true, Some(answer)) => answer
                .parse()
                .map_err(|error| CommandError::generic(format!("the VMM's answer is not JSON: {error}"))),
            (false, why) => Err(CommandError::generic(why.unwrap_or_else(|| "it failed".to_owned()))),
        }
    }
}

impl Call<HumanRun> {
    fn print(&self, rest: &str) -> String {
        let rest = c_text(rest);
        // SAFETY: C's function, with its own pointer and a text.
        let printed = unsafe { (self.run)(self.opaque, rest.as_ptr()) };
        // SAFETY: C has made it with malloc(3), or gives back none.
        unsafe { take(printed) }.unwrap_or_default()
    }
}

/// Takes over a text that C made.
///
/// # Safety
/// It is NULL, or a text of malloc(3) that nobody else has.
unsafe fn take(text: *mut c_char) -> Option<String> {
    if text.is_null() {
        return None;
    }
    // SAFETY: as the caller says.
    let taken = unsafe { CStr::from_ptr(text) }.to_string_lossy().into_owned();
    // SAFETY: as the caller says.
    unsafe { libc::free(text.cast()) };
    Some(taken)
}
