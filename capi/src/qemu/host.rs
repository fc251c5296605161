//! What the program around us does its own way: QEMU tells its user with error_report, on the monitor if that asks.

use std::ffi::{CString, c_char, c_int, c_uint};
use std::fmt::Display;
use std::path::Path;
use std::ptr;

/// Where something wrong was said.
#[derive(Clone, Copy)]
pub(crate) enum Place<'a> {
    /// Nowhere in particular.
    Nowhere,
    /// In a `-trace` option.
    Option(&'a str),
    /// In a line of an events file, or with 0 in all of it.
    File(&'a Path, usize),
}

// `src/c/host.c`
unsafe extern "C" {
    fn vmtrace_report(
        is_warning: bool,
        option: *const c_char,
        file: *const c_char,
        line: c_int,
        message: *const c_char,
    );
    fn vmtrace_print(text: *const c_char);
    fn vmtrace_host_set_log_file(name: *const c_char) -> bool;
    safe fn vmtrace_is_asked_by_monitor() -> bool;
    safe fn vmtrace_linked_backends() -> c_uint;
    safe fn vmtrace_open_syslog();
}

/// Tells what keeps something from being done.
pub(crate) fn error(message: impl Display) {
    report(false, Place::Nowhere, message);
}

/// Tells what keeps an option from being taken.
pub(crate) fn error_at(place: Place<'_>, message: impl Display) {
    report(false, place, message);
}

/// Tells what is odd.
pub(crate) fn warn(place: Place<'_>, message: impl Display) {
    report(true, place, message);
}

fn report(is_warning: bool, place: Place<'_>, message: impl Display) {
    let message = c_text(message.to_string());
    let (option, file, line) = match place {
        Place::Nowhere => (None, None, 0),
        Place::Option(option) => (Some(c_text(option)), None, 0),
        Place::File(path, line) => (
            None,
            Some(c_text(path.as_os_str().as_encoded_bytes())),
            c_int::try_from(line).unwrap_or(c_int::MAX),
        ),
    };
    let pointer = |text: &Option<CString>| text.as_ref().map_or(ptr::null(), |text| text.as_ptr());
    // SAFETY: texts, or NULL where it may be.
    unsafe { vmtrace_report(is_warning, pointer(&option), pointer(&file), line, message.as_ptr()) };
}

/// Tells who asks: the monitor, or standard output.
pub(crate) fn print(text: impl Display) {
    let text = c_text(text.to_string());
    // SAFETY: a text.
    unsafe { vmtrace_print(text.as_ptr()) };
}

/// What the system says, without Rust's number behind it.
pub(crate) fn words(error: &std::io::Error) -> String {
    let text = error.to_string();
    text.split(" (os error").next().unwrap_or(&text).to_owned()
}

/// Whether the monitor of the program asks, so that nothing may exit.
pub(crate) fn is_asked_by_monitor() -> bool {
    vmtrace_is_asked_by_monitor()
}

/// Has the program's own log go on in a file; the program ends if it cannot. False if it has none: then ours is the log.
pub(crate) fn set_log_file(path: &Path) -> bool {
    let path = c_text(path.as_os_str().as_encoded_bytes());
    // SAFETY: a text.
    unsafe { vmtrace_host_set_log_file(path.as_ptr()) }
}

/// The backends whose functions the program is linked with, as bits of `qemu/module.h`.
pub(crate) fn linked_backends() -> u32 {
    vmtrace_linked_backends()
}

/// Has syslog(3) as QEMU's backend wants it.
pub(crate) fn open_syslog() {
    vmtrace_open_syslog();
}

/// A text for C: it ends at a NUL, if it has one.
fn c_text(text: impl Into<Vec<u8>>) -> CString {
    let mut bytes = text.into();
    bytes.truncate(bytes.iter().position(|&byte| byte == 0).unwrap_or(bytes.len()));
    CString::new(bytes).unwrap_or_default()
}
