//! What cannot be written, and what cannot be read.

use std::io;

/// What the format, or a reader of it, could not hold. Apart from [`Error`], so that writing an event has nothing to drop.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// An event's name.
    #[error("`{}` is no event's name: a name is 1 to 1024 printable characters of ASCII without blanks", name.escape_debug())]
    Name {
        /// It, or its beginning.
        name: String,
    },
    /// An event's id.
    #[error("{id:#x} cannot be an event's id: the format has it for itself")]
    Id {
        /// It.
        id: u64,
    },
    /// A record's length.
    #[error("a record of {length} bytes is too long: {} is the most", crate::RECORD_MAX)]
    Length {
        /// In bytes.
        length: usize,
    },
}

/// Why a trace cannot be read, or not further. Bytes are counted from 0, the header's first.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The source failed.
    #[error("read at byte {at}: {source}")]
    Read {
        /// Where.
        at: u64,
        /// What came of it.
        source: io::Error,
    },
    /// It begins otherwise than a trace does.
    #[error("no trace of QEMU's simple backend: {why}")]
    Header {
        /// In words.
        why: &'static str,
    },
    /// It was written on a machine of the other byte order: the format has the writer's.
    #[error(
        "the trace's numbers are big-endian (its version is {version}): it was written on such a machine, and is read on one, \
         with QEMU's scripts/simpletrace.py"
    )]
    BigEndian {
        /// The version that it gives.
        version: u64,
    },
    /// It has another version than [`crate::VERSION`].
    #[error(
        "the trace has version {version} of the format, and version {} is what is read: {}",
        crate::VERSION,
        other_version(*version)
    )]
    Version {
        /// The version.
        version: u64,
    },
    /// It ends within a record.
    #[error(
        "the trace ends within a record: {have} bytes of it are there, from byte {at} on. Its writer was stopped or still \
         writes, or the disk was full; all records before it are whole"
    )]
    Truncated {
        /// Where that record begins.
        at: u64,
        /// How many bytes of it are there.
        have: usize,
    },
    /// A record is not as the format has it. Where the next one begins is not known then.
    #[error("the trace is damaged at byte {at}: {what}; the records before it are whole")]
    Damaged {
        /// Where that record begins.
        at: u64,
        /// What is wrong.
        what: Damage,
    },
}

/// What is wrong with a record.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Damage {
    /// The word before it.
    #[error("{found:#x} stands where a record's type should, 0 for a name and 1 for an event")]
    Type {
        /// What stands there.
        found: u64,
    },
    /// A header follows, or there is one where none was expected.
    #[error("a file's header stands here: {0}")]
    Header(&'static str),
    /// An event's length.
    #[error(
        "an event's record says that it has {length} bytes, and 24 to {} are possible",
        crate::RECORD_MAX
    )]
    Length {
        /// What it says.
        length: u32,
    },
    /// The length of a name.
    #[error("an event's name is said to have {length} bytes, and 1 to {} are possible", crate::NAME_MAX)]
    NameLength {
        /// What is said.
        length: u32,
    },
    /// A name.
    #[error("the name of event {id} is not printable ASCII without blanks")]
    Name {
        /// The event.
        id: u64,
    },
    /// An event without a name.
    #[error("an event has the id {id}, which no record before has named")]
    Unnamed {
        /// The id.
        id: u64,
    },
    /// More events than can be.
    #[error("it names more than {} events", crate::EVENTS_MAX)]
    Events,
    /// A record of dropped events without their count.
    #[error("a record tells of dropped events, and not how many")]
    Dropped,
}

fn other_version(version: u64) -> &'static str {
    match version {
        0..=3 => "it is of an old QEMU, whose own scripts/simpletrace.py reads it",
        _ => "a newer vmtrace may read it, or scripts/simpletrace.py of the QEMU that wrote it",
    }
}
