//! What cannot be written, and what cannot be read.

/// What the format, or a reader of it, could not hold.
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
