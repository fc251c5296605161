//! Sinks of the VMM's own, which C has the functions of.

use crate::Error;
use crate::boundary::text;
use crate::setup::{VmtraceSetup, with};
use std::ffi::{c_char, c_void};
use vmtrace::{Record, Setup, Sink};

/// What a sink is given.
#[repr(C)]
#[derive(Debug)]
pub struct VmtraceRecord {
    line: *const c_char,
    length: usize,
    time: u64,
    thread: u32,
}

/// What takes a record.
pub(crate) type Emit = unsafe extern "C" fn(*mut c_void, *const VmtraceRecord);

/// A sink.
#[derive(Clone)]
pub(crate) struct CSink {
    name: String,
    emit: Emit,
    opaque: *mut c_void,
}

/// The VMM's sinks, and whether each is queued.
#[derive(Default)]
pub(crate) struct CSinks(Vec<(CSink, bool)>);

impl CSinks {
    /// Adds one. If it cannot be had, they are as they were.
    pub(crate) fn add(&mut self, sink: CSink, is_queued: bool) -> Result<(), vmtrace::Error> {
        self.0.push((sink, is_queued));
        let taken = self.join(Setup::new()).map(drop);
        taken.inspect_err(|_| _ = self.0.pop())
    }

    /// Has them set up.
    pub(crate) fn join(&self, setup: Setup) -> Result<Setup, vmtrace::Error> {
        self.0.iter().try_fold(setup, |setup, (sink, is_queued)| {
            let setup = setup.sink(sink.clone())?;
            Ok(if *is_queued { setup.queued(&[&sink.name]) } else { setup })
        })
    }
}

// SAFETY: C has said that the function may be called with it on any thread.
unsafe impl Send for CSink {}
// SAFETY: likewise.
unsafe impl Sync for CSink {}

impl CSink {
    /// # Safety
    /// `emit` may be called with `opaque` on any thread, for as long as the process lives.
    pub(crate) unsafe fn new(name: &str, emit: Emit, opaque: *mut c_void) -> Self {
        Self { name: name.to_owned(), emit, opaque }
    }
}

impl Sink for CSink {
    fn name(&self) -> &str {
        &self.name
    }

    fn emit(&self, record: &Record<'_>) {
        let line = record.line();
        let told = VmtraceRecord {
            line: line.as_ptr().cast(),
            length: line.len(),
            time: record.time(),
            thread: record.thread(),
        };
        // SAFETY: who made it has said so; the line lives as long as the record.
        unsafe { (self.emit)(self.opaque, &raw const told) };
    }
}

/// A sink of the VMM's own.
///
/// # Safety
/// `setup` is as `with` says, `name` is NULL or a text, and `emit` may be called with `opaque` on any thread.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn vmtrace_setup_sink(
    setup: *mut VmtraceSetup,
    name: *const c_char,
    is_queued: bool,
    emit: Option<Emit>,
    opaque: *mut c_void,
) -> bool {
    let add = |setup: &mut VmtraceSetup| {
        // SAFETY: the caller's text.
        let name = unsafe { text(name, "a sink's name") }?;
        let emit = emit.ok_or(Error::Null { what: "the function of a sink" })?;
        // SAFETY: the caller says that it may be called.
        let sink = unsafe { CSink::new(name, emit, opaque) };
        setup.sinks.add(sink, is_queued)?;
        Ok(true)
    };
    // SAFETY: the caller says so.
    unsafe { with(setup, false, add) }
}
