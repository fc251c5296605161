//! Traces of QEMU's binary format, told by the events' own declarations.
//!
//! ```
//! use simpletrace::{Blocks, encode};
//! use timeline::simple::{Declarations, Form, render};
//!
//! # let mut trace = Vec::new();
//! # encode::header(&mut trace);
//! # encode::mapping(&mut trace, 7, "blk_read").unwrap();
//! # let mut arguments = Vec::new();
//! # encode::word(&mut arguments, 0x40);
//! # encode::string(&mut arguments, b"boot\n");
//! # encode::event(&mut trace, 7, 5_000, 4711, &arguments).unwrap();
//! # encode::dropped(&mut trace, 7_500, 4711, 12);
//! let mut declarations = Declarations::default();
//! let source = br#"blk_read(uint64_t sector, const char *why) "sector 0x%" PRIx64 " for %s"
//! "#;
//! assert!(declarations.read("trace-events", source).is_empty());
//!
//! let mut text = Vec::new();
//! render(Blocks::new(trace.as_slice())?, &declarations, Form::Text { absolute: false }, &|_| {}, &mut text)?;
//! assert_eq!(
//!     String::from_utf8_lossy(&text),
//!     "   0.000000000    4711 blk_read sector 0x40 for boot\\n\n\
//!     \u{20}  0.000002500    4711 [12 events lost]\n"
//! );
//! # Ok::<(), timeline::Error>(())
//! ```
//!
//! Records that lie elsewhere come the same way: whoever has them encodes them (`simpletrace::encode`) and is a
//! [`Read`](std::io::Read).

mod declared;
mod digits;
mod flight;
mod histogram;
mod in_order;
mod json;
mod lines;
mod page;
mod qemu;
mod stats;
mod text;
mod told;

pub use declared::Declarations;
pub use flight::Flight;
pub use histogram::{Histogram, MOST_STRINGS, MOST_VALUES, Numbers, Spread, Strings};
pub use lines::{Form, render};
pub use stats::{Frequency, Stats, stats};
pub use told::{Notice, Trouble};
