//! A library that the registration test links in every way: what is declared must be there, whatever the linker drops.
#![deny(missing_docs, unsafe_op_in_unsafe_fn)]

use std::sync::atomic::{AtomicI32, Ordering};
use vmtrace::{Record, Setup, Sink};

mod trace {
    vmtrace::include_events!("registered");
}

static EMITTED: AtomicI32 = AtomicI32::new(0);

struct Count;

impl Sink for Count {
    fn name(&self) -> &'static str {
        "count"
    }

    fn emit(&self, _: &Record<'_>) {
        EMITTED.fetch_add(1, Ordering::Relaxed);
    }
}

/// A function that no program calls: what the linker collects takes its probe along.
pub fn never_called() {
    trace::trace_conv_octal(8, 64);
}

/// A function with nothing in it but the call of an event.
#[unsafe(no_mangle)]
#[inline(never)]
pub extern "C" fn call_site(a: i32, b: u32, c: i64, d: u64) {
    trace::trace_conv_fixed(a, b, c, d);
}

/// How many events there are, once all are on and three of them have been seen to arrive; below zero if not.
#[unsafe(no_mangle)]
pub extern "C" fn registered_events() -> i32 {
    let tracing = Setup::new().group(&trace::GROUP).sink(Count).and_then(Setup::init);
    let enabled = tracing.and_then(|tracing| tracing.enable_to("*", &["count"]));
    trace::trace_conv_none();
    trace::trace_conv_strings("a", c"b", b"c");
    call_site(-1, 2, -3, 4);
    trace::trace_conv_disabled(1, "never", 0usize);
    match (enabled, EMITTED.load(Ordering::Relaxed)) {
        (Ok(events), 3) => i32::try_from(events).unwrap_or(-1),
        (_, emitted) => -100 - emitted,
    }
}
