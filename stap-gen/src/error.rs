//! Why there is no script.

/// Why there is no script.
#[derive(thiserror::Error, Debug, Clone, PartialEq, Eq)]
pub enum Error {
    /// The probe prefix is not made of names.
    #[error(
        "the probe prefix `{}` cannot begin the name of a SystemTap probe: it takes names of letters, digits and `_` with \
         dots between them, such as qemu.system.x86_64",
        .0.escape_debug()
    )]
    Prefix(String),
    /// The binary is not named.
    #[error("the path of the binary is empty: --binary=PATH names the program that has the marks")]
    NoBinary,
    /// The binary's path cannot stand in a script.
    #[error(
        "the path of the binary, `{}`, has a {what}, which no string of a SystemTap script can hold: rename it",
        path.escape_debug()
    )]
    Binary {
        /// The path.
        path: String,
        /// What is in it.
        what: &'static str,
    },
    /// The binary's path is a pattern to SystemTap, in a script for that one file.
    #[error("SystemTap takes `{}` for a pattern, which names other files: rename it, without `*`, `?` and `[`", .0.escape_debug())]
    Pattern(String),
    /// A word stands between the literals of a format that is no `PRI` macro: QEMU's `log-stap` ends there.
    #[error(
        "line {line}: `{}` in the format of `{event}` is no macro of inttypes.h: quote it if it is text",
        word.escape_debug()
    )]
    Macro {
        /// The event.
        event: String,
        /// The line of its declaration.
        line: u32,
        /// The word.
        word: String,
    },
    /// A mark's name, or its provider's, cannot stand in a script.
    #[error("the mark or provider `{}` has a name that no SystemTap script can hold", .0.escape_debug())]
    Mark(String),
}
