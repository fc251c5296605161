//! The Rust half of a program whose other half is C (`main.c`): both emit the same events, and know by the same semaphores whether
//! a tracer is attached.
#![deny(missing_docs, unsafe_op_in_unsafe_fn)]

mod trace {
    vmtrace::include_events!("shared");
}

/// Whether `shared_read` is on.
#[unsafe(no_mangle)]
pub extern "C" fn rust_read_enabled() -> bool {
    trace::trace_shared_read_enabled()
}

/// Whether `shared_write` is on.
#[unsafe(no_mangle)]
pub extern "C" fn rust_write_enabled() -> bool {
    trace::trace_shared_write_enabled()
}

/// Emits each event once.
#[unsafe(no_mangle)]
pub extern "C" fn rust_emit(sector: u64) {
    trace::trace_shared_read(sector, -2, "Rust");
    trace::trace_shared_write(sector, -2, "Rust");
}
