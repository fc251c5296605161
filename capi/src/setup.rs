//! Setting up: a VMM's options, and what it says itself.

use crate::boundary::{bytes, c_text, enter, text};
use crate::command::{HumanRun, Run};
use crate::serving::{self, Identity, Own};
use crate::sink::CSinks;
use crate::{Error, qemu};
use monitor::Endpoint;
use std::ffi::{CStr, CString, OsStr, OsString, c_char, c_int, c_uint, c_void};
use std::os::unix::ffi::OsStrExt;
use std::path::PathBuf;
use std::sync::OnceLock;
use std::{mem, ptr, slice};
use vmtrace::Setup;

/// What is to be set up.
#[derive(Default)]
pub struct VmtraceSetup {
    setup: Setup,
    /// What was wrong with the options. A VMM that goes on is told again.
    refused: Option<String>,
    pub(crate) sinks: CSinks,
    endpoints: Vec<Endpoint>,
    identity: Identity,
    own: Own,
    /// What is lent to C.
    help: CString,
    waits_for: CString,
}

impl VmtraceSetup {
    fn change(&mut self, change: impl FnOnce(Setup) -> Setup) {
        self.setup = change(mem::take(&mut self.setup));
    }

    fn arguments(&mut self, arguments: &mut Vec<OsString>) -> Result<(), Error> {
        self.setup = mem::take(&mut self.setup).arguments(arguments)?;
        self.endpoints.extend(Endpoint::arguments(arguments)?);
        Ok(())
    }

    fn option(&mut self, name: &str, value: &OsStr) -> Result<bool, Error> {
        let bare = name.strip_prefix("--").or_else(|| name.strip_prefix('-')).unwrap_or(name);
        if !["qmp", "monitor"].contains(&bare) {
            return Ok(self.setup.argument(name, value)?);
        }
        // one way to read them
        let mut argument = OsString::from(format!("-{bare}="));
        argument.push(value);
        self.endpoints.extend(Endpoint::arguments(&mut vec![argument])?);
        Ok(true)
    }
}

/// Does what C asks of a setup.
///
/// # Safety
/// It is NULL, or of [`vmtrace_setup_new`] and nobody else uses it.
pub(crate) unsafe fn with<T>(
    setup: *mut VmtraceSetup,
    failure: T,
    run: impl FnOnce(&mut VmtraceSetup) -> Result<T, Error>,
) -> T {
    enter(failure, || {
        // SAFETY: as the caller says.
        run(unsafe { setup.as_mut() }.ok_or(Error::Null { what: "the setup" })?)
    })
}

/// What is to be set up: nothing yet.
#[unsafe(no_mangle)]
pub extern "C" fn vmtrace_setup_new() -> *mut VmtraceSetup {
    Box::into_raw(Box::default())
}

/// Gives a setup up.
///
/// # Safety
/// It is NULL, or of [`vmtrace_setup_new`] and not given up yet.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn vmtrace_setup_free(setup: *mut VmtraceSetup) {
    if !setup.is_null() {
        // SAFETY: as the caller says.
        drop(unsafe { Box::from_raw(setup) });
    }
}

/// Takes our options out of main's arguments.
///
/// # Safety
/// `setup` is as `with` says; `argv` has `*count` texts, and room for what was there.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn vmtrace_setup_arguments(
    setup: *mut VmtraceSetup,
    count: *mut c_int,
    argv: *mut *mut c_char,
) -> bool {
    let run = |setup: &mut VmtraceSetup| {
        // SAFETY: the caller's count, or NULL.
        let count = unsafe { count.as_mut() }.ok_or(Error::Null { what: "argc" })?;
        if argv.is_null() {
            return Err(Error::Null { what: "argv" });
        }
        let given = usize::try_from(*count).unwrap_or_default();
        // SAFETY: the caller says that there are so many.
        let argv = unsafe { slice::from_raw_parts_mut(argv, given) };
        // the program's name comes first, and is no option
        let Some(argv) = argv.get_mut(1..) else { return Ok(true) };
        let mut words = Vec::new();
        for &word in &*argv {
            // SAFETY: the caller's texts, which live as long as the array.
            words.push(OsStr::from_bytes(unsafe { bytes(word, "an argument") }?.to_bytes()).to_owned());
        }
        if let Err(error) = setup.arguments(&mut words) {
            setup.refused = Some(error.to_string());
            return Err(error);
        }
        keep(argv, &words);
        *count = c_int::try_from(words.len() + 1).unwrap_or(*count);
        Ok(true)
    };
    // SAFETY: the caller says so.
    unsafe { with(setup, false, run) }
}

