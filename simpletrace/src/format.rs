//! The numbers of the format (QEMU 10.2: `trace/simple.c`), and the bounds that this crate keeps.

/// Where the first record of a file begins: behind its header.
pub const HEADER_SIZE: usize = 24;

/// The version of the format that is written and read, QEMU 10.2's.
pub const VERSION: u64 = 4;

/// The most bytes of a string argument, as QEMU keeps them (`MAX_TRACE_STRLEN`).
pub const STRING_MAX: usize = 512;

/// The most bytes of a record, without the word before it that tells its type. Ten strings of
/// [`STRING_MAX`] bytes, the most that an event of QEMU's has, are a twelfth of it.
pub const RECORD_MAX: usize = 64 << 10;

/// The most bytes of an event's name.
pub const NAME_MAX: usize = 1024;

/// The most events that a file may name. QEMU has 5,000 of them.
pub const EVENTS_MAX: usize = 1 << 17;

/// The id that is no event's: the one of the header.
pub(crate) const HEADER_ID: u64 = u64::MAX;
/// The one of a record that tells of dropped ones.
pub(crate) const DROPPED_ID: u64 = u64::MAX - 1;
pub(crate) const MAGIC: u64 = 0xf2b1_77cb_0aa4_29b4;

/// What the word before a record tells.
pub(crate) const TYPE_MAPPING: u64 = 0;
pub(crate) const TYPE_EVENT: u64 = 1;

/// Id, time, length, thread.
pub(crate) const EVENT_HEAD: usize = 24;

/// Whether an event may be called so: printable characters of ASCII, no blank. C's identifiers, which are QEMU's, are such.
pub(crate) fn is_name(name: &[u8]) -> bool {
    !name.is_empty() && name.len() <= NAME_MAX && name.iter().all(u8::is_ascii_graphic)
}
