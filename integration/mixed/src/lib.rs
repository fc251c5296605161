//! A VMM's part in Rust, whose other part is C, both with events: one `Tracing` has all of them.
#![deny(missing_docs, unsafe_op_in_unsafe_fn)]

// what C's events call
use capi as _;

mod trace {
    vmtrace::include_events!("vcpu");
}

/// The events of Rust.
pub use trace::GROUP;

unsafe extern "C" {
    fn machine_reset(count: u32);
}

/// Emits an event of each language.
pub fn turn(cpu: u32) {
    trace::trace_vcpu_run(cpu, 0xfff0);
    // SAFETY: it takes any number, and does nothing but emit an event.
    unsafe { machine_reset(cpu) };
}

/// The same for C, which calls this before it sets tracing up.
#[unsafe(no_mangle)]
pub extern "C" fn mixed_register() {
    vmtrace::register(&GROUP);
}

/// The same for C.
#[unsafe(no_mangle)]
pub extern "C" fn mixed_turn(cpu: u32) {
    turn(cpu);
}