/// Leaves the words that are left, in their order, and NULL behind them where others were. What is equal is as good.
fn keep(argv: &mut [*mut c_char], left: &[OsString]) {
    let mut next = 0;
    for index in 0..argv.len() {
        let word = argv[index];
        // SAFETY: it was read as a text before.
        let is_left = |left: &OsString| left.as_bytes() == unsafe { CStr::from_ptr(word) }.to_bytes();
        if left.get(next).is_some_and(is_left) {
            argv.swap(next, index);
            next += 1;
        }
    }
    if let Some(end) = argv.get_mut(next) {
        *end = ptr::null_mut();
    }
}

/// Takes one option: 1, or 0 if it is none of ours, or -1.
///
/// # Safety
/// `setup` is as `with` says; the others are NULL or texts.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn vmtrace_setup_option(
    setup: *mut VmtraceSetup,
    name: *const c_char,
    value: *const c_char,
) -> c_int {
    let run = |setup: &mut VmtraceSetup| {
        // SAFETY: the caller's text.
        let name = unsafe { text(name, "an option's name") }?;
        // SAFETY: the caller's text.
        let value = unsafe { bytes(value, "an option's value") }?;
        let taken = setup.option(name, OsStr::from_bytes(value.to_bytes()));
        if let Err(error) = &taken {
            setup.refused = Some(error.to_string());
        }
        taken.map(c_int::from)
    };
    // SAFETY: the caller says so.
    unsafe { with(setup, -1, run) }
}

/// The lines of a VMM's --help for our options.
#[unsafe(no_mangle)]
pub extern "C" fn vmtrace_options_help() -> *const c_char {
    static HELP: OnceLock<CString> = OnceLock::new();
    HELP.get_or_init(|| c_text([vmtrace::ARGUMENTS_HELP, monitor::ARGUMENTS_HELP].concat())).as_ptr()
}

/// What a user who asks is to be shown, or NULL.
///
/// # Safety
/// As `with`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn vmtrace_setup_help(setup: *mut VmtraceSetup) -> *const c_char {
    let run = |setup: &mut VmtraceSetup| {
        let Some(help) = setup.setup.help() else { return Ok(ptr::null()) };
        setup.help = c_text(help);
        Ok(setup.help.as_ptr())
    };
    // SAFETY: the caller says so.
    unsafe { with(setup, ptr::null(), run) }
}

/// The VMM's name and version.
///
/// # Safety
/// `setup` is as `with` says; the others are NULL or texts.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn vmtrace_setup_name(
    setup: *mut VmtraceSetup,
    name: *const c_char,
    version: *const c_char,
) -> bool {
    let run = |setup: &mut VmtraceSetup| {
        // SAFETY: the caller's text.
        let name = unsafe { text(name, "the VMM's name") }?.to_owned();
        // SAFETY: the caller's text.
        let version = unsafe { text(version, "the VMM's version") }?.to_owned();
        setup.identity = Identity { name, version };
        Ok(true)
    };
    // SAFETY: the caller says so.
    unsafe { with(setup, false, run) }
}

/// The log's file where no option names one.
///
/// # Safety
/// `setup` is as `with` says; `path` is NULL or a text.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn vmtrace_setup_log_file(setup: *mut VmtraceSetup, path: *const c_char) -> bool {
    // SAFETY: the caller says so.
    unsafe { with_path(setup, path, "the log's file", Setup::log_file) }
}

/// The tracefs instance of the sink ftrace.
///
/// # Safety
/// As [`vmtrace_setup_log_file`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn vmtrace_setup_ftrace_instance(
    setup: *mut VmtraceSetup,
    instance: *const c_char,
) -> bool {
    // SAFETY: the caller says so.
    unsafe { with_path(setup, instance, "the tracefs instance", Setup::ftrace_instance) }
}

/// # Safety
/// As [`vmtrace_setup_log_file`].
unsafe fn with_path(
    setup: *mut VmtraceSetup,
    path: *const c_char,
    what: &'static str,
    change: fn(Setup, PathBuf) -> Setup,
) -> bool {
    let run = |setup: &mut VmtraceSetup| {
        // SAFETY: the caller's text.
        let path = PathBuf::from(OsStr::from_bytes(unsafe { bytes(path, what) }?.to_bytes()));
        setup.change(|setup| change(setup, path));
        Ok(true)
    };
    // SAFETY: the caller says so.
    unsafe { with(setup, false, run) }
}

