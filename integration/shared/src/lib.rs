//! The Rust half of a program whose other half is C (`main.c`): both emit the same events, and know by the same semaphores whether
//! a tracer is attached.
#![deny(missing_docs, unsafe_op_in_unsafe_fn)]

mod trace {
    vmtrace::include_events!("shared");
}

/// Whether `shared_read` is on, by its function and by its object, which a monitor asks.
#[unsafe(no_mangle)]
pub extern "C" fn rust_read_enabled() -> bool {
    trace::trace_shared_read_enabled() && trace::GROUP.events()[0].is_probed()
}

/// Whether `shared_write` is on: any of both says so.
#[unsafe(no_mangle)]
pub extern "C" fn rust_write_enabled() -> bool {
    trace::trace_shared_write_enabled() || trace::GROUP.events()[1].is_probed()
}

/// Emits each event once.
#[unsafe(no_mangle)]
pub extern "C" fn rust_emit(sector: u64) {
    trace::trace_shared_read(sector, -2, "Rust");
    trace::trace_shared_write(sector, -2, "Rust");
}
