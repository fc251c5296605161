//! What C hands over, as `trace/control.h` and `vmtrace/event.h` lay it out.

use std::ffi::{c_char, c_void};
use std::sync::atomic::{AtomicPtr, AtomicU32};
use vmtrace::State;

/// `VMTRACE_ABI`: the layouts of the events that are ours.
pub(crate) const ABI: u32 = 1;

/// An event as QEMU's code knows it.
#[repr(C)]
#[derive(Debug)]
pub struct TraceEvent {
    /// Its number, which is given when it is registered.
    pub(crate) id: AtomicU32,
    pub(crate) name: *const c_char,
    /// Whether anything was compiled for it.
    pub(crate) sstate: bool,
    pub(crate) dstate: *mut u16,
}

/// What an argument is.
#[repr(C)]
#[derive(Debug)]
pub(crate) struct VmtraceArgument {
    pub(crate) name: *const c_char,
    pub(crate) ctype: *const c_char,
    pub(crate) kind: i32,
}

/// `VMTRACE_NUMBER`.
pub(crate) const NUMBER: i32 = -1;
/// `VMTRACE_STRING`.
pub(crate) const STRING: i32 = -2;
/// `VMTRACE_STRING_OF`.
pub(crate) const STRING_OF: i32 = -16;

/// The flags of a conversion, `VMTRACE_LEFT` and so on.
pub(crate) const LEFT: u8 = 1;
pub(crate) const PLUS: u8 = 2;
pub(crate) const SPACE: u8 = 4;
pub(crate) const ALTERNATE: u8 = 8;
pub(crate) const ZERO: u8 = 16;
pub(crate) const WIDTH: u8 = 32;
pub(crate) const PRECISION: u8 = 64;

/// A part of an event's text.
#[repr(C)]
#[derive(Debug)]
pub(crate) struct VmtracePart {
    pub(crate) literal: *const c_char,
    pub(crate) length: u32,
    pub(crate) conversion: c_char,
    pub(crate) bits: u8,
    pub(crate) flags: u8,
    pub(crate) width: u32,
    pub(crate) precision: i32,
}

/// An event of ours.
#[repr(C)]
#[derive(Debug)]
pub struct VmtraceEvent {
    pub(crate) event: TraceEvent,
    pub(crate) state: *const State,
    pub(crate) declared_at: *const c_char,
    pub(crate) format: *const c_char,
    pub(crate) arguments: *const VmtraceArgument,
    pub(crate) parts: *const VmtracePart,
    pub(crate) argument_count: u32,
    pub(crate) part_count: u32,
    pub(crate) runtime: AtomicPtr<c_void>,
}

/// The events of a group.
#[repr(C)]
#[derive(Debug)]
pub struct VmtraceGroup {
    pub(crate) abi: u32,
    pub(crate) event_count: u32,
    pub(crate) name: *const c_char,
    pub(crate) events: *const *mut VmtraceEvent,
}
