//! The border to C: texts across it, what failed, and that no panic crosses.

use crate::Error;
use std::any::Any;
use std::cell::RefCell;
use std::ffi::{CStr, CString, c_char};
use std::panic::{AssertUnwindSafe, catch_unwind};

thread_local! {
    static ERROR: RefCell<CString> = RefCell::default();
    /// What is lent to C: nobody but who asks again takes it back.
    static TOLD: RefCell<CString> = RefCell::default();
}

/// Runs what C has called. What fails is kept for [`vmtrace_error`], and C is given `failure`.
pub(crate) fn enter<T>(failure: T, run: impl FnOnce() -> Result<T, Error>) -> T {
    let outcome = catch_unwind(AssertUnwindSafe(run));
    outcome.unwrap_or_else(|panic| Err(Error::Panicked(words(&*panic)))).unwrap_or_else(|error| {
        // a thread that ends has none any more, and nobody to ask
        _ = ERROR.try_with(|kept| kept.replace(c_text(error.to_string())));
        failure
    })
}

fn words(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(|&text| text.to_owned());
    text.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_default()
}

/// A text for C: it ends at a NUL, if it has one.
pub(crate) fn c_text(text: impl Into<Vec<u8>>) -> CString {
    let mut bytes = text.into();
    if let Some(end) = bytes.iter().position(|&byte| byte == 0) {
        bytes.truncate(end);
    }
    CString::new(bytes).unwrap_or_default()
}

/// A text that C is to free(3); NULL if there is no memory.
pub(crate) fn c_owned(text: impl Into<Vec<u8>>) -> *mut c_char {
    // SAFETY: strdup(3) copies a text that ends in a NUL.
    unsafe { libc::strdup(c_text(text).as_ptr()) }
}

/// A text of C's.
///
/// # Safety
/// It is NULL or ends in a NUL, and lives as long as is said.
pub(crate) unsafe fn text<'a>(text: *const c_char, what: &'static str) -> Result<&'a str, Error> {
    // SAFETY: as the caller says.
    let text = unsafe { bytes(text, what) }?;
    text.to_str().map_err(|_| Error::NotUtf8 { what, text: text.to_string_lossy().into_owned() })
}

/// The same where it may be any bytes.
///
/// # Safety
/// As [`text`].
pub(crate) unsafe fn bytes<'a>(text: *const c_char, what: &'static str) -> Result<&'a CStr, Error> {
    if text.is_null() {
        return Err(Error::Null { what });
    }
    // SAFETY: it is not NULL, and the caller says the rest.
    Ok(unsafe { CStr::from_ptr(text) })
}

/// Why the last of the thread's calls that failed did so; empty if none has.
#[unsafe(no_mangle)]
pub extern "C" fn vmtrace_error() -> *const c_char {
    let error = ERROR.try_with(|kept| kept.borrow().clone()).unwrap_or_default();
    let lend = |told: &RefCell<CString>| {
        told.replace(error);
        told.borrow().as_ptr()
    };
    TOLD.try_with(lend).unwrap_or(c"".as_ptr())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_fails_is_kept_for_its_thread() {
        let told = || {
            // SAFETY: it is a text, and the thread's.
            unsafe { CStr::from_ptr(vmtrace_error()) }.to_str().unwrap().to_owned()
        };
        assert_eq!(told(), "");
        assert_eq!(enter(-1, || Err(Error::Null { what: "the pattern" })), -1);
        assert_eq!(told(), "the pattern is NULL");
        assert_eq!(enter(-1, || Ok(5)), 5);
        assert_eq!(enter(-1, || panic!("at {}", 3)), -1);
        let lent = vmtrace_error();
        assert_eq!(enter(-1, || Err(Error::NotSetUp)), -1);
        // SAFETY: it is lent until it is asked for again.
        assert_eq!(unsafe { CStr::from_ptr(lent) }.to_str(), Ok("a fault in libvmtrace: at 3"));
        assert!(told().starts_with("tracing is not set up"));
        std::thread::spawn(move || assert_eq!(told(), "")).join().unwrap();
        assert_eq!(c_text("a\0b").as_c_str(), c"a");
    }
}