/// The sinks of events that are enabled without `sink=`.
///
/// # Safety
/// `setup` is as `with` says; `sinks` is NULL or a text.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn vmtrace_setup_default_sinks(setup: *mut VmtraceSetup, sinks: *const c_char) -> bool {
    let run = |setup: &mut VmtraceSetup| {
        // SAFETY: the caller's text.
        let sinks: Vec<&str> = unsafe { text(sinks, "the list of sinks") }?.split(',').collect();
        setup.change(|setup| setup.default_sinks(&sinks));
        Ok(true)
    };
    // SAFETY: the caller says so.
    unsafe { with(setup, false, run) }
}

/// Has a crash wait until what is queued is written.
///
/// # Safety
/// As `with`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn vmtrace_setup_drain_at_crash(setup: *mut VmtraceSetup) -> bool {
    let run = |setup: &mut VmtraceSetup| {
        setup.change(Setup::drain_at_crash);
        Ok(true)
    };
    // SAFETY: the caller says so.
    unsafe { with(setup, false, run) }
}

/// Libraries may bring events later.
///
/// # Safety
/// As `with`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn vmtrace_setup_more_groups(setup: *mut VmtraceSetup) -> bool {
    let run = |setup: &mut VmtraceSetup| {
        setup.change(Setup::more_groups);
        Ok(true)
    };
    // SAFETY: the caller says so.
    unsafe { with(setup, false, run) }
}

/// What the user is to be told before a monitor is waited for, by index.
///
/// # Safety
/// As `with`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn vmtrace_setup_waits_for(setup: *mut VmtraceSetup, index: c_uint) -> *const c_char {
    let run = |setup: &mut VmtraceSetup| {
        let told = setup.endpoints.iter().filter_map(Endpoint::waits_for).nth(index as usize);
        let Some(told) = told else { return Ok(ptr::null()) };
        setup.waits_for = c_text(told);
        Ok(setup.waits_for.as_ptr())
    };
    // SAFETY: the caller says so.
    unsafe { with(setup, ptr::null(), run) }
}

/// A command of the VMM's own in QMP.
///
/// # Safety
/// `setup` is as `with` says, `name` is NULL or a text, and `run` may be called with `opaque` on any thread.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn vmtrace_setup_command(
    setup: *mut VmtraceSetup,
    name: *const c_char,
    run: Option<Run>,
    opaque: *mut c_void,
) -> bool {
    let add = |setup: &mut VmtraceSetup| {
        // SAFETY: the caller's text.
        let name = unsafe { text(name, "a command's name") }?;
        setup.own.command(name, run.ok_or(Error::Null { what: "the function of a command" })?, opaque);
        Ok(true)
    };
    // SAFETY: the caller says so.
    unsafe { with(setup, false, add) }
}

/// A command of the VMM's own in the human monitor.
///
/// # Safety
/// `setup` is as `with` says, the texts are NULL or texts, and `run` may be called with `opaque` on any thread.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn vmtrace_setup_human_command(
    setup: *mut VmtraceSetup,
    name: *const c_char,
    params: *const c_char,
    help: *const c_char,
    run: Option<HumanRun>,
    opaque: *mut c_void,
) -> bool {
    let add = |setup: &mut VmtraceSetup| {
        // SAFETY: the caller's texts.
        let name = unsafe { text(name, "a command's name") }?;
        // SAFETY: the caller's texts.
        let params = unsafe { text(params, "a command's parameters") }?;
        // SAFETY: the caller's texts.
        let help = unsafe { text(help, "a command's help") }?;
        let run = run.ok_or(Error::Null { what: "the function of a command" })?;
        setup.own.human_command(name, params, help, run, opaque);
        Ok(true)
    };
    // SAFETY: the caller says so.
    unsafe { with(setup, false, add) }
}

/// Sets all up, and serves the monitors.
///
/// # Safety
/// As [`vmtrace_setup_free`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn vmtrace_init(setup: *mut VmtraceSetup) -> bool {
    enter(false, || {
        if setup.is_null() {
            return Err(Error::Null { what: "the setup" });
        }
        // SAFETY: as the caller says.
        let VmtraceSetup { setup, refused, sinks, mut endpoints, identity, own, .. } =
            *unsafe { Box::from_raw(setup) };
        if let Some(why) = refused {
            return Err(Error::Refused(why));
        }
        // what another VMM has is found before its files are emptied
        Endpoint::open_all(&mut endpoints)?;
        let tracing = sinks.join(setup)?.init()?;
        qemu::open_syslog();
        serving::begin(tracing, &identity, own, endpoints)?;
        Ok(true)
    })
}
