//! Joins vmtrace and the crate `tracing`, in either direction:
//!
//! - [`layer`] hands what a program says by `tracing` to vmtrace's sinks, as five declared events: `tracing_error`,
//!   `tracing_warn`, `tracing_info`, `tracing_debug`, `tracing_trace`. They are switched, routed and listed like any other.
//! - [`SubscriberSink`] hands vmtrace's events to `tracing`'s subscriber.
//!
//! ```
//! use tracing_subscriber::layer::SubscriberExt;
//! use tracing_subscriber::util::SubscriberInitExt;
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let path = std::env::temp_dir().join(format!("tracing-bridge-doctest-{}", std::process::id()));
//! let tracing = vmtrace::Setup::new()
//!     .group(&tracing_bridge::GROUP)
//!     .log_file(&path)
//!     .option("tracing_info")?
//!     .init()?;
//! tracing_subscriber::registry().with(tracing_bridge::layer()).init();
//!
//! let _disk = tracing::info_span!("disk", number = 1).entered();
//! tracing::info!(target: "block", sector = 7, "read");
//! tracing.disable("tracing_info")?;
//! tracing::info!("nobody hears this");
//!
//! let text = std::fs::read_to_string(&path)?;
//! assert!(text.ends_with(":tracing_info block: disk{number=1}: read sector=7\n"), "{text}");
//! # std::fs::remove_file(path)?;
//! # Ok(())
//! # }
//! ```
//!
//! # Invariants
//!
//! - An event of `tracing` whose level is off here is filtered before its fields are looked at, and no other layer sees
//!   less or more for it.
//! - What is on here takes no lock and allocates nothing of this crate's; a span that is opened while one of the five is
//!   on takes one piece of memory for its fields.
//! - A text is at most [`TEXT_MAX`] bytes, and the fields of a span [`SPAN_MAX`]; what is cut ends in `…`.
//! - No event comes back to where it came from: the layer takes none of [`TARGET`], the sink none of [`GROUP`].
#![deny(missing_docs, unsafe_op_in_unsafe_fn)]

mod bounded;
mod fields;
mod level;
mod sink;
mod to_sinks;

/// What is generated from `trace-events`.
mod events {
    vmtrace::include_events!("tracing");
}

pub use events::GROUP;
pub use sink::{SubscriberSink, TARGET};
pub use to_sinks::{SPAN_MAX, SinkLayer, TEXT_MAX, ToSinks, layer};
