//! The end-to-end tests, privileged ones among them; this library is what they share: code generated from
//! declarations, C's `printf` to hold it against, the clients of a monitor, and a VM whose kernel may be broken.
//!
//! ```
//! use printf::Value;
//! let file = trace_events::parse("x", b"e(int a, const char *b) \"%d%% of %s\"\n");
//! let text = integration::snprintf(&file.events[0].format, &[Value::Word(5), Value::Str(Some(b"disk"))]);
//! assert_eq!(text, b"5% of disk");
//! ```
//!
//! # Invariants
//!
//! - Is a dependency of nothing.
//! - A test leaves the machine as it was, and one that lacks something it needs prints `SKIP name: reason`.
#![deny(missing_docs, unsafe_op_in_unsafe_fn)]

mod c_library;
mod c_printf;
mod client;
pub mod measuring;
mod patience;
#[cfg(target_arch = "x86_64")]
pub mod red_zone;
pub mod vm;

pub use c_library::{c_library, installed, pkg_config};
pub use c_printf::snprintf;
pub use client::{qemu_qmp, socat, succeeds, tied};
pub use patience::{PATIENCE, wait_for, within_patience};

/// Every conversion, from `integration/trace-events`.
pub mod conversions {
    vmtrace::include_events!("conversions");
}

/// The same declarations with the backend `nop` alone.
pub mod nop {
    vmtrace::include_events!("nop");
}

/// The same declarations with the backend `ftrace` alone.
pub mod ftrace_only {
    vmtrace::include_events!("ftrace_only");
}

/// What `cargo xtask bench` measures.
pub mod bench {
    vmtrace::include_events!("bench");
}

/// The events of the program `monitored`.
pub mod monitored {
    vmtrace::include_events!("monitored");
}

/// The events of the program `emitter`.
pub mod emitter {
    vmtrace::include_events!("emitter");
}

/// The events of the program `probed`, for all sinks and with a USDT probe each.
pub mod probed {
    vmtrace::include_events!("probed");
}

/// The same with another provider, and with probes alone.
pub mod probed_elsewhere {
    vmtrace::include_events!("probed_elsewhere");
}

/// QEMU's own declarations, where they lie beside the project: `GROUPS` is empty elsewhere.
#[allow(missing_docs)] // a module a folder of QEMU's
pub mod qemu {
    include!(concat!(env!("OUT_DIR"), "/qemu.rs"));
}
